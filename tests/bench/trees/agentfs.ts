/**
 * What AgentFS does with a whole tree.
 *
 * @module
 */

import { AgentFS, type Workspace } from "@agentfs/sdk";
import type { Contender } from "../rounds.ts";
import type { Grounds } from "./grounds.ts";
import type { Side } from "./tasks.ts";

const [BEFORE, AFTER, GOOD] = ["before", "after", "good"];

/** AgentFS on some grounds. */
export function agentfs(grounds: Grounds): Side {
  const { afs, workspace } = grounds;
  const editFew = () => grounds.editFew(workspace.path);
  let count = 0;
  return {
    create: {
      what: "workspace.create()",
      run: () => afs.workspace.create(`new-${++count}`),
    },
    status: { what: "status()", run: () => workspace.status() },
    openAndStatus: { what: "new AgentFS() …", run: () => openAndStatus(grounds) },
    diff: {
      what: "diff()",
      prepare: editFew,
      run: async () => (await workspace.diff()).text,
    },
    diffStored: {
      what: "snapshot.diff()",
      prepare: () => makeTwoSnapshots(grounds),
      run: async () => (await workspace.snapshot.diff(BEFORE, AFTER)).text,
    },
    snapshot: {
      what: "snapshot.create()",
      prepare: editFew,
      run: () => workspace.snapshot.create(),
    },
    commit: { what: "commit()", prepare: editFew, run: () => workspace.commit("next") },
    restoreFew: restore(workspace, editFew),
    restoreGone: restore(workspace, () => grounds.takeAll(workspace.path)),
    restoreEdited: restore(workspace, () => grounds.editAll(workspace.path)),
    first: first(grounds),
    createFromPlain: createFromPlain(grounds),
  };
}

async function openAndStatus({ ours, workspace }: Grounds): Promise<void> {
  await using afs = new AgentFS(ours);
  await (await afs.workspace.get(workspace.name)).status();
}

async function makeTwoSnapshots(grounds: Grounds): Promise<void> {
  const { workspace } = grounds;
  if (await workspace.snapshot.has(AFTER)) return;
  await workspace.snapshot.create(BEFORE);
  grounds.editFew(workspace.path);
  await workspace.snapshot.create(AFTER);
}

function restore(workspace: Workspace, spoil: () => void): Contender {
  return {
    what: "snapshot.restore()",
    prepare: async () => {
      if (!await workspace.snapshot.has(GOOD)) await workspace.snapshot.create(GOOD);
      spoil();
    },
    run: () => workspace.snapshot.restore(GOOD),
  };
}

function first(grounds: Grounds): Contender {
  let afs: AgentFS;
  let workspace: Workspace;
  return {
    what: "snapshot.create()",
    prepare: async () => {
      afs = new AgentFS(grounds.fresh());
      workspace = await afs.workspace.create("first");
      grounds.moveTree(workspace.path);
    },
    run: () => workspace.snapshot.create(),
    tidy: () => afs.close(),
  };
}

function createFromPlain(grounds: Grounds): Contender {
  let plain: string;
  return {
    what: "new AgentFS() and workspace.create()",
    prepare: () => grounds.moveTree(plain = grounds.fresh()),
    run: async () => {
      await using afs = new AgentFS(plain);
      await afs.workspace.create("first");
    },
  };
}
