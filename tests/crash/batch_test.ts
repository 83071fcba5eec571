/** Batches that are killed, or fail, at any system call: `AGENTFS_THOROUGH=1` tries every one. */

import assert from "node:assert/strict";
import type { Attempt } from "./change_once.ts";
import { BATCHES } from "./changes.ts";
import { ERRNO, type Fault, hasCompiler } from "./fault.ts";
import { checkOldOrNew, FaultLab, pointsAmong, type View } from "./fault_lab.ts";
import { isSame } from "./outline.ts";

const THOROUGH = Deno.env.get("AGENTFS_THOROUGH") === "1";
const GOING_BACK_FAILED = "the next call that changes the workspace goes back";

/** A base before a batch and after it, and the calls that change something on the way. */
async function measure(
  lab: FaultLab,
  name: string,
): Promise<{ before: View; after: View; calls: string[] }> {
  const { calls } = await lab.run(name);
  const after = await lab.look();
  await lab.reset();
  const before = await lab.look();
  assert.notDeepEqual(after, before);
  return { before, after, calls };
}

/** Where something goes wrong, and what to say of it. */
function* faults(
  name: string,
  calls: readonly string[],
  sample: number,
): Generator<{ at: number; message: string }> {
  for (
    const at of THOROUGH ? calls.map((_, index) => index + 1) : pointsAmong(calls.length, sample)
  ) {
    yield { at, message: `${name} at call ${at} of ${calls.length}: ${calls[at - 1]}` };
  }
}

for (const name of Object.keys(BATCHES)) {
  Deno.test({
    name: `a ${name} happens wholly or not at all when killed at any system call (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open();
      const { before, after, calls } = await measure(lab, name);
      const found = { old: 0, new: 0 };
      for (const { at, message } of faults(name, calls, 6)) {
        assert.ok((await lab.run(name, { at })).killed, message);
        const view = await lab.look();
        checkOldOrNew(view, before, after, `${message}: killed`);
        found[isSame(view, after) ? "new" : "old"]++;
      }
      if (THOROUGH) assert.ok(found.old > 0 && found.new > 0, JSON.stringify(found));
    },
  });
}

Deno.test({
  name: "a batch that is killed may be killed again while it is undone, at any call (needs gcc)",
  ignore: !hasCompiler(),
  fn: async () => {
    await using lab = await FaultLab.open();
    const name = "batch of 10";
    const { before, calls } = await measure(lab, name);
    // Late, so that there is much to undo, and before its end, which is the journal's.
    const end = calls.findIndex((call) => /unlink\S* .*\/journal\//.test(call));
    assert.ok(end > 20, calls.join("\n"));
    const killed: Fault = { at: end };
    await lab.run(name, killed);
    const { calls: undoing } = await lab.change("open");
    assert.ok(undoing.length > 50, undoing.join("\n"));
    for (const { at, message } of faults("undoing", undoing, 6)) {
      await lab.run(name, killed);
      assert.ok((await lab.change("open", { at })).killed, message);
      await lab.change("open", { at: Math.ceil(at / 2) });
      assert.deepEqual(await lab.look(), before, `${message}: killed`);
    }
  },
});

for (const [name, errno] of Object.entries(ERRNO)) {
  Deno.test({
    name: `a batch fails with a typed error, is undone, and works later, after ${name} (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open();
      const change = "batch of 10";
      const { before, after, calls } = await measure(lab, change);
      for (const { at, message: where } of faults(change, calls, 3)) {
        const message = `${where}: ${name}`;
        const passing = await lab.run(change, { at, errno });
        const [first, second] = passing.lines.map((line): Attempt => JSON.parse(line));
        assert.notEqual(first!.outcome, "broken", `${message}\n${first!.message}`);
        assert.notEqual(second?.outcome ?? "done", "broken", `${message}\n${second?.message}`);
        if (first!.outcome === "refused" && !first!.message.includes(GOING_BACK_FAILED)) {
          assert.deepEqual(first!.files, before.w!.files, `${message}\n${first!.message}`);
        }
        assert.equal(second?.outcome ?? "done", "done", `${message}\n${second?.message}`);
        assert.deepEqual(await lab.look(), after, message);

        const lasting = await lab.run(change, { at, errno, persistent: true });
        const attempt: Attempt = JSON.parse(lasting.lines[0]!);
        assert.notEqual(attempt.outcome, "broken", `${message}, lasting\n${attempt.message}`);
        if (!attempt.message.includes(GOING_BACK_FAILED)) {
          const expected = attempt.outcome === "done" ? after : before;
          assert.deepEqual(attempt.files, expected.w!.files, `${message}, lasting`);
        }
        checkOldOrNew(await lab.look(), before, after, `${message}, lasting`);
      }
    },
  });
}
