/** Commits inside a workspace's sandbox again and again, and tells of each commit, until it is killed. */

import { AgentFS } from "@agentfs/sdk";

const [base = "", first = ""] = Deno.args;
await using afs = new AgentFS(base);
const workspace = await afs.workspace.get("w");
for (let count = Number(first);; count++) {
  const command = `echo ${count} > file; git add file && git commit -qm ${count}`;
  const { success, stderr, skipped } = await workspace.run(command, { permissions: {} });
  if (!success || skipped.length > 0) throw new Error(stderr + JSON.stringify(skipped));
  Deno.stdout.writeSync(new TextEncoder().encode(`${count}\n`));
}
