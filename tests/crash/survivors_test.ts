import assert from "node:assert/strict";
import { AgentFS, AgentFSError } from "@agentfs/sdk";
import { CHANGES } from "./changes.ts";
import { hasCompiler } from "./fault.ts";
import { FaultLab, pointsAmong } from "./fault_lab.ts";

/** How a change is refused that the killed process has made, or had begun and which is finished now. */
const DONE = ["SnapshotExistsError", "WorkspaceExistsError", "WorkspaceNotFoundError"];

for (const change of ["commit", "snapshot", "create", "delete"]) {
  Deno.test({
    name: `${change} works at once when another process was killed in it at any call (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open();
      const { calls } = await lab.run(change);
      const after = await lab.look();
      for (const at of pointsAmong(calls.length, 3)) {
        await lab.reset();
        const message = `killed at call ${at} of ${calls.length}: ${calls[at - 1]}`;
        {
          await using afs = new AgentFS(lab.base, { lockTimeout: 2000 });
          const workspace = await afs.workspace.get("w");
          assert.ok((await lab.change(change, { at })).killed, message);
          try {
            await CHANGES[change]!(afs, workspace);
          } catch (error) {
            assert.ok(error instanceof AgentFSError && DONE.includes(error.code), message);
          }
        }
        assert.deepEqual(await lab.look(), after, message);
      }
    },
  });
}
