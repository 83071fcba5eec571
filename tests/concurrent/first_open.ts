/**
 * Opens a base for the first time at the same moment as others: `<base> <who>`. Prints `ready`, waits
 * for a line, makes a workspace and prints its last commit.
 *
 * @module
 */

import { AgentFS } from "@agentfs/sdk";

const [base, who] = Deno.args as [string, string];
await using afs = new AgentFS(base);
await Deno.stdout.write(new TextEncoder().encode("ready\n"));
await Deno.stdin.read(new Uint8Array(100));
const workspace = await afs.workspace.create(who);
const [commit] = await workspace.log();
await Deno.stdout.write(new TextEncoder().encode(`${commit!.oid}\n`));
