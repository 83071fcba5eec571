/**
 * What differs between two trees: subtrees with the same id are not looked into.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { compareNames } from "../names.ts";
import type { TreeView, TreeViewEntry } from "./state.ts";

/** The files that differ, sorted by path. Renames are an addition and a deletion here. */
export function compareTrees(from: TreeView, to: TreeView): Change[] {
  const changes: Change[] = [];
  compareInto(changes, "", from, to);
  return changes.sort((a, b) => compareNames(a.path, b.path));
}

function compareInto(changes: Change[], parent: string, from: TreeView, to: TreeView): void {
  if (from.oid === to.oid) return;
  const before = from.entries();
  const after = to.entries();
  for (const [name, old] of before) {
    const now = after.get(name);
    if (now !== undefined && now.oid === old.oid && now.mode === old.mode) continue;
    const path = `${parent}/${name}`;
    if (now === undefined) {
      everything(changes, path, old, "deleted");
    } else if (old.view !== null && now.view !== null) {
      compareInto(changes, path, old.view, now.view);
    } else if (old.view !== null || now.view !== null) {
      everything(changes, path, old, "deleted");
      everything(changes, path, now, "added");
    } else {
      changes.push({ ...change("modified", path), ...oldSide(old), ...newSide(now) });
    }
  }
  for (const [name, now] of after) {
    if (!before.has(name)) everything(changes, `${parent}/${name}`, now, "added");
  }
}

/** Every file of an entry, as added or deleted. */
function everything(
  changes: Change[],
  path: string,
  entry: TreeViewEntry,
  type: "added" | "deleted",
): void {
  if (entry.view === null) {
    const side = type === "added" ? newSide(entry) : oldSide(entry);
    changes.push({ ...change(type, path), ...side });
    return;
  }
  for (const [name, child] of entry.view.entries()) {
    everything(changes, `${path}/${name}`, child, type);
  }
}

function change(type: Change["type"], path: string): Change {
  return { type, path, oldPath: null, oldOid: null, newOid: null, oldMode: null, newMode: null };
}

function oldSide({ oid, mode }: TreeViewEntry): Pick<Change, "oldOid" | "oldMode"> {
  return { oldOid: oid, oldMode: mode };
}

function newSide({ oid, mode }: TreeViewEntry): Pick<Change, "newOid" | "newMode"> {
  return { newOid: oid, newMode: mode };
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
