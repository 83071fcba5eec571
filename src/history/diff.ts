/**
 * How two states of a workspace differ.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { SnapshotNotFoundError } from "../errors.ts";
import { treeOf } from "../git/commit.ts";
import { resolveCommit } from "../git/revision.ts";
import { compareTrees } from "../worktree/compare.ts";
import { Selection } from "../worktree/patterns.ts";
import { stateTree, storedTree, type TreeView } from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { findSnapshot } from "./snapshot.ts";

/** The files that differ between two states; iterating gives the changes. */
export class Diff implements Iterable<Change> {
  /** The changes, sorted by path. */
  readonly changes: Change[];

  /** Wraps changes that are sorted by path. */
  constructor(changes: Change[]) {
    this.changes = changes;
  }

  /** The changes, one by one. */
  [Symbol.iterator](): Iterator<Change> {
    return this.changes[Symbol.iterator]();
  }
}

/** What is compared with what. */
export interface DiffOptions {
  /** A snapshot, a branch or a commit, looked up in this order. Default: the last commit. */
  against?: string;
  /** Only paths that one of these patterns matches, in gitignore's reading. */
  paths?: string[];
}

/** How the files differ from the last commit, or from `against`. */
export async function diffFiles(worktree: Worktree, options: DiffOptions = {}): Promise<Diff> {
  const { against, paths = [] } = options;
  const selection = new Selection({ include: paths });
  const from = against === undefined ? worktree.headTree() : await treeNamed(worktree, against);
  const { root } = await worktree.look();
  const changes = compareTrees(from, stateTree(root, "files"));
  return new Diff(changes.filter(({ path }) => selection.has(path)));
}

/** How one snapshot differs from another, or from the files as they are now. */
export async function diffSnapshots(worktree: Worktree, from: string, to?: string): Promise<Diff> {
  const before = await snapshotTree(worktree, from);
  const after = to === undefined
    ? stateTree((await worktree.look()).root, "all")
    : await snapshotTree(worktree, to);
  return new Diff(compareTrees(before, after));
}

async function snapshotTree(worktree: Worktree, name: string): Promise<TreeView> {
  const snapshot = await findSnapshot(worktree, name);
  return storedTree(worktree.base.objects, snapshot.tree);
}

async function treeNamed(worktree: Worktree, name: string): Promise<TreeView> {
  const { objects } = worktree.base;
  try {
    return await snapshotTree(worktree, name);
  } catch (error) {
    if (!(error instanceof SnapshotNotFoundError)) throw error;
    const commit = await resolveCommit(worktree.base, name);
    if (commit !== null) return storedTree(objects, treeOf(objects, commit));
    throw new SnapshotNotFoundError(
      `Cannot compare with ${
        JSON.stringify(name)
      }: workspace "${worktree.name}" has no snapshot, ` +
        "and the repository no branch or commit, of this name",
    );
  }
}
