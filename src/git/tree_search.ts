/**
 * Looks one path up in trees without parsing all that is in them: a history has thousands of trees,
 * and of each it takes one name.
 *
 * @module
 */

import { encodeName } from "./name_bytes.ts";
import { EMPTY_TREE, OID_BYTES } from "./object.ts";
import type { ObjectStore } from "./store.ts";
import { MODE, parseTree, type TreeEntry } from "./tree.ts";

/** Finds what trees have at one path. */
export class TreeSearch {
  readonly #store: ObjectStore;
  readonly #names: readonly Uint8Array[];
  /** What was found already, by the tree's id. */
  readonly #known = new Map<string, string | null>();

  /** `path` are the components of one. */
  constructor(store: ObjectStore, path: readonly string[]) {
    this.#store = store;
    this.#names = path.map(encodeName);
  }

  /**
   * Mode and id of what a tree has at the path; `null` where it has nothing there.
   *
   * @throws {StoreError} where a tree is missing or damaged.
   */
  find(tree: string): string | null {
    let found = this.#known.get(tree);
    if (found === undefined) this.#known.set(tree, found = this.#find(tree));
    return found;
  }

  #find(tree: string): string | null {
    let place = { mode: MODE.directory as number, oid: tree };
    for (const name of this.#names) {
      if (place.mode !== MODE.directory) return null;
      const { type, data } = this.#store.read(place.oid);
      const entry = type === "tree" ? entryNamed(data, name) : null;
      if (entry === null) return null;
      place = entry;
    }
    // To git a tree without files is as nothing.
    return place.oid === EMPTY_TREE ? null : `${place.mode} ${place.oid}`;
  }
}

const SPACE = 0x20;

/** The entry of a tree object that has this name. */
function entryNamed(tree: Uint8Array, name: Uint8Array): TreeEntry | null {
  let start = 0;
  while (start < tree.length) {
    const nameAt = tree.indexOf(SPACE, start) + 1;
    const nameEnd = tree.indexOf(0, nameAt);
    const end = nameEnd + 1 + OID_BYTES;
    // What is damaged is left to the parser, which says so.
    if (nameAt === 0 || nameEnd < 0) return parseTree(tree)[0] ?? null;
    if (nameEnd - nameAt === name.length && isAt(tree, nameAt, name)) {
      return parseTree(tree.subarray(start, end))[0] ?? null;
    }
    start = end;
  }
  return null;
}

function isAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let index = 0; index < part.length; index++) {
    if (bytes[at + index] !== part[index]) return false;
  }
  return true;
}
