/**
 * What isomorphic-git does with a whole tree by itself, with the cache that it takes. It has no
 * worktrees and no line diffs.
 *
 * @module
 */

import fs from "node:fs";
import * as isomorphic from "isomorphic-git";
import type { Contender } from "../rounds.ts";
import type { Grounds } from "./grounds.ts";
import type { Side } from "./tasks.ts";

/** The largest tree that it gets through a round of in a second or two. */
const QUICK_FILES = 3_000;

const [FILE, HEAD, DISK, STAGE] = [0, 1, 2, 3] as const;

const author = { name: "Owner", email: "owner@example.com" };

/** isomorphic-git on a copy of its own. */
export async function isomorphicGit(grounds: Grounds): Promise<Side> {
  const dir = await grounds.copy();
  const repository = { fs, dir, cache: {} };
  // It knows times less exactly than the git that wrote this index, so that it reads every file, once.
  await isomorphic.statusMatrix(repository);
  const rounds = grounds.paths.length > QUICK_FILES ? 1 : 2;
  const editFew = () => grounds.editFew(dir);
  const checkout = (prepare: () => void): Contender => ({
    what: "checkout({ force: true })",
    rounds,
    prepare,
    run: () => isomorphic.checkout({ ...repository, force: true }),
  });
  return {
    status: {
      what: "statusMatrix()",
      rounds,
      run: () => isomorphic.statusMatrix(repository),
    },
    snapshot: {
      what: "statusMatrix(), add() and commit()",
      rounds,
      prepare: editFew,
      run: () => commitChanges(repository),
    },
    restoreFew: checkout(editFew),
    restoreGone: checkout(() => grounds.takeAll(dir)),
    restoreEdited: checkout(() => grounds.editAll(dir)),
    first: first(grounds, rounds),
  };
}

/** A repository, as isomorphic-git's calls want it. */
interface Repository {
  readonly fs: typeof fs;
  readonly dir: string;
  readonly cache: object;
}

async function commitChanges(repository: Repository): Promise<void> {
  const rows = await isomorphic.statusMatrix(repository);
  const changed = rows.filter((row) => row[HEAD] !== row[DISK] || row[DISK] !== row[STAGE]);
  await isomorphic.add({ ...repository, filepath: changed.map((row) => row[FILE]) });
  await isomorphic.commit({ ...repository, author, message: "next" });
}

function first(grounds: Grounds, rounds: number): Contender {
  let repository: Repository;
  return {
    what: "add() and commit()",
    rounds,
    prepare: async () => {
      repository = { fs, dir: grounds.fresh(), cache: {} };
      await isomorphic.init(repository);
      grounds.moveTree(repository.dir);
    },
    run: async () => {
      await isomorphic.add({ ...repository, filepath: "." });
      await isomorphic.commit({ ...repository, author, message: "first" });
    },
  };
}
