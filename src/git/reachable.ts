/**
 * What objects lead to: commits to their parents and trees, trees to what is in them.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { type CommitObject, readCommit } from "./commit.ts";
import { EMPTY_TREE } from "./object.ts";
import type { Steps } from "./steps.ts";
import type { ObjectStore } from "./store.ts";
import { MODE } from "./tree.ts";

const TAGGED = /^object ([0-9a-f]{40})\n/;

/** Collects objects and all that they lead to. */
export class Reachable {
  /** For an object that was met at the same path as another one: that, which is of a later commit. */
  readonly later = new Map<string, string>();
  readonly #store: ObjectStore;
  readonly #isWanted: (oid: string) => boolean;
  readonly #commits = new Set<string>();
  readonly #trees = new Set<string>();
  readonly #files = new Set<string>();
  /** What was met last at each path. */
  readonly #last = new Map<string, string>();

  /** What `isWanted` does not take is passed over, with all that only it leads to. */
  constructor(store: ObjectStore, isWanted: (oid: string) => boolean = () => true) {
    this.#store = store;
    this.#isWanted = isWanted;
  }

  /** Whether the object was met. */
  has(oid: string): boolean {
    return this.#commits.has(oid) || this.#trees.has(oid) || this.#files.has(oid);
  }

  /** All that was met, the latest first: commits, then trees, then files. */
  *oids(): Iterable<string> {
    yield* this.#commits;
    yield* this.#trees;
    yield* this.#files;
  }

  /**
   * Adds objects and all that they lead to. What is missing is passed over, as the history of a shallow
   * clone is.
   *
   * @throws {StoreError} where one of them is damaged.
   */
  *add(oids: Iterable<string>): Steps<void> {
    const commits: CommitObject[] = [];
    const trees: string[] = [];
    const left = [...oids];
    const added = new Set<string>();
    for (let oid = left.pop(); oid !== undefined; oid = left.pop()) {
      if (added.has(oid) || this.has(oid) || !this.#isWanted(oid)) continue;
      added.add(oid);
      const type = this.#store.header(oid)?.type;
      if (type === "commit") {
        const commit = readCommit(this.#store, oid);
        commits.push(commit);
        left.push(...commit.parents);
      } else if (type === "tag") {
        this.#commits.add(oid);
        left.push(this.#taggedBy(oid));
      } else if (type === "tree") trees.push(oid);
      else if (type === "blob") this.#files.add(oid);
      yield;
    }
    commits.sort((a, b) => b.committer.timestamp - a.committer.timestamp);
    for (const { oid } of commits) this.#meet(this.#commits, oid, "");
    for (const { tree } of commits) yield* this.#addTree(tree, "/");
    for (const tree of trees) yield* this.#addTree(tree, "/");
  }

  #taggedBy(tag: string): string {
    const text = new TextDecoder("latin1").decode(this.#store.read(tag).data);
    const oid = TAGGED.exec(text)?.[1];
    if (oid !== undefined) return oid;
    throw new StoreError(`Cannot read the tag ${tag}: it is damaged, it names no object`);
  }

  *#addTree(tree: string, path: string): Steps<void> {
    if (this.#trees.has(tree) || !this.#isWanted(tree) || tree === EMPTY_TREE) return;
    if (!this.#store.has(tree)) return;
    this.#meet(this.#trees, tree, path);
    yield;
    for (const { name, mode, oid } of this.#store.readTree(tree)) {
      if (mode === MODE.directory) yield* this.#addTree(oid, `${path}${name}/`);
      else if (mode !== MODE.submodule && !this.#files.has(oid) && this.#isWanted(oid)) {
        this.#meet(this.#files, oid, path + name);
      }
    }
  }

  #meet(kind: Set<string>, oid: string, path: string): void {
    kind.add(oid);
    const later = this.#last.get(path);
    if (later !== undefined) this.later.set(oid, later);
    this.#last.set(path, oid);
  }
}
