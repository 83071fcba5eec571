/**
 * Makes a workspace of a base, takes a snapshot, changes a few files, tells the status and restores them.
 * Prints how much of the machine's memory this process has taken at most, in bytes.
 *
 * @module
 */

import { AgentFS } from "@agentfs/sdk";
import { peakResident } from "../../resident.ts";

const [base, ...changed] = Deno.args;
await using afs = new AgentFS(base!);
const workspace = await afs.workspace.create("memory");
await workspace.snapshot.create("all");
for (const path of changed) await workspace.writeFile(path, "changed\n");
await workspace.status();
await workspace.snapshot.create("few");
await workspace.snapshot.restore("all");
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ bytes: peakResident() })));
