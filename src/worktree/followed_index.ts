/**
 * What the index of the git inside a sandbox says that the workspace's own does not: paths that were added
 * by force, or taken out, or left out by a sparse checkout. Nothing else of it is believed, no object id
 * above all.
 *
 * @module
 */

import type { IndexEntry } from "../git/index_file.ts";
import type { Steps } from "../git/steps.ts";
import { MODE } from "../git/tree.ts";
import { isGitName } from "../paths.ts";
import { filesOf } from "./compare.ts";
import { entryAt, type TreeView } from "./state.ts";

/** The blob of no bytes, which git gives to a path that is only announced. */
export const EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

const MAX_PATH = 4096;
const FILES: readonly number[] = [MODE.file, MODE.executable, MODE.symlink];

/** What is told of a path. */
interface Told {
  readonly mode: number;
  readonly skipWorktree: boolean;
}

/**
 * The workspace's `own` entries with just the paths that the `other` index has, found in steps; `null` where
 * they have them already. A path that is not in `head`, the last commit, is only announced.
 */
export function* followedEntries(
  own: Iterable<IndexEntry>,
  other: Iterable<IndexEntry>,
  head: TreeView,
): Steps<IndexEntry[] | null> {
  const known = new Map<string, IndexEntry>();
  for (const entry of own) {
    known.set(entry.path, entry);
    yield;
  }
  const told = yield* toldPaths(other, head, known);
  const isSame = told.size === known.size &&
    [...told].every(([path, { skipWorktree }]) => known.get(path)?.skipWorktree === skipWorktree);
  if (isSame) return null;
  const entries: IndexEntry[] = [];
  for (const [path, { mode, skipWorktree }] of told) {
    const found = entryAt(head, path.split("/"));
    const inHead = found?.view === null ? found : null;
    const entry = known.get(path) ?? newEntry(path, inHead ?? { mode, oid: EMPTY_BLOB });
    entries.push({ ...entry, skipWorktree, intentToAdd: inHead === null });
    yield;
  }
  return entries;
}

function* toldPaths(
  other: Iterable<IndexEntry>,
  head: TreeView,
  known: ReadonlyMap<string, IndexEntry>,
): Steps<Map<string, Told>> {
  const told = new Map<string, Told>();
  for (const { path, mode, skipWorktree } of other) {
    yield;
    if (mode === MODE.directory) {
      const view = entryAt(head, path.replace(/\/$/, "").split("/"))?.view;
      for (const file of view ? filesOf(view) : []) {
        told.set(path.replace(/\/$/, "") + file.path, {
          mode: file.entry.mode,
          skipWorktree: true,
        });
        yield;
      }
    } else if (isPath(path) && (FILES.includes(mode) || known.has(path))) {
      told.set(path, { mode, skipWorktree });
    }
  }
  // git keeps no `a` beside `a/b`.
  for (const path of told.keys()) {
    yield;
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      told.delete(path.slice(0, end));
    }
  }
  return told;
}

function isPath(path: string): boolean {
  return path.length <= MAX_PATH && !path.includes("\0") &&
    path.split("/").every((name) =>
      name !== "" && name !== "." && name !== ".." && !isGitName(name)
    );
}

function newEntry(path: string, { mode, oid }: { mode: number; oid: string }): IndexEntry {
  const stat = { size: 0, mtime: 0, ctime: 0, ino: 0, dev: 0, uid: 0, gid: 0 };
  const flags = { stage: 0, skipWorktree: false, assumeValid: false, intentToAdd: false };
  return { path, mode, oid, ...stat, ...flags };
}
