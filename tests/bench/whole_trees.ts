/**
 * What AgentFS does with whole trees, beside what git does.
 *
 * @module
 */

import { AgentFS, type Workspace } from "@agentfs/sdk";
import { git } from "../git.ts";
import { edit, spread } from "./corpora.ts";
import { commitAll, type Grounds } from "./grounds.ts";
import type { Comparison, Contender } from "./rounds.ts";

const FEW = 10;

/** The comparisons, in an order in which none spoils the next. */
export function wholeTrees(grounds: Grounds): Comparison[] {
  const few = spread(grounds.paths, FEW);
  const editFew = (root: string) => edit(root, few, "a few");
  const editAll = (root: string) => edit(root, grounds.paths, "all");
  const moveAway = (root: string) => Deno.renameSync(`${root}/src`, grounds.unused());
  return [
    {
      name: "create a workspace",
      slow: true,
      ours: oursCreates(grounds),
      theirs: gitWorktree(grounds),
    },
    { name: "status, clean", ours: oursStatus(grounds), theirs: gitStatus(grounds) },
    {
      name: "open, status, close",
      ours: { what: "new AgentFS() …", run: () => openAndStatus(grounds) },
      theirs: gitStatus(grounds),
    },
    diff(grounds, editFew),
    diffStored(grounds, editFew),
    snapshot(grounds, editFew),
    commit(grounds, editFew),
    restore(grounds, `restore of ${FEW} files`, editFew),
    { ...restore(grounds, "restore of all files, gone", moveAway), slow: true },
    { ...restore(grounds, "restore of all files, edited", editAll), slow: true },
    firstSnapshot(grounds),
    createFromPlain(grounds),
  ];
}

function oursCreates({ afs }: Grounds): Contender {
  let count = 0;
  return {
    what: "workspace.create()",
    run: () => afs.workspace.create(`new-${++count}`),
  };
}

function gitWorktree(grounds: Grounds): Contender {
  return {
    what: "git worktree add",
    run: () => addWorktree(grounds.theirs, grounds),
  };
}

function oursStatus({ workspace }: Grounds): Contender {
  return { what: "status()", run: () => workspace.status() };
}

function gitStatus({ theirs }: Grounds): Contender {
  return { what: "git status --porcelain", run: () => git(theirs, "status", "--porcelain") };
}

async function addWorktree(repository: string, grounds: Grounds): Promise<void> {
  await git(repository, "worktree", "add", "--quiet", "--detach", grounds.unused());
}

async function openAndStatus({ ours, workspace }: Grounds): Promise<void> {
  await using afs = new AgentFS(ours);
  await (await afs.workspace.get(workspace.name)).status();
}

/** Changes the files below a root, so that there is something to do. */
type Change = (root: string) => void;

function diff({ workspace, theirs }: Grounds, change: Change): Comparison {
  return {
    name: `diff of ${FEW} changed files`,
    ours: {
      what: "diff()",
      prepare: () => change(workspace.path),
      run: async () => (await workspace.diff()).text,
    },
    theirs: {
      what: "git diff",
      prepare: () => change(theirs),
      run: () => git(theirs, "diff"),
    },
  };
}

const [BEFORE, AFTER] = ["before", "after"];

/** Both states are in the store, so that nothing is looked for on disk. */
function diffStored({ workspace, theirs }: Grounds, change: Change): Comparison {
  return {
    name: `diff of two snapshots, ${FEW} files`,
    ours: {
      what: "snapshot.diff()",
      prepare: async () => {
        if (await workspace.snapshot.has(AFTER)) return;
        await workspace.snapshot.create(BEFORE);
        change(workspace.path);
        await workspace.snapshot.create(AFTER);
      },
      run: async () => (await workspace.snapshot.diff(BEFORE, AFTER)).text,
    },
    theirs: {
      what: "git diff A B",
      prepare: async () => {
        if (await git(theirs, "tag", "--list", AFTER) !== "") return;
        await git(theirs, "tag", BEFORE);
        change(theirs);
        await commitAll(theirs);
        await git(theirs, "tag", AFTER);
      },
      run: () => git(theirs, "diff", BEFORE, AFTER),
    },
  };
}

function snapshot({ workspace, theirs }: Grounds, change: Change): Comparison {
  return {
    name: `snapshot after ${FEW} changed files`,
    ours: {
      what: "snapshot.create()",
      prepare: () => change(workspace.path),
      run: () => workspace.snapshot.create(),
    },
    theirs: gitCommit(theirs, () => change(theirs)),
  };
}

function commit({ workspace, theirs }: Grounds, change: Change): Comparison {
  return {
    name: `commit of ${FEW} changed files`,
    ours: {
      what: "commit()",
      prepare: () => change(workspace.path),
      run: () => workspace.commit("next"),
    },
    theirs: gitCommit(theirs, () => change(theirs)),
  };
}

function gitCommit(directory: string, prepare: () => unknown): Contender {
  return { what: "git add -A && git commit", prepare, run: () => commitAll(directory) };
}

const GOOD = "good";

function restore({ workspace, theirs }: Grounds, name: string, spoil: Change): Comparison {
  return {
    name,
    ours: {
      what: "snapshot.restore()",
      prepare: async () => {
        if (!await workspace.snapshot.has(GOOD)) await workspace.snapshot.create(GOOD);
        spoil(workspace.path);
      },
      run: () => workspace.snapshot.restore(GOOD),
    },
    theirs: {
      what: "git reset --hard",
      prepare: () => spoil(theirs),
      run: () => git(theirs, "reset", "--quiet", "--hard"),
    },
  };
}

function firstSnapshot(grounds: Grounds): Comparison {
  let afs: AgentFS;
  let workspace: Workspace;
  let repository: string;
  return {
    name: "first snapshot of all files",
    slow: true,
    ours: {
      what: "snapshot.create()",
      prepare: async () => {
        afs = new AgentFS(grounds.fresh());
        workspace = await afs.workspace.create("first");
        grounds.moveTree(workspace.path);
      },
      run: () => workspace.snapshot.create(),
      tidy: () => afs.close(),
    },
    theirs: {
      what: "git add -A && git commit",
      prepare: async () => {
        repository = grounds.fresh();
        await git(repository, "init", "--quiet");
        grounds.moveTree(repository);
      },
      run: () => commitAll(repository),
    },
  };
}

function createFromPlain(grounds: Grounds): Comparison {
  let plain: string;
  const prepare = () => grounds.moveTree(plain = grounds.fresh());
  return {
    name: "create a workspace of a plain directory",
    slow: true,
    ours: {
      what: "new AgentFS() and workspace.create()",
      prepare,
      run: async () => {
        await using afs = new AgentFS(plain);
        await afs.workspace.create("first");
      },
    },
    theirs: {
      what: "git init, add, commit, worktree add",
      prepare,
      run: async () => {
        await git(plain, "init", "--quiet");
        await commitAll(plain);
        await addWorktree(plain, grounds);
      },
    },
  };
}
