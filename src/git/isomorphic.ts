/**
 * Commits and tags, by isomorphic-git over our object store.
 *
 * isomorphic-git is loaded with the first commit that is read or written, since that takes 65 ms.
 *
 * @module
 */

import type { PromiseFsClient } from "isomorphic-git";
import { StoreError } from "../errors.ts";
import { Slices } from "../platform/slices.ts";
import { cleanMessage, legibleCommit } from "./commit_text.ts";
import { readShallow, walkHistory } from "./history_walk.ts";
import { type GitObject, hashObject } from "./object.ts";
import { GIT_DIRECTORY, objectFiles } from "./object_files.ts";
import { cleanSignature, type Signature } from "./signature.ts";
import type { ObjectStore, ObjectWriter } from "./store.ts";

export { makeBareRepository } from "./bare_repository.ts";
export type { Signature };

/** A commit without its id. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
}

/** A commit. */
export interface CommitObject extends NewCommit {
  readonly oid: string;
  readonly parents: string[];
}

let loading: Promise<typeof import("isomorphic-git")> | undefined;

function isomorphicGit(): Promise<typeof import("isomorphic-git")> {
  return loading ??= import("isomorphic-git");
}

/**
 * Reads a commit; its text is decoded as its `encoding` says.
 *
 * @throws {StoreError} where it is missing, damaged, or no commit.
 */
export async function readCommit(store: ObjectStore, oid: string): Promise<CommitObject> {
  const { type, data } = store.read(oid);
  if (type !== "commit") throw new StoreError(`Cannot read the commit ${oid}: it is a ${type}`);
  const git = await isomorphicGit();
  const { commit } = await git.readCommit(only({ type, data: legibleCommit(data) }))
    .catch((cause) => {
      throw new StoreError(`Cannot read the commit ${oid}: ${cause.message}`, { cause });
    });
  const { tree, parent, message, author, committer } = commit;
  return { oid, tree, parents: parent, message, author, committer };
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

/**
 * The commits that `from` leads to, as `git log` orders them; `limit` says how many at most.
 *
 * @throws {StoreError} where a commit is missing that a shallow clone does not do without.
 */
export async function log(
  store: ObjectStore,
  from: string,
  options: { commonDirectory: string; limit?: number },
): Promise<CommitObject[]> {
  const { commonDirectory, limit = Infinity } = options;
  const commits: CommitObject[] = [];
  const slices = new Slices();
  for (const oid of walkHistory(store, from, readShallow(commonDirectory))) {
    commits.push(await readCommit(store, oid));
    if (commits.length >= limit) break;
    if (slices.due) await slices.rest();
  }
  return commits;
}
