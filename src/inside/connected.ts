/**
 * Whether everything that received commits name is there: received with them, or held by the host. Else
 * the owner's `git gc` and `git fsck` would stumble over what is missing.
 *
 * @module
 */

import { treeOf } from "../git/commit.ts";
import { walkHistory } from "../git/history_walk.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE, parseTree, type TreeEntry } from "../git/tree.ts";
import { Slices } from "../platform/slices.ts";
import type { Received } from "./received.ts";
import { Refused } from "./refused.ts";

/** What the host has. */
export interface Held {
  readonly store: ObjectStore;
  /** What its refs hold, those first that are likely to be built on; commits and tags. */
  readonly tips: readonly string[];
  /** The commits whose parents a shallow clone does not have. */
  readonly shallow: ReadonlySet<string>;
}

/** Trees can be nested such that a few of them stand for any number of paths. */
const MAX_PATHS = 1_000_000;
const MAX_DEPTH = 1000;

/** A directory that is to be looked through, and what is at its path in the commits before. */
interface Directory {
  readonly oid: string;
  readonly before: readonly string[];
  readonly depth: number;
}

/**
 * Looks at the commits from `tips` on.
 *
 * @throws {Refused} where an object is missing or of another type than it must be.
 */
export async function requireConnected(
  received: Received,
  tips: readonly string[],
  held: Held,
): Promise<void> {
  const met = new Set(tips);
  const outside = new Set<string>();
  // A set hands out what is added to it while it is walked.
  for (const oid of met) {
    const commit = received.commits.get(oid);
    if (commit === undefined) outside.add(oid);
    else for (const parent of commit.parents) met.add(parent);
  }
  await requireHeld(outside, held);
  const trees = new Trees(received, held.store);
  for (const oid of met) {
    const commit = received.commits.get(oid);
    if (commit === undefined) continue;
    const before = commit.parents.map((parent) =>
      received.commits.get(parent)?.tree ?? treeOf(held.store, parent)
    );
    await trees.require(commit.tree, before);
  }
}

/** The commits must be in the history of what the host's refs hold. */
async function requireHeld(commits: Set<string>, { store, tips, shallow }: Held): Promise<void> {
  for (const oid of commits) {
    if (store.header(oid)?.type !== "commit") throw new Refused(`the commit ${oid} is missing`);
  }
  for (const tip of tips) commits.delete(tip);
  if (commits.size === 0) return;
  const slices = new Slices();
  // A ref may have gone since it was looked at, and what it held with it.
  const starts = tips.filter((tip) => store.has(tip)).flatMap((tip) => commitOf(store, tip));
  for (const oid of walkHistory(store, starts, shallow)) {
    commits.delete(oid);
    if (commits.size === 0) return;
    if (slices.due) await slices.rest();
  }
  throw new Refused(`the commit ${[...commits][0]} is missing`);
}

/** The commit that an object is or, being a tag, leads to. */
function commitOf(store: ObjectStore, oid: string): string[] {
  const { type, data } = store.read(oid);
  if (type === "commit") return [oid];
  const target = /^object ([0-9a-f]{40})\n/.exec(new TextDecoder().decode(data))?.[1];
  return type === "tag" && target !== undefined ? commitOf(store, target) : [];
}

/** Looks through trees; what is at the same path as in a commit before, was looked at with that. */
class Trees {
  readonly #received: Received;
  readonly #store: ObjectStore;
  readonly #slices = new Slices();
  #paths = 0;

  constructor(received: Received, store: ObjectStore) {
    this.#received = received;
    this.#store = store;
  }

  async require(tree: string, before: readonly string[]): Promise<void> {
    const left: Directory[] = before.includes(tree) ? [] : [{ oid: tree, before, depth: 0 }];
    for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
      left.push(...this.#look(directory));
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  /** Looks at the files of a directory, and gives the directories in it that have changed. */
  #look({ oid, before, depth }: Directory): Directory[] {
    if (depth > MAX_DEPTH) throw new Refused(`its directories are more than ${MAX_DEPTH} deep`);
    const found: Directory[] = [];
    const others = before.map((tree) =>
      new Map(this.#entries(tree).map((entry) => [entry.name, entry]))
    );
    for (const { name, mode, oid: child } of this.#entries(oid)) {
      const same = others.flatMap((entries) => entries.get(name) ?? []);
      if (mode === MODE.submodule) continue;
      const isDirectory = mode === MODE.directory;
      const isAlike = (entry: TreeEntry): boolean =>
        (entry.mode === MODE.directory) === isDirectory;
      const alike = same.filter((entry) => entry.mode !== MODE.submodule && isAlike(entry));
      if (alike.some((entry) => entry.oid === child)) continue;
      if (++this.#paths > MAX_PATHS) throw new Refused(`over ${MAX_PATHS} paths have changed`);
      if (isDirectory) {
        found.push({ oid: child, before: alike.map((entry) => entry.oid), depth: depth + 1 });
      } else this.#requireBlob(child);
    }
    return found;
  }

  #entries(oid: string): readonly TreeEntry[] {
    const data = this.#received.trees.get(oid);
    if (data !== undefined) return parseTree(data);
    const entries = this.#store.readTree(oid);
    this.#store.freshen(oid);
    return entries;
  }

  #requireBlob(oid: string): void {
    if (this.#received.blobs.has(oid)) return;
    const type = this.#store.header(oid)?.type ?? "missing";
    if (type !== "blob") throw new Refused(`the file ${oid} is ${type}`);
    // No ref may hold it until ours does.
    this.#store.freshen(oid);
  }
}
