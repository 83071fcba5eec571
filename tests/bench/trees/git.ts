/**
 * What git does with a whole tree: the whole process, or processes, as whoever calls it has to wait for.
 *
 * @module
 */

import { git } from "../../git.ts";
import type { Contender } from "../rounds.ts";
import { commitAll, type Grounds } from "./grounds.ts";
import type { Side } from "./tasks.ts";

const [BEFORE, AFTER] = ["before", "after"];

/** Git on some grounds. */
export function realGit(grounds: Grounds): Side {
  const { theirs } = grounds;
  const editFew = () => grounds.editFew(theirs);
  const commit: Contender = {
    what: "git add -A && git commit",
    prepare: editFew,
    run: () => commitAll(theirs),
  };
  return {
    create: { what: "git worktree add", run: () => addWorktree(theirs, grounds) },
    status: { what: "git status --porcelain", run: () => git(theirs, "status", "--porcelain") },
    openAndStatus: {
      what: "git status --porcelain",
      run: () => git(theirs, "status", "--porcelain"),
    },
    diff: { what: "git diff", prepare: editFew, run: () => git(theirs, "diff") },
    diffStored: {
      what: "git diff A B",
      prepare: () => makeTwoTags(grounds),
      run: () => git(theirs, "diff", BEFORE, AFTER),
    },
    snapshot: commit,
    commit,
    restoreFew: reset(theirs, editFew),
    restoreGone: reset(theirs, () => grounds.takeAll(theirs)),
    restoreEdited: reset(theirs, () => grounds.editAll(theirs)),
    first: first(grounds),
    createFromPlain: createFromPlain(grounds),
  };
}

async function addWorktree(repository: string, grounds: Grounds): Promise<void> {
  await git(repository, "worktree", "add", "--quiet", "--detach", grounds.unused());
}

async function makeTwoTags(grounds: Grounds): Promise<void> {
  const { theirs } = grounds;
  if (await git(theirs, "tag", "--list", AFTER) !== "") return;
  await git(theirs, "tag", BEFORE);
  grounds.editFew(theirs);
  await commitAll(theirs);
  await git(theirs, "tag", AFTER);
}

function reset(repository: string, prepare: () => void): Contender {
  return {
    what: "git reset --hard",
    prepare,
    run: () => git(repository, "reset", "--quiet", "--hard"),
  };
}

function first(grounds: Grounds): Contender {
  let repository: string;
  return {
    what: "git add -A && git commit",
    prepare: async () => {
      repository = grounds.fresh();
      await git(repository, "init", "--quiet");
      grounds.moveTree(repository);
    },
    run: () => commitAll(repository),
  };
}

function createFromPlain(grounds: Grounds): Contender {
  let plain: string;
  return {
    what: "git init, add, commit, worktree add",
    prepare: () => grounds.moveTree(plain = grounds.fresh()),
    run: async () => {
      await git(plain, "init", "--quiet");
      await commitAll(plain);
      await addWorktree(plain, grounds);
    },
  };
}
