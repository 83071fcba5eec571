/**
 * The files of a directory tree at one moment, as an immutable value.
 *
 * A state is what a scan finds: for each file its git object id and the stat data by which the next
 * scan knows it again; for each directory the ids of its git trees. States share the directories that
 * did not change, so keeping two of them costs what differs.
 *
 * @module
 */

import { EMPTY_TREE, hashObject } from "../git/object.ts";
import type { Steps } from "../git/steps.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE, serializeTree, type TreeEntry } from "../git/tree.ts";

/** A file, a link, or a submodule. */
export interface FileNode {
  readonly kind: "file";
  /** One of {@linkcode MODE}. */
  readonly mode: number;
  readonly oid: string;
  /** The permission bits; `null` where nothing is on disk (a submodule, a sparse path). */
  readonly permissions: number | null;
  readonly size: number;
  /** ms */
  readonly mtime: number;
  /** Whole seconds, which is all that Deno tells. */
  readonly ctime: number;
  readonly ino: number;
  /** Whether equal stat data proves equal content: both times are before the scan's second. */
  readonly trusted: boolean;
}

/** A directory, with everything in it that is not ignored. */
export interface DirectoryNode {
  readonly kind: "directory";
  readonly permissions: number;
  readonly children: ReadonlyMap<string, Node>;
  /** The id of its tree, empty directories included: what a snapshot holds. */
  readonly tree: string;
  /** The id of its tree without empty directories, what a commit holds; `null` where that is empty. */
  readonly filesTree: string | null;
}

/** What a name in a directory stands for. */
export type Node = FileNode | DirectoryNode;

/** Makes a directory's node, which hashes its trees. */
export function directoryNode(
  permissions: number,
  children: ReadonlyMap<string, Node>,
): DirectoryNode {
  const tree = hashObject("tree", serializeTree(treeEntries(children, "all")));
  const files = treeEntries(children, "files");
  const same = files.length === children.size &&
    [...children.values()].every((node) => node.kind === "file" || node.filesTree === node.tree);
  const filesTree = files.length === 0
    ? null
    : same
    ? tree
    : hashObject("tree", serializeTree(files));
  return { kind: "directory", permissions, children, tree, filesTree };
}

/**
 * Makes a directory's node, of which `previous` was the one before: that itself where nothing differs,
 * its trees where only stat data does.
 */
export function nextDirectoryNode(
  previous: DirectoryNode | null,
  permissions: number,
  children: Map<string, Node>,
): DirectoryNode {
  if (previous === null || previous.children.size !== children.size) {
    return directoryNode(permissions, children);
  }
  let identical = previous.permissions === permissions;
  for (const [name, node] of children) {
    const before = previous.children.get(name);
    if (before === node) continue;
    identical = false;
    if (before === undefined || !sameTree(before, node)) {
      return directoryNode(permissions, children);
    }
  }
  if (identical) return previous;
  const { tree, filesTree } = previous;
  return { kind: "directory", permissions, children, tree, filesTree };
}

function sameTree(a: Node, b: Node): boolean {
  if (a.kind === "directory") return b.kind === "directory" && a.tree === b.tree;
  return b.kind === "file" && a.oid === b.oid && a.mode === b.mode;
}

/** Which tree of a directory is meant: with its empty directories, or only the files. */
export type Flavour = "all" | "files";

/** The entries of a directory's tree object. */
export function treeEntries(children: ReadonlyMap<string, Node>, flavour: Flavour): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const [name, node] of children) {
    if (node.kind === "file") {
      entries.push({ name, mode: node.mode, oid: node.oid });
    } else if (flavour === "all") {
      entries.push({ name, mode: MODE.directory, oid: node.tree });
    } else if (node.filesTree !== null) {
      entries.push({ name, mode: MODE.directory, oid: node.filesTree });
    }
  }
  return entries;
}

/** A tree to be read: one in the store, or the one that a state would have there. */
export interface TreeView {
  readonly oid: string;
  /** What it holds; read when first asked for. */
  entries(): ReadonlyMap<string, TreeViewEntry>;
}

/** An entry of a {@linkcode TreeView}. */
export interface TreeViewEntry {
  readonly mode: number;
  readonly oid: string;
  /** The tree below, for a directory. */
  readonly view: TreeView | null;
}

/** The tree `oid` of the store. */
export function storedTree(store: ObjectStore, oid: string): TreeView {
  let entries: Map<string, TreeViewEntry> | undefined;
  return {
    oid,
    entries: () =>
      entries ??= new Map(
        store.readTree(oid).map(({ name, mode, oid }) => [
          name,
          { mode, oid, view: mode === MODE.directory ? storedTree(store, oid) : null },
        ]),
      ),
  };
}

/** The tree that a state's directory stands for. */
export function stateTree(node: DirectoryNode, flavour: Flavour): TreeView {
  let entries: Map<string, TreeViewEntry> | undefined;
  return {
    oid: flavour === "all" ? node.tree : node.filesTree ?? EMPTY_TREE,
    entries: () => entries ??= viewEntries(node.children, flavour),
  };
}

function viewEntries(
  children: ReadonlyMap<string, Node>,
  flavour: Flavour,
): Map<string, TreeViewEntry> {
  const entries = new Map<string, TreeViewEntry>();
  for (const [name, node] of children) {
    if (node.kind === "file") {
      entries.set(name, { mode: node.mode, oid: node.oid, view: null });
    } else if (flavour === "all" || node.filesTree !== null) {
      const view = stateTree(node, flavour);
      entries.set(name, { mode: MODE.directory, oid: view.oid, view });
    }
  }
  return entries;
}

