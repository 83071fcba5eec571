/**
 * What differs between two trees: subtrees with the same id are not looked into.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { compareNames } from "../names.ts";
import { Slices } from "../platform/slices.ts";
import { emptyTree, type TreeView, type TreeViewEntry } from "./state.ts";

/** The files that differ, sorted by path. Renames are an addition and a deletion here. */
export async function compareTrees(from: TreeView, to: TreeView): Promise<Change[]> {
  const comparison = new Comparison();
  await comparison.compare("", from, to);
  return comparison.changes;
}

class Comparison {
  readonly changes: Change[] = [];
  readonly #slices = new Slices();

  async compare(parent: string, from: TreeView, to: TreeView): Promise<void> {
    if (from.oid === to.oid) return;
    const differences = differencesOf(parent, from.entries(), to.entries());
    for (const { path, sides } of differences.sort((a, b) => compareNames(a.key, b.key))) {
      if ("to" in sides) await this.compare(path, sides.from, sides.to);
      else this.changes.push(fileChange(path, sides));
      if (this.#slices.due) await this.#slices.rest();
    }
  }
}

/** A file before and after; `null` where there is none. */
interface FileSides {
  readonly old: TreeViewEntry | null;
  readonly now: TreeViewEntry | null;
}

/** What differs under a name in a directory. */
interface Difference {
  /** Sorts as the paths do: a directory ends in a slash. */
  readonly key: string;
  readonly path: string;
  /** A file, or two directories of which one may be empty. */
  readonly sides: FileSides | { readonly from: TreeView; readonly to: TreeView };
}

type Entries = ReadonlyMap<string, TreeViewEntry>;

function differencesOf(parent: string, before: Entries, after: Entries): Difference[] {
  const found: Difference[] = [];
  const add = (name: string, old: TreeViewEntry | null, now: TreeViewEntry | null): void => {
    const path = `${parent}/${name}`;
    const files = { old: old?.view ? null : old, now: now?.view ? null : now };
    if (files.old !== null || files.now !== null) found.push({ key: name, path, sides: files });
    if (files.old === old && files.now === now) return;
    const trees = { from: old?.view ?? emptyTree, to: now?.view ?? emptyTree };
    found.push({ key: `${name}/`, path, sides: trees });
  };
  for (const [name, old] of before) {
    const now = after.get(name) ?? null;
    if (now?.oid !== old.oid || now.mode !== old.mode) add(name, old, now);
  }
  for (const [name, now] of after) if (!before.has(name)) add(name, null, now);
  return found;
}

function fileChange(path: string, { old, now }: FileSides): Change {
  return {
    type: old === null ? "added" : now === null ? "deleted" : "modified",
    path,
    oldPath: null,
    oldOid: old?.oid ?? null,
    newOid: now?.oid ?? null,
    oldMode: old?.mode ?? null,
    newMode: now?.mode ?? null,
  };
}

/** Every file of a tree, links and submodules too, in no order. */
export function* filesOf(
  tree: TreeView,
  parent = "",
): Generator<{ path: string; entry: TreeViewEntry }> {
  for (const [name, entry] of tree.entries()) {
    const path = `${parent}/${name}`;
    if (entry.view !== null) yield* filesOf(entry.view, path);
    else yield { path, entry };
  }
}
