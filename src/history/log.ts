/**
 * The commits of a workspace.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import { type CommitObject, log } from "../git/isomorphic.ts";
import type { Worktree } from "../worktree/worktree.ts";
import type { Commit } from "./types.ts";

/** The commits that HEAD leads to, newest first, as `git log` orders them. */
export async function commitLog(
  worktree: Worktree,
  options: { limit?: number } = {},
): Promise<Commit[]> {
  checkOptions("list commits", options, { limit: "number" });
  const { limit } = options;
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new RangeError(`Cannot list commits: limit is a whole number above 0, not ${limit}`);
  }
  using _ = worktree.use();
  const { objects, layout: { commonDirectory } } = worktree.base;
  const commits = await log(objects, worktree.head().oid, {
    commonDirectory,
    ...(limit === undefined ? {} : { limit }),
  });
  return commits.map(toCommit);
}

/** A commit as people see it. */
export function toCommit({ oid, tree, parents, message, author }: CommitObject): Commit {
  const { name, email, timestamp } = author;
  return { oid, tree, parents, message, author: { name, email, date: new Date(timestamp * 1000) } };
}
