/**
 * How two states of a workspace differ.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import type { Change } from "../changes.ts";
import { SnapshotNotFoundError } from "../errors.ts";
import { treeOf } from "../git/commit.ts";
import { readCommit } from "../git/isomorphic.ts";
import { resolveCommit } from "../git/revision.ts";
import { compareTrees } from "../worktree/compare.ts";
import { Selection } from "../worktree/patterns.ts";
import { stateTree, storedTree, type TreeView } from "../worktree/state.ts";
import type { LookOptions, Worktree } from "../worktree/worktree.ts";
import { findSnapshot } from "./snapshot.ts";
import { restoreFacts } from "./snapshot_commit.ts";

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
  checkOptions("compare", options, { against: "string", paths: "strings" });
  const { against, paths = [] } = options;
  const selection = new Selection({ include: paths });
  using _ = worktree.use();
  const { tree, look } = against === undefined
    ? { tree: worktree.headTree(), look: {} }
    : await stateNamed(worktree, against);
  const { root } = await worktree.look(look);
  const changes = compareTrees(tree, stateTree(root, "files"));
  return new Diff(changes.filter(({ path }) => selection.has(path)));
}

/** How one snapshot differs from another, or from the files as they are now. */
export async function diffSnapshots(worktree: Worktree, from: string, to?: string): Promise<Diff> {
  using _ = worktree.use();
  const { tree, look } = await snapshotState(worktree, from);
  const after = to === undefined
    ? stateTree((await worktree.look(look)).root, "all")
    : (await snapshotState(worktree, to)).tree;
  return new Diff(compareTrees(tree, after));
}

/** A state to compare the files with, and how they are looked at for that. */
interface ComparedState {
  readonly tree: TreeView;
  readonly look: LookOptions;
}

/** What a snapshot holds is compared even where it is ignored by now, as a restore would do it. */
async function snapshotState(worktree: Worktree, name: string): Promise<ComparedState> {
  const { objects } = worktree.base;
  const { oid, tree: treeId } = await findSnapshot(worktree, name);
  const { ignored } = restoreFacts(await readCommit(objects, oid));
  const tree = storedTree(objects, treeId);
  return { tree, look: { ignored, also: [tree] } };
}

async function stateNamed(worktree: Worktree, name: string): Promise<ComparedState> {
  const { objects } = worktree.base;
  try {
    return await snapshotState(worktree, name);
  } catch (error) {
    if (!(error instanceof SnapshotNotFoundError)) throw error;
    const commit = await resolveCommit(worktree.base, name);
    if (commit !== null) return { tree: storedTree(objects, treeOf(objects, commit)), look: {} };
    throw new SnapshotNotFoundError(
      `Cannot compare with ${
        JSON.stringify(name)
      }: workspace "${worktree.name}" has no snapshot, ` +
        "and the repository no branch or commit, of this name",
    );
  }
}