/** The tree with nothing in it. */
export const emptyTree: TreeView = { oid: EMPTY_TREE, entries: () => new Map() };

/** A directory with nothing in it. */
export const emptyState: DirectoryNode = directoryNode(0o755, new Map());

/** The node at a path of components below `root`; `null` where there is none. */
export function nodeAt(root: DirectoryNode, components: readonly string[]): Node | null {
  let node: Node = root;
  for (const component of components) {
    if (node.kind !== "directory") return null;
    const child = node.children.get(component);
    if (child === undefined) return null;
    node = child;
  }
  return node;
}

/** The entry at a path of components below `tree`; `null` where there is none. */
export function entryAt(tree: TreeView, components: readonly string[]): TreeViewEntry | null {
  let entry: TreeViewEntry = { mode: MODE.directory, oid: tree.oid, view: tree };
  for (const component of components) {
    const next = entry.view?.entries().get(component);
    if (next === undefined) return null;
    entry = next;
  }
  return entry;
}

/** The node of something that git knows and that is not on disk. */
export function absentFile(mode: number, oid: string): FileNode {
  return {
    kind: "file",
    mode,
    oid,
    permissions: null,
    size: 0,
    mtime: 0,
    ctime: 0,
    ino: 0,
    trusted: false,
  };
}

/** What a sparse checkout leaves out of a directory: the paths of `sparse`, with what `head` has. */
export function absentDirectory(sparse: TreeView, head: TreeView): DirectoryNode {
  const children = new Map<string, Node>();
  for (const [name, entry] of sparse.entries()) {
    const tracked = head.entries().get(name);
    if (tracked === undefined) continue;
    const node = entry.view !== null && tracked.view !== null
      ? absentDirectory(entry.view, tracked.view)
      : absentFile(tracked.mode, tracked.oid);
    children.set(name, node);
  }
  return directoryNode(0o755, children);
}

/** What of a state is not on disk, submodules aside; `null` where all of it is. */
export function absentPart(node: DirectoryNode): DirectoryNode | null {
  const children = new Map<string, Node>();
  for (const [name, child] of node.children) {
    const absent = child.kind === "directory"
      ? absentPart(child)
      : child.permissions === null && child.mode !== MODE.submodule
      ? child
      : null;
    if (absent !== null) children.set(name, absent);
  }
  return children.size === 0 ? null : directoryNode(node.permissions, children);
}

/** The part of a state whose paths one of the trees has too. */
export function limitedTo(node: DirectoryNode, trees: readonly TreeView[]): DirectoryNode {
  const children = new Map<string, Node>();
  for (const [name, child] of node.children) {
    const entries = trees.flatMap((tree) => tree.entries().get(name) ?? []);
    if (entries.length === 0) continue;
    const below = entries.flatMap(({ view }) => view ?? []);
    children.set(name, child.kind === "file" ? child : limitedTo(child, below));
  }
  return directoryNode(node.permissions, children);
}

/** The same state, of which every file is to be read again. */
export function distrusted(node: DirectoryNode): DirectoryNode {
  const children = new Map<string, Node>();
  for (const [name, child] of node.children) {
    const copy = child.kind === "directory" ? distrusted(child) : { ...child, trusted: false };
    children.set(name, copy);
  }
  return withChildren(node, children);
}

/** A tree as a state of which nothing is on disk, made in steps. */
export function* stateOfTree(tree: TreeView): Steps<DirectoryNode> {
  const children = new Map<string, Node>();
  for (const [name, { mode, oid, view }] of tree.entries()) {
    children.set(name, view === null ? absentFile(mode, oid) : yield* stateOfTree(view));
  }
  yield;
  return directoryNode(0o755, children);
}

/**
 * The same state, of which equal stat data proves equal content, made in steps: for files that nobody but us
 * could change until `clock`, in seconds of the file system.
 */
export function* settled(node: DirectoryNode, clock: number): Steps<DirectoryNode> {
  const children = new Map<string, Node>();
  for (const [name, child] of node.children) {
    children.set(
      name,
      child.kind === "directory" ? yield* settled(child, clock) : {
        ...child,
        trusted: child.permissions !== null && child.ctime < clock && child.mtime < clock * 1000,
      },
    );
  }
  yield;
  return withChildren(node, children);
}

/** The same directory with other nodes for what is in it, of the same content. */
function withChildren(
  { permissions, tree, filesTree }: DirectoryNode,
  children: ReadonlyMap<string, Node>,
): DirectoryNode {
  return { kind: "directory", permissions, children, tree, filesTree };
}

/** What Deno cannot make files of, since its name is not UTF-8, found in steps; `null` where that is nothing. */
export function* unnameablePart(tree: TreeView): Steps<DirectoryNode | null> {
  const children = new Map<string, Node>();
  for (const [name, { mode, oid, view }] of tree.entries()) {
    const part = name.isWellFormed()
      ? view && (yield* unnameablePart(view))
      : view === null
      ? absentFile(mode, oid)
      : yield* stateOfTree(view);
    if (part !== null) children.set(name, part);
  }
  yield;
  return children.size === 0 ? null : directoryNode(0o755, children);
}
