/**
 * What people call a commit: a branch, a tag, a ref, an object id or the beginning of one.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { peelToCommit } from "./isomorphic.ts";
import { isRefName, type RefReader } from "./ref_reader.ts";
import type { ObjectStore } from "./store.ts";

/** Where names are looked up. */
export interface RevisionSource {
  readonly objects: ObjectStore;
  readonly refs: RefReader;
}

const PLACES = ["", "refs/heads/", "refs/tags/", "refs/remotes/"];

/**
 * The id of the commit that `name` means, or `null` where it means none. Branches come before tags.
 *
 * @throws {StoreError} where the beginning of an id fits several commits.
 */
export async function resolveCommit(source: RevisionSource, name: string): Promise<string | null> {
  for (const place of PLACES) {
    const ref = place + name;
    if (!ref.startsWith("refs/") || !isRefName(ref)) continue;
    const oid = source.refs.read(ref);
    if (oid !== null) return await peelToCommit(source.objects, oid);
  }
  if (!/^[0-9a-f]{4,40}$/i.test(name)) return null;
  const commits = source.objects.resolvePrefix(name.toLowerCase()).filter((oid) =>
    ["commit", "tag"].includes(source.objects.header(oid)?.type ?? "")
  );
  if (commits.length > 1) {
    throw new StoreError(
      `Cannot tell which commit ${name} is: it begins the ids of ${commits.length}; give more digits`,
    );
  }
  return commits[0] === undefined ? null : await peelToCommit(source.objects, commits[0]);
}
