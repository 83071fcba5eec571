/**
 * Appends to a log on a disk that gets full, and once more when there is room again. Prints how many
 * entries were acknowledged, what the failure was called, and what `verify()` of it all says.
 *
 * @module
 */

import { Audit } from "../../../src/audit/audit.ts";
import { openBase } from "../../registry/opened.ts";
import { draft, FIX, openLog } from "../ground.ts";

const [path] = Deno.args as [string];
await using base = await openBase(path);
using log = await openLog(base.layout.database);
const audit = new Audit(() => Promise.resolve({ base, log }), FIX);
Deno.writeFileSync(`${path}/ballast`, new Uint8Array(1 << 20));
let count = 0;
let failure: unknown;
while (failure === undefined) {
  try {
    await log.append(draft({ details: { text: "x y ".repeat(2000) } }));
    count++;
  } catch (error) {
    failure = error;
  }
}
Deno.removeSync(`${path}/ballast`);
await log.append(draft());
const { code, message } = failure as { code: string; message: string };
const report = { count, code, message, verified: await audit.verify() };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
