/**
 * A tree with some of its files replaced: for a commit of a part of the changes.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import type { ObjectWriter } from "../git/store.ts";
import { MODE, serializeTree, type TreeEntry } from "../git/tree.ts";
import type { TreeView } from "./state.ts";

/** What becomes of a name: a file, nothing, or changes below it. */
type Edit = { mode: number; oid: string } | null | Map<string, Edit>;

/** Writes the trees that `changes` make of `tree`, and returns the id of the root. */
export function editTree(
  tree: TreeView,
  changes: readonly Change[],
  writer: ObjectWriter,
): string {
  const edits = new Map<string, Edit>();
  // Deletions first, so that a file can take the place of a directory and the reverse.
  const deletions = changes.filter(({ newOid }) => newOid === null);
  const others = changes.filter(({ newOid }) => newOid !== null);
  for (const { path, newMode, newOid } of [...deletions, ...others]) {
    const file = newMode === null || newOid === null ? null : { mode: newMode, oid: newOid };
    put(edits, path.slice(1).split("/"), file);
  }
  return write(tree, edits, writer) ?? writer.write("tree", new Uint8Array());
}

function put(edits: Map<string, Edit>, components: readonly string[], file: Edit): void {
  const [name, ...rest] = components as [string, ...string[]];
  if (rest.length === 0) {
    edits.set(name, file);
    return;
  }
  let below = edits.get(name);
  if (!(below instanceof Map)) edits.set(name, below = new Map());
  put(below, rest, file);
}

/** The id of the edited tree; `null` where nothing is left of it. */
function write(
  tree: TreeView | null,
  edits: ReadonlyMap<string, Edit>,
  writer: ObjectWriter,
): string | null {
  const entries = new Map<string, TreeEntry>();
  for (const [name, { mode, oid }] of tree?.entries() ?? []) entries.set(name, { name, mode, oid });
  for (const [name, edit] of edits) {
    if (edit === null) {
      entries.delete(name);
    } else if (edit instanceof Map) {
      const oid = write(tree?.entries().get(name)?.view ?? null, edit, writer);
      if (oid === null) entries.delete(name);
      else entries.set(name, { name, mode: MODE.directory, oid });
    } else {
      entries.set(name, { name, ...edit });
    }
  }
  return entries.size === 0 ? null : writer.write("tree", serializeTree(entries.values()));
}
