/**
 * Commits that are written and tags that are read, by isomorphic-git over our object store.
 *
 * isomorphic-git is loaded when it is first needed, since that takes 65 ms. Commits are read without
 * it, by `commit.ts`: a history has thousands, and it takes 0.2 ms for each.
 *
 * @module
 */

import type { PromiseFsClient } from "isomorphic-git";
import { StoreError } from "../errors.ts";
import type { NewCommit } from "./commit.ts";
import { cleanMessage } from "./commit_text.ts";
import { type GitObject, hashObject } from "./object.ts";
import { GIT_DIRECTORY, objectFiles } from "./object_files.ts";
import { cleanSignature, type Signature } from "./signature.ts";
import type { ObjectStore, ObjectWriter } from "./store.ts";

export { makeBareRepository } from "./bare_repository.ts";
export type { Signature };

let loading: Promise<typeof import("isomorphic-git")> | undefined;

function isomorphicGit(): Promise<typeof import("isomorphic-git")> {
  return loading ??= import("isomorphic-git");
}

/**
 * Writes a commit and returns its id. The message is cleaned as `git commit` does it, and the names of
 * author and committer are.
 *
 * @throws {StoreError} where it cannot be written.
 */
export async function writeCommit(writer: ObjectWriter, commit: NewCommit): Promise<string> {
  const { tree, parents, message, author, committer } = commit;
  const git = await isomorphicGit();
  const written = new Map<string, GitObject>();
  const oid = await git.writeCommit({
    fs: objectFiles(written),
    gitdir: GIT_DIRECTORY,
    commit: {
      tree,
      parent: [...parents],
      message: cleanMessage(message),
      author: cleanSignature(author),
      committer: cleanSignature(committer),
    },
  });
  for (const { type, data } of written.values()) writer.write(type, data);
  return oid;
}

/**
 * The commit that an object is or, being a tag, leads to; `null` where that is no commit.
 *
 * @throws {StoreError} where an object on the way is missing or damaged.
 */
export async function peelToCommit(store: ObjectStore, oid: string): Promise<string | null> {
  const object = store.read(oid);
  if (object.type !== "tag") return object.type === "commit" ? oid : null;
  const git = await isomorphicGit();
  const { tag } = await git.readTag(only(object)).catch((cause) => {
    throw new StoreError(`Cannot read the tag ${oid}: ${cause.message}`, { cause });
  });
  return await peelToCommit(store, tag.object);
}

/** What isomorphic-git needs to read this one object. */
function only(object: GitObject): { fs: PromiseFsClient; gitdir: string; oid: string } {
  const oid = hashObject(object.type, object.data);
  return { fs: objectFiles(new Map([[oid, object]])), gitdir: GIT_DIRECTORY, oid };
}
