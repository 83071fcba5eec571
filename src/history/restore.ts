/**
 * Brings the files back to a snapshot, without ever losing work: the state before is a snapshot first.
 *
 * @module
 */

import { treeOf } from "../git/commit.ts";
import { readCommit } from "../git/isomorphic.ts";
import { lstat, makeDirectory } from "../platform/fs.ts";
import { writeGitFile } from "../registry/admin.ts";
import { Checkout } from "../worktree/checkout.ts";
import { compareTrees } from "../worktree/compare.ts";
import { rootRules } from "../worktree/rules.ts";
import { stateTree, storedTree } from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { createUndoPoint, findSnapshot } from "./snapshot.ts";
import { restoreFacts } from "./snapshot_commit.ts";
import type { RestoreResult, Snapshot } from "./types.ts";

/**
 * Restores a snapshot.
 *
 * @throws {SnapshotNotFoundError} where there is none of this name.
 * @throws {PathError} where ignored files are in the way; nothing is changed.
 */
export async function restoreSnapshot(
  worktree: Worktree,
  snapshot: string | Pick<Snapshot, "name" | "oid">,
  options: { signal?: AbortSignal } = {},
): Promise<RestoreResult> {
  const { signal } = options;
  const name = typeof snapshot === "string" ? snapshot : snapshot.name;
  signal?.throwIfAborted();
  using _ = await worktree.holdAll(`restoring the snapshot "${name}"`, signal);
  const found = await findSnapshot(worktree, name);
  return await restoreCommit(worktree, found.oid, `before the restore of ${name}`, signal);
}

/** Finishes the restore that a killed process began. The caller holds the workspace. */
export async function finishRestore(worktree: Worktree, commit: string): Promise<void> {
  await restoreCommit(worktree, commit, "before a restore that was cut off was finished");
}

async function restoreCommit(
  worktree: Worktree,
  commit: string,
  description: string,
  signal?: AbortSignal,
): Promise<RestoreResult> {
  const { base, directory } = worktree;
  const { objects, journal, session } = base;
  const { ignored, permissions } = restoreFacts(await readCommit(objects, commit));
  const target = storedTree(objects, treeOf(objects, commit));
  if (lstat(directory) === null) makeDirectory(directory);
  writeGitFile(base, worktree.name, directory);
  const capture = await worktree.capture("all", { ignored, also: target, signal });
  const clock = session.clock();
  const checkout = new Checkout({
    directory,
    current: capture.root,
    target,
    permissions,
    rules: rootRules(base),
    store: objects,
    clock,
  });
  try {
    await checkout.check();
    signal?.throwIfAborted();
  } catch (error) {
    capture.writer.abort();
    throw error;
  }
  const undo = await createUndoPoint(worktree, capture, { description, ignored });
  journal.begin({
    operation: "restore",
    workspace: worktree.name,
    target: commit,
    before: undo.oid,
  });
  worktree.adopt(await checkout.run(), clock);
  journal.end(worktree.name);
  return { changes: compareTrees(stateTree(capture.root, "all"), target), undo };
}
