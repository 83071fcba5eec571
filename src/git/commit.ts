/**
 * The one fact of a commit that is needed often and at once: its tree. All else of commits is done by
 * isomorphic-git, which takes 65 ms to load.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import type { ObjectStore } from "./store.ts";

/**
 * The id of a commit's tree.
 *
 * @throws {StoreError} where the commit is missing, damaged or none.
 */
export function treeOf(store: ObjectStore, commit: string): string {
  const { type, data } = store.read(commit);
  const line = new TextDecoder().decode(data.subarray(0, 46));
  const tree = /^tree ([0-9a-f]{40})\n/.exec(line + "\n")?.[1];
  if (type === "commit" && tree !== undefined) return tree;
  throw new StoreError(`Cannot read the commit ${commit}: it is a ${type}, or damaged`);
}
