/**
 * Files rewritten with as many bytes right after they were looked at, where times cannot tell that
 * anything changed: neither we nor git may miss one. Git is asked after each rewrite only. Before one
 * it would note the times anew, and then believe them within the second, as in any repository.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import type { Workspace } from "../../mod.ts";
import { TemporaryWorkspace } from "../../src/testing.ts";

const ROUNDS = 3;
const FILES = Array.from({ length: 10 }, (_, number) => `/file-${number}.txt`);
const START = { files: Object.fromEntries(FILES.map((path) => [path.slice(1), "at the start"])) };

/** How all files are rewritten to hold `text`, by something that we do not see. */
const REWRITES: Readonly<Record<string, (text: string) => string>> = {
  "in place": (text) => `for file in file-*; do printf ${text} > $file; done`,
  "in place, with the old time put back": (text) =>
    `for file in file-*; do touch -r $file times; printf ${text} > $file; ` +
    "touch -r times $file; done; rm times",
  "in place, with a time of long ago put back": (text) =>
    `for file in file-*; do printf ${text} > $file; touch -d 2001-02-03 $file; done`,
  "by renaming, with the old time put back": (text) =>
    `for file in file-*; do printf ${text} > new; touch -r $file new; mv new $file; done`,
};

for (const [how, rewrite] of Object.entries(REWRITES)) {
  Deno.test(`no rewrite right after commit() is missed, ${how}`, async () => {
    await using temporary = await TemporaryWorkspace.create(START);
    const { workspace } = temporary;
    for (let round = 0; round < ROUNDS; round++) {
      await quietly(workspace, rewrite(`committed-${round}`));
      await workspace.commit(`Round ${round}`);
      assert.equal((await workspace.status()).hasChanges, false);
      await quietly(workspace, rewrite(`rewritten-${round}`));
      await assertChanged(workspace, FILES);
    }
  });

  Deno.test(`no rewrite right after a snapshot is missed, ${how}`, async () => {
    await using temporary = await TemporaryWorkspace.create(START);
    const { workspace } = temporary;
    await quietly(workspace, rewrite("what-is-committed"));
    await workspace.commit("Before");
    for (let round = 0; round < ROUNDS; round++) {
      const { name } = await workspace.snapshot.create();
      await quietly(workspace, rewrite("what-is-rewritten"));
      await assertChanged(workspace, FILES);
      const { changes } = await workspace.snapshot.restore(name);
      assert.deepEqual(changes.map(({ path }) => path), FILES);
      assert.equal((await workspace.status()).hasChanges, false);
    }
    await assertChanged(workspace, []);
  });
}

/** Runs a command without a look at the files before and after it. */
async function quietly(workspace: Workspace, command: string): Promise<string> {
  return (await workspace.run(command, { check: true, changes: false })).stdout;
}

/** Fails where not exactly these paths differ from the last commit, to git and to us. */
async function assertChanged(workspace: Workspace, paths: string[]): Promise<void> {
  const { modified, added, deleted } = await workspace.status();
  assert.deepEqual([...modified, ...added, ...deleted].map(({ path }) => path), paths);
  const found = await quietly(workspace, "git status --porcelain");
  assert.equal(found, paths.map((path) => ` M ${path.slice(1)}\n`).join(""));
}
