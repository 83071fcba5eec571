import assert from "node:assert/strict";
import { CHANGES } from "./changes.ts";
import { hasCompiler } from "./fault.ts";
import { checkOldOrNew, FaultLab, pointsAmong } from "./fault_lab.ts";

for (const change of Object.keys(CHANGES)) {
  Deno.test({
    name: `${change} happens wholly or not at all when killed at any system call (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open();
      const { calls } = await lab.run(change);
      const after = await lab.look();
      await lab.reset();
      const before = await lab.look();
      assert.notDeepEqual(after, before);
      for (const at of pointsAmong(calls.length, 4)) {
        const { killed } = await lab.run(change, { at });
        const message = `${change} killed at call ${at} of ${calls.length}: ${calls[at - 1]}`;
        assert.ok(killed, message);
        checkOldOrNew(await lab.look(), before, after, message);
      }
    },
  });
}
