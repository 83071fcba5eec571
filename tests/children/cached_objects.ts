/**
 * Reads all files of two snapshots out of the store. Prints how much more memory this process takes
 * then, in bytes. Needs `--v8-flags=--expose-gc`.
 *
 * @module
 */

import { AgentFS } from "@agentfs/sdk";
import { resident } from "../resident.ts";

declare const gc: () => void;

const [project = "", cacheSize] = Deno.args;

await using afs = new AgentFS(project, { cacheSize: Number(cacheSize) });
const workspace = await afs.workspace.get("w");
const start = resident();
const { stats } = await workspace.snapshot.diff("before", "after");
gc();
gc();
const report = { files: stats.files, bytes: resident() - start };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
