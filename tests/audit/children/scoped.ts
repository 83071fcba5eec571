/**
 * Does all that can be done with the log of the base named first, under the permissions that it was
 * given; prints what `verify()` says.
 *
 * @module
 */

import { Audit } from "../../../src/audit/audit.ts";
import { keepHead } from "../../../src/audit/head_ref.ts";
import { prune } from "../../../src/audit/prune.ts";
import { openBase } from "../../registry/opened.ts";
import { draft, FIX, openLog } from "../ground.ts";

const [path] = Deno.args as [string];
await using base = await openBase(path);
using log = await openLog(base.layout.database);
const audit = new Audit(() => Promise.resolve({ base, log }), FIX);
for (let index = 0; index < 10; index++) await log.append(draft({ path: `/${index}` }));
await audit.record("agent.note", { n: 1 });
await keepHead(base, log, FIX.name);
await prune(log, 1);
await audit.export(`${path}/log.csv`, { path: "/*" });
await Array.fromAsync(audit.stream({ from: new Date(0) }));
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(await audit.verify())));
