/**
 * One directory that a scan is in, and what is known of it before it is looked at: the state before, the
 * last commit, and what a sparse checkout leaves out.
 *
 * @module
 */

import { finishAtOnce } from "../git/steps.ts";
import { MODE } from "../git/tree.ts";
import type { IgnoreRules } from "./ignore.ts";
import {
  absentDirectory,
  absentFile,
  type DirectoryNode,
  type FileNode,
  type Node,
  stateOfTree,
  stateTree,
  type TreeView,
} from "./state.ts";

/** Where a scan stands: one directory. */
export interface Place {
  /** Its absolute path. */
  readonly directory: string;
  /** Its path in the workspace, `""` for the root. */
  readonly path: string;
  readonly previous: DirectoryNode | null;
  readonly head: TreeView | null;
  readonly sparse: TreeView | null;
  /** `null` inside an ignored directory, where only tracked paths count. */
  readonly rules: IgnoreRules | null;
}

/** What the head has below the directory `name` of a place, read only where it must be. */
export function headBelow(
  { head, previous }: Place,
  name: string,
): { view: TreeView | null; submodule: string | null } {
  if (head === null) return { view: null, submodule: null };
  if (previous !== null && previous.filesTree === head.oid) {
    const known = previous.children.get(name);
    if (known === undefined) return { view: null, submodule: null };
    return known.kind === "directory"
      ? { view: stateTree(known, "files"), submodule: null }
      : { view: null, submodule: known.mode === MODE.submodule ? known.oid : null };
  }
  const entry = head.entries().get(name);
  return {
    view: entry?.view ?? null,
    submodule: entry?.mode === MODE.submodule ? entry.oid : null,
  };
}

/** Adds what a sparse checkout left out: it is there for git, though not on disk. */
export function addAbsent({ sparse, head }: Place, children: Map<string, Node>): void {
  if (sparse === null || head === null) return;
  for (const [name, entry] of sparse.entries()) {
    const tracked = head.entries().get(name);
    if (tracked === undefined || children.has(name)) continue;
    const node = entry.view !== null && tracked.view !== null
      ? absentDirectory(entry.view, tracked.view)
      : absentFile(tracked.mode, tracked.oid);
    children.set(name, node);
  }
}

/** Whether the store has an object; left out where that does not matter. */
type IsStored = ((oid: string) => boolean) | undefined;

/** What stands for a file that cannot be read: what it was before, or else what the head has. */
export function standInForFile(
  { head }: Place,
  name: string,
  before: FileNode | null,
  isStored: IsStored,
): FileNode | null {
  if (before !== null && canBeSaved(before, isStored)) return before;
  const tracked = head?.entries().get(name);
  const isFile = tracked !== undefined && tracked.view === null;
  return isFile ? absentFile(tracked.mode, tracked.oid) : null;
}

/** The same for a directory. */
export function standInForDirectory(
  { previous, head }: Place,
  isStored: IsStored,
): DirectoryNode | null {
  if (previous !== null && canBeSaved(previous, isStored)) return previous;
  return head && finishAtOnce(stateOfTree(head));
}

function canBeSaved(node: Node, isStored: IsStored): boolean {
  if (isStored === undefined) return true;
  return node.kind === "file"
    ? node.permissions === null || isStored(node.oid)
    : [...node.children.values()].every((child) => canBeSaved(child, isStored));
}
