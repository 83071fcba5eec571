/**
 * Makes files, scans them, locks some, scans again and tells what that found: as an ordinary user, for
 * whom locks hold.
 *
 * @module
 */

import { writeFiles } from "../../temporary.ts";
import { lookLater } from "../look.ts";

const path = Deno.args[0]!;
await writeFiles(path, { "a": "a", "d/b": "b", "locked/c": "c", "fine": "1" });
const before = await lookLater(path);
Deno.writeTextFileSync(`${path}/a`, "changed");
const modes = { "a": 0, "d": 0, "locked": 0o444, "fine": 0o600 };
for (const [name, mode] of Object.entries(modes)) Deno.chmodSync(`${path}/${name}`, mode);
const { root, skipped } = await lookLater(path, { previous: before.root });
for (const name of Object.keys(modes)) Deno.chmodSync(`${path}/${name}`, 0o755);
const report = {
  sameTree: root.tree === before.root.tree,
  skipped: Object.fromEntries(skipped.map(({ path, reason }) => [path, reason])),
};
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
