/**
 * Repositories that cannot be the store: each is refused by an error that says what to do instead, and
 * nothing is left behind.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS, type StoreError } from "../../mod.ts";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { assertSound, assertStatus } from "./oracle.ts";
import { assertUntouched, ownersView } from "./owners_view.ts";
import { type Base, makeProject, writeProject } from "./project.ts";

interface Refusal {
  readonly make: (path: string) => Promise<void>;
  readonly message: RegExp;
  /** Whether it can be used with a store of our own. */
  readonly own: boolean;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "SHA-256": {
    make: async (path) => {
      await writeProject(path);
      await git(path, "init", "--quiet", "--object-format=sha256");
      await git(path, "add", "--all");
      await git(path, "commit", "--quiet", "--message", "first");
    },
    message: /named by sha256.*store: "own"/,
    own: true,
  },
  "an unknown extension": {
    make: async (path) => {
      await makeProject(path);
      await git(path, "config", "core.repositoryFormatVersion", "1");
      await Deno.writeTextFile(`${path}/.git/config`, "[extensions]\n\tfuture = true\n", {
        append: true,
      });
    },
    message: /extension future.*store: "own"/,
    own: true,
  },
  "reftable": {
    make: async (path) => {
      await makeProject(path);
      await git(path, "config", "core.repositoryFormatVersion", "1");
      await Deno.writeTextFile(`${path}/.git/config`, "[extensions]\n\trefStorage = reftable\n", {
        append: true,
      });
    },
    message: /refs are kept as reftable.*store: "own"/,
    own: true,
  },
  "no files, as it is bare": {
    make: async (path) => {
      await Deno.mkdir(path);
      await git(path, "init", "--quiet", "--bare");
    },
    message: /bare.*git worktree add/,
    own: false,
  },
};

for (const [what, { make, message, own }] of Object.entries(REFUSALS)) {
  Deno.test(`create() names the remedy for a repository with ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/base`;
    await make(path);
    const base = { path, store: `${path}/.git` };
    const before = ownersView(base);
    {
      await using afs = new AgentFS(path);
      await assert.rejects(afs.workspace.create("one"), { name: "StoreError", message });
    }
    assert.deepEqual([...ownersView(base)], [...before]);
    if (own) await assertUsable({ ...base, store: `${path}/.agentfs/store.git` });
  });
}

/** What the remedy says is true. */
async function assertUsable(base: Base): Promise<void> {
  const before = ownersView(base);
  await using afs = new AgentFS(base.path, { store: "own" });
  const workspace = await afs.workspace.create("one");
  assert.equal(await workspace.readFile("/README.md"), "# Project\n");
  await workspace.writeFile("/new.txt", "new\n");
  await assertStatus(workspace.path, await workspace.status());
  await workspace.commit("Work");
  await assertSound(workspace.path);
  assertUntouched(base, before);
}

Deno.test("create() says to rename a branch called agentfs", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await git(path, "branch", "agentfs");
  await using afs = new AgentFS(path);
  const fails = (): Promise<void> =>
    assert.rejects(afs.workspace.create("one"), (error: StoreError) => {
      assert.equal(error.code, "StoreError");
      assert.match(error.message, /git branch -m agentfs <new name>/);
      return true;
    });
  await fails();
  await git(path, "pack-refs", "--all");
  await fails();
  await git(path, "branch", "-m", "agentfs", "renamed");
  await afs.workspace.create("one");
});

Deno.test("create() says which dataDir to choose where one is somebody's directory", async () => {
  await using directory = await temporaryDirectory();
  const { path, store } = await makeProject(`${directory.path}/base`);
  const before = ownersView({ path, store });
  await using afs = new AgentFS(path, { dataDir: path });
  await assert.rejects(afs.workspace.create("one"), {
    name: "StoreError",
    message: /is not ours; set dataDir to a directory that is new or empty/,
  });
  assert.deepEqual([...ownersView({ path, store })], [...before]);
});
