/**
 * How two states of a workspace differ.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import type { Change } from "../changes.ts";
import { SnapshotNotFoundError, StoreError } from "../errors.ts";
import { readCommit, treeOf } from "../git/commit.ts";
import { type PatchItem, type PatchSource, PatchWriter } from "../git/patch.ts";
import { resolveCommit } from "../git/revision.ts";
import { compareTrees } from "../worktree/compare.ts";
import { FileChanged } from "../worktree/content.ts";
import { Selection } from "../worktree/patterns.ts";
import { type Flavour, stateTree, storedTree, type TreeView } from "../worktree/state.ts";
import type { LookOptions, Worktree } from "../worktree/worktree.ts";
import { StoredSource, WorkingSource } from "./patch_source.ts";
import { storedRenames, workingRenames } from "./renames.ts";
import { findSnapshot } from "./snapshot.ts";
import { restoreFacts } from "./snapshot_commit.ts";

/** The files that differ between two states, and how; iterating gives the changes. */
export class Diff implements Iterable<Change> {
  /** The changes, sorted by path. */
  readonly changes: Change[];
  /** How many files differ, and how many lines came and went; those of binary files do not count. */
  readonly stats: { files: number; insertions: number; deletions: number };
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #text: string | null = null;

  /** @internal */
  constructor(changes: Change[], bytes: Uint8Array<ArrayBuffer>, stats: Diff["stats"]) {
    this.changes = changes;
    this.stats = stats;
    this.#bytes = bytes;
  }

  /**
   * What `git diff` prints, with bytes that are not UTF-8 as U+FFFD.
   *
   * Files over 100 MiB, or with over two million lines, are said to differ, as binary files are.
   *
   * @throws {StoreError} where it is longer than a string can be, which is half a gigabyte.
   */
  get text(): string {
    return this.#text ??= decode(this.#bytes);
  }

  /** The same without loss, which `git apply` takes. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** The changes, one by one. */
  [Symbol.iterator](): Iterator<Change> {
    return this.changes[Symbol.iterator]();
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder().decode(bytes);
  } catch (cause) {
    throw new StoreError(
      `Cannot give a diff of ${bytes.length} bytes as text: no string is that long; use \`bytes\``,
      { cause },
    );
  }
}

/** What is compared with what. */
export interface DiffOptions {
  /** A snapshot, a branch or a commit, looked up in this order. Default: the last commit. */
  against?: string;
  /** Only paths that one of these patterns matches, in gitignore's reading. */
  paths?: string[];
  /** How many lines are shown around each change. Default: 3. */
  context?: number;
}

const CONTEXT = 3;
const ATTEMPTS = 5;

/** How the files differ from the last commit, or from `against`. */
export async function diffFiles(worktree: Worktree, options: DiffOptions = {}): Promise<Diff> {
  checkOptions("compare", options, { against: "string", paths: "strings", context: "number" });
  const { against, paths = [], context = CONTEXT } = options;
  if (!Number.isSafeInteger(context) || context < 0) {
    throw new RangeError(`Cannot compare: context is a whole number from 0 on, not ${context}`);
  }
  const selection = new Selection({ include: paths });
  using _ = await worktree.useFiles();
  const from = against === undefined
    ? { tree: worktree.headTree(), look: {} }
    : await stateNamed(worktree, against);
  return await diffWithFiles(worktree, from, { flavour: "files", selection, context });
}

/** How one snapshot differs from another, or from the files as they are now. */
export async function diffSnapshots(worktree: Worktree, from: string, to?: string): Promise<Diff> {
  using _ = await worktree.useFiles();
  const before = snapshotState(worktree, from);
  if (to === undefined) {
    const selection = new Selection({});
    return await diffWithFiles(worktree, before, { flavour: "all", selection, context: CONTEXT });
  }
  const { tree } = snapshotState(worktree, to);
  const items = await storedRenames(worktree, await compareTrees(before.tree, tree));
  return await writeDiff(items, new StoredSource(worktree.base.objects), CONTEXT);
}

/** Compares with the files as they are, and looks again where they change before they are read. */
async function diffWithFiles(
  worktree: Worktree,
  { tree, look }: ComparedState,
  { flavour, selection, context }: { flavour: Flavour; selection: Selection; context: number },
): Promise<Diff> {
  for (let attempt = 1;; attempt++) {
    const { root } = await worktree.look(look);
    const changes = (await compareTrees(tree, stateTree(root, flavour)))
      .filter(({ path }) => selection.has(path));
    const items = await workingRenames(worktree, root, changes);
    const contents = new WorkingSource(worktree);
    try {
      return await writeDiff(items, contents, context);
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error;
      if (attempt < ATTEMPTS) continue;
      throw new StoreError(
        `Cannot compare the files of workspace "${worktree.name}": ${error.message} kept changing ` +
          "meanwhile, or cannot be read",
        { cause: error },
      );
    }
  }
}

async function writeDiff(
  items: readonly PatchItem[],
  source: PatchSource,
  context: number,
): Promise<Diff> {
  const patch = new PatchWriter(source, context);
  const stats = { files: items.length, insertions: 0, deletions: 0 };
  for (const item of items) {
    const { insertions, deletions } = await patch.add(item);
    stats.insertions += insertions;
    stats.deletions += deletions;
  }
  return new Diff(items.map(({ change }) => change), await patch.bytes(), stats);
}

/** A state to compare the files with, and how they are looked at for that. */
interface ComparedState {
  readonly tree: TreeView;
  readonly look: LookOptions;
}

/** What a snapshot holds is compared even where it is ignored by now, as a restore would do it. */
function snapshotState(worktree: Worktree, name: string): ComparedState {
  const { objects } = worktree.base;
  const { oid, tree: treeId } = findSnapshot(worktree, name);
  const { ignored } = restoreFacts(readCommit(objects, oid));
  const tree = storedTree(objects, treeId);
  return { tree, look: { ignored, also: [tree] } };
}

async function stateNamed(worktree: Worktree, name: string): Promise<ComparedState> {
  const { objects } = worktree.base;
  try {
    return snapshotState(worktree, name);
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
