/**
 * States and git's index: what one says in the words of the other.
 *
 * @module
 */

import type { IndexEntry } from "../git/index_file.ts";
import type { Steps } from "../git/steps.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { nameOf, parentOf } from "../paths.ts";
import { filesOf } from "./compare.ts";
import {
  absentFile,
  type DirectoryNode,
  directoryNode,
  type FileNode,
  type Node,
  stateTree,
  storedTree,
  type TreeView,
  type TreeViewEntry,
} from "./state.ts";

/** A directory whose entries are being told. */
interface Told {
  /** Its path, which ends in a slash; `""` for the root. */
  readonly path: string;
  readonly entries: Iterator<[string, TreeViewEntry]>;
  readonly known: DirectoryNode | null;
}

/**
 * The entries of an index that holds the tree `head`, with the stat data of the files in `state` that
 * are as `head` has them. The index is to be given the time `clock`, in seconds: git compares the
 * content of a file that is not older. Where only its other time is not, which may hide a change, the
 * entry goes in with size 0, by which git knows the same.
 */
export function* indexEntries(
  head: TreeView,
  state: DirectoryNode,
  { owner, clock }: { owner: { uid: number; gid: number }; clock: number },
): Generator<IndexEntry, void> {
  const told: Told[] = [{ path: "", entries: head.entries().entries(), known: state }];
  for (let directory; (directory = told.at(-1)) !== undefined;) {
    const next = directory.entries.next();
    if (next.done) {
      told.pop();
      continue;
    }
    const [name, { mode, oid, view }] = next.value;
    const path = directory.path + name;
    const known = directory.known?.children.get(name) ?? null;
    if (view !== null) {
      const below = known?.kind === "directory" ? known : null;
      told.push({ path: `${path}/`, entries: view.entries().entries(), known: below });
      continue;
    }
    const same = known?.kind === "file" && known.oid === oid && known.mode === mode ? known : null;
    const onDisk = same !== null && same.permissions !== null;
    yield {
      path,
      oid,
      mode,
      stage: 0,
      size: onDisk && (same.trusted || same.mtime >= clock * 1000) ? same.size : 0,
      mtime: onDisk ? same.mtime : 0,
      ctime: onDisk ? same.ctime : 0,
      ino: onDisk ? same.ino : 0,
      dev: 0,
      uid: owner.uid,
      gid: owner.gid,
      skipWorktree: same !== null && same.permissions === null && mode !== MODE.submodule,
      assumeValid: false,
      intentToAdd: false,
    };
  }
}

/** An index as a state, whose stat data the next scan of its directory can use. */
export interface IndexedState {
  /** Every tracked path. */
  readonly root: DirectoryNode;
  /** The tracked paths that need not be on disk. */
  readonly absent: DirectoryNode | null;
  /** The files of `root` that count as unchanged, whatever is on disk. */
  readonly kept: ReadonlySet<FileNode>;
}

/**
 * The state that an index describes, found in steps. `written` is the time at which the index was, in ms: a file of
 * that time or later may have changed since, by git's own racy rule. In a sparse checkout a path that
 * is left out counts once it is there all the same; elsewhere that mark is the owner's own.
 */
export function* indexedState(
  entries: Iterable<IndexEntry>,
  store: ObjectStore,
  { written, isSparse }: { written: number; isSparse: boolean },
): Steps<IndexedState> {
  const root = new Builder();
  const absent = new Builder();
  const kept = new Set<FileNode>();
  for (const entry of entries) {
    yield;
    // A path in an unfinished merge has no content of its own, nor has one that is only announced.
    if (entry.stage !== 0 || entry.intentToAdd) continue;
    if (entry.mode === MODE.directory) {
      for (const { path, entry: file } of filesOf(storedTree(store, entry.oid))) {
        const below = `${entry.path.slice(0, -1)}${path}`;
        const node = absentFile(file.mode, file.oid);
        root.add(below, node);
        absent.add(below, node);
        yield;
      }
      continue;
    }
    const node = entryNode(entry, written);
    root.add(entry.path, node);
    if (entry.assumeValid || (entry.skipWorktree && !isSparse)) kept.add(node);
    if (kept.has(node) || isLeftOut(entry)) absent.add(entry.path, node);
  }
  return { root: yield* root.build(), absent: absent.empty ? null : yield* absent.build(), kept };
}

/** The paths that an index leaves out of the files, given those entries; `null` where there are none. */
export function* pathsLeftOut(
  entries: readonly IndexEntry[],
  store: ObjectStore,
): Steps<TreeView | null> {
  const { absent } = yield* indexedState(entries, store, { written: 0, isSparse: true });
  return absent && stateTree(absent, "all");
}

/** Whether no file is expected; a name that is not UTF-8 is one that Deno can neither see nor make. */
export function isLeftOut({ skipWorktree, mode, path }: IndexEntry): boolean {
  return skipWorktree || mode === MODE.directory || !path.isWellFormed();
}

function entryNode(entry: IndexEntry, written: number): FileNode {
  const { mode, oid, size, mtime, ctime, ino } = entry;
  return {
    kind: "file",
    mode,
    oid,
    permissions: null,
    size,
    mtime,
    ctime,
    ino,
    trusted: mtime < written && !(size === 0 && oid !== EMPTY_BLOB),
  };
}

const EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

/** Collects paths into directories. */
class Builder {
  /** What is in each directory, by its path; directories are put into those above at the end. */
  readonly #directories = new Map<string, Map<string, Node>>();

  get empty(): boolean {
    return this.#directories.size === 0;
  }

  add(path: string, node: Node): void {
    this.#inside(parentOf(path)).set(nameOf(path), node);
  }

  #inside(directory: string): Map<string, Node> {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const children = new Map<string, Node>();
    this.#directories.set(directory, children);
    if (directory !== "") this.#inside(parentOf(directory));
    return children;
  }

  *build(): Steps<DirectoryNode> {
    // A longer path first, so that each directory is whole before it is put into the one above.
    const directories = [...this.#directories].sort(([a], [b]) => b.length - a.length);
    for (const [path, children] of directories) {
      if (path !== "") this.add(path, directoryNode(0o755, children));
      yield;
    }
    return directoryNode(0o755, this.#inside(""));
  }
}
