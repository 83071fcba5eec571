import assert from "node:assert/strict";
import type { Attempt } from "./change_once.ts";
import { CHANGES } from "./changes.ts";
import { ERRNO, hasCompiler } from "./fault.ts";
import { checkOldOrNew, FaultLab, isThorough, pointsAmong, type View } from "./fault_lab.ts";
import { differences } from "./model.ts";

const changes = isThorough() ? Object.keys(CHANGES) : ["restore", "commit", "create", "delete"];
/**
 * How the second attempt fails where the first has done it all the same: a deletion that has begun is
 * finished before anything else; a ref or a copy is there, and only what follows failed. And who
 * could not remove a lock of git's is blocked by it, until the base is opened anew.
 */
const DONE =
  /^(WorkspaceNotFoundError|SnapshotExistsError|FileExistsError|StoreError: Cannot lock .*delete that)/;
const errors = Object.entries(ERRNO).filter(([name]) => isThorough() || name === "ENOSPC");

for (const change of changes) {
  for (const [name, errno] of errors) {
    Deno.test({
      name: `${change} fails with a typed error, and works later, after ${name} (needs gcc)`,
      ignore: !hasCompiler(),
      fn: async () => {
        await using lab = await FaultLab.open();
        const { calls } = await lab.run(change);
        const after = await lab.look();
        await lab.reset();
        const before = await lab.look();
        for (const at of pointsAmong(calls.length, 3)) {
          const message = `${change}, ${name} at call ${at} of ${calls.length}: ${calls[at - 1]}`;
          const passing = await lab.run(change, { at, errno });
          checkRetried(passing.lines.map((line) => JSON.parse(line)), message);
          assert.deepEqual(await lab.look(), after, message);

          const lasting = await lab.run(change, { at, errno, persistent: true });
          checkFiles(JSON.parse(lasting.lines[0]!), before, after, message);
          checkOldOrNew(await lab.look(), before, after, `${message}, and all that followed`);
        }
      },
    });
  }
}

/** Checks a change in which one call failed, and what came of it when it was tried again. */
function checkRetried([first, second]: Attempt[], message: string): void {
  assert.ok(first !== undefined && first.outcome !== "broken", `${message}\n${first?.message}`);
  if (second === undefined || second.outcome === "done") return;
  assert.match(second.message, DONE, `${message}\n${second.message}`);
}

/** Checks a change in which all calls failed from one on: nothing of it shows, or all. */
function checkFiles(attempt: Attempt, before: View, after: View, message: string): void {
  assert.notEqual(attempt.outcome, "broken", `${message}\n${attempt.message}`);
  // Where all calls fail, a restore cannot go back either, and says so.
  if (attempt.message.includes("the next call on the workspace finishes the restore")) return;
  const isOneOf = [before, after].some((view) => {
    return differences(view.w?.files ?? {}, attempt.files ?? {}).length === 0;
  });
  assert.ok(isOneOf, `${message}\n${attempt.message}`);
}
