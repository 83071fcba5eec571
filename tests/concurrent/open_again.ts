/**
 * Opens a base, lists its workspaces and closes it, again and again until it is told to stop:
 * `<base>`. Prints `ready` after the first time, and at the end how often it was.
 *
 * @module
 */

import { AgentFS } from "@agentfs/sdk";

const [base] = Deno.args as [string];
let told = false;
const listening = Deno.stdin.read(new Uint8Array(100)).then(() => told = true);
for (let times = 1;; times++) {
  await using afs = new AgentFS(base);
  await afs.workspace.list();
  if (times === 1) await Deno.stdout.write(new TextEncoder().encode("ready\n"));
  // Nothing above gives the event loop a turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (!told) continue;
  await Deno.stdout.write(new TextEncoder().encode(`${times}\n`));
  break;
}
await listening;
