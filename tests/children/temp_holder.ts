/**
 * Makes a temporary workspace, says its name, and waits to be killed.
 *
 * @module
 */

import { AgentFS } from "@agentfs/sdk";

const afs = new AgentFS(Deno.args[0]!);
const workspace = await afs.workspace.temp("held");
await workspace.writeFile("/left.txt", "left behind\n");
Deno.stdout.writeSync(new TextEncoder().encode(`${workspace.name}\n`));
await new Promise((resolve) => setTimeout(resolve, 600_000));
