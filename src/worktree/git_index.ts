/**
 * States and git's index: what one says in the words of the other.
 *
 * @module
 */

import type { IndexEntry } from "../git/index_file.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { filesOf } from "./compare.ts";
import {
  absentFile,
  type DirectoryNode,
  directoryNode,
  type FileNode,
  type Node,
  storedTree,
  type TreeView,
} from "./state.ts";

/**
 * The entries of an index that holds the tree `head`, with the stat data of the files in `state` that
 * are as `head` has them. Stat data that is not to be believed goes in with size 0, by which git
 * knows that it must compare the content.
 */
export function indexEntries(
  head: TreeView,
  state: DirectoryNode,
  owner: { uid: number; gid: number },
): IndexEntry[] {
  const entries: IndexEntry[] = [];
  const walk = (parent: string, tree: TreeView, node: DirectoryNode | null): void => {
    for (const [name, { mode, oid, view }] of tree.entries()) {
      const known = node?.children.get(name) ?? null;
      if (view !== null) {
        walk(`${parent}${name}/`, view, known?.kind === "directory" ? known : null);
        continue;
      }
      const same = known?.kind === "file" && known.oid === oid && known.mode === mode
        ? known
        : null;
      const onDisk = same !== null && same.permissions !== null;
      entries.push({
        path: parent + name,
        oid,
        mode,
        stage: 0,
        size: onDisk && same.trusted ? same.size : 0,
        mtime: onDisk ? same.mtime : 0,
        ctime: onDisk ? same.ctime : 0,
        ino: onDisk ? same.ino : 0,
        dev: 0,
        uid: owner.uid,
        gid: owner.gid,
        skipWorktree: same !== null && same.permissions === null && mode !== MODE.submodule,
        assumeValid: false,
        intentToAdd: false,
      });
    }
  };
  walk("", head, state);
  return entries;
}

/** An index as a state, whose stat data the next scan of its directory can use. */
export interface IndexedState {
  /** Every tracked path. */
  readonly root: DirectoryNode;
  /** The tracked paths that are not expected on disk. */
  readonly absent: DirectoryNode | null;
}

/**
 * The state that an index describes. `written` is the time at which the index was, in ms: a file of
 * that time or later may have changed since, by git's own racy rule.
 */
export function indexedState(
  entries: readonly IndexEntry[],
  written: number,
  store: ObjectStore,
): IndexedState {
  const root = new Builder();
  const absent = new Builder();
  for (const entry of entries) {
    // A path in an unfinished merge has no content of its own, nor has one that is only announced.
    if (entry.stage !== 0 || entry.intentToAdd) continue;
    if (entry.mode === MODE.directory) {
      for (const { path, entry: file } of filesOf(storedTree(store, entry.oid))) {
        const components = `${entry.path.slice(0, -1)}${path}`.split("/");
        const node = absentFile(file.mode, file.oid);
        root.add(components, node);
        absent.add(components, node);
      }
      continue;
    }
    const components = entry.path.split("/");
    const node = entryNode(entry, written);
    root.add(components, node);
    if (entry.skipWorktree || !entry.path.isWellFormed()) absent.add(components, node);
  }
  return { root: root.build(), absent: absent.empty ? null : absent.build() };
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
  readonly #children = new Map<string, Node | Builder>();

  get empty(): boolean {
    return this.#children.size === 0;
  }

  add(components: readonly string[], node: Node): void {
    const [name, ...rest] = components as [string, ...string[]];
    if (rest.length === 0) {
      this.#children.set(name, node);
      return;
    }
    let below = this.#children.get(name);
    if (!(below instanceof Builder)) this.#children.set(name, below = new Builder());
    below.add(rest, node);
  }

  build(): DirectoryNode {
    const children = new Map<string, Node>();
    for (const [name, node] of this.#children) {
      children.set(name, node instanceof Builder ? node.build() : node);
    }
    return directoryNode(0o755, children);
  }
}
