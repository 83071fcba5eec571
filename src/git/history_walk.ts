/**
 * The order in which `git log` shows commits, and which of them it shows for a path.
 *
 * @module
 */

import { readTextFile } from "../platform/fs.ts";
import { type CommitObject, readCommit } from "./commit.ts";
import type { ObjectStore } from "./store.ts";
import { TreeSearch } from "./tree_search.ts";

/** What a walk goes by. */
export interface WalkOptions {
  /** The commits of a shallow clone whose parents are not there. */
  readonly shallow: ReadonlySet<string>;
  /** The components of a path: only commits that change what is there are shown. */
  readonly path?: readonly string[] | undefined;
}

/** A step of a walk. */
export interface WalkedCommit {
  readonly commit: CommitObject;
  /** Whether git shows it; for a path it may have to look at thousands that it does not show. */
  readonly isShown: boolean;
}

/**
 * The commits that those in `from` lead to, themselves among them: always the newest of those whose
 * child has been, and of several as new the one that was met first.
 *
 * For a path, history is simplified as git does it by default: where one parent of a merge has the
 * same there, that parent alone is followed, since it explains what is there.
 *
 * @throws {StoreError} where a commit is missing or damaged.
 */
export function* walkCommits(
  store: ObjectStore,
  from: readonly string[],
  { shallow, path }: WalkOptions,
): Generator<WalkedCommit> {
  const search = path === undefined ? null : new TreeSearch(store, path);
  const met = new Set(from);
  const waiting: CommitObject[] = [];
  for (const oid of met) insert(waiting, readCommit(store, oid));
  for (let commit = waiting.pop(); commit !== undefined; commit = waiting.pop()) {
    const parents = shallow.has(commit.oid) ? [] : commit.parents;
    const origin = search && unchangedSince(store, commit, parents, search);
    yield { commit, isShown: origin === null };
    for (const oid of origin ?? parents) {
      if (met.has(oid)) continue;
      met.add(oid);
      insert(waiting, readCommit(store, oid));
    }
  }
}

/** The ids of {@linkcode walkCommits}. */
export function* walkHistory(
  store: ObjectStore,
  from: readonly string[],
  shallow: ReadonlySet<string>,
): Generator<string> {
  for (const { commit } of walkCommits(store, from, { shallow })) yield commit.oid;
}

/** The commits whose parents a shallow clone does not have. */
export function readShallow(commonDirectory: string): ReadonlySet<string> {
  const text = readTextFile(`${commonDirectory}/shallow`) ?? "";
  return new Set(text.split("\n").filter((line) => line !== ""));
}

/** Keeps the newest at the end, and of several as new the first that came. */
function insert(waiting: CommitObject[], commit: CommitObject): void {
  const date = commit.committer.timestamp;
  let [low, high] = [0, waiting.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (waiting[middle]!.committer.timestamp < date) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, commit);
}

/**
 * The first parent that has the same at the path, alone; no parent, where there are none and nothing
 * is there; `null` where the commit changed it.
 */
function unchangedSince(
  store: ObjectStore,
  commit: CommitObject,
  parents: readonly string[],
  search: TreeSearch,
): string[] | null {
  const now = search.find(commit.tree);
  if (parents.length === 0) return now === null ? [] : null;
  const same = parents.find((oid) => search.find(readCommit(store, oid).tree) === now);
  return same === undefined ? null : [same];
}
