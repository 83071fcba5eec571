/**
 * The owner cleans the base, and `.agentfs` with it: what is gone from disk is said, nothing that was
 * kept is lost, and everything can be brought back.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS, type StoreError, type Workspace } from "../../mod.ts";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { makePlain } from "./bases.ts";
import { assertSound, assertStatus, filesOnDisk } from "./oracle.ts";
import { makeProject } from "./project.ts";

/** Everything that needs the files. */
const FILE_CALLS: Readonly<Record<string, (workspace: Workspace) => Promise<unknown>>> = {
  commit: (workspace) => workspace.commit("Nothing to see"),
  copy: (workspace) => workspace.copy("/README.md", "/copy"),
  delete: (workspace) => workspace.delete("/README.md"),
  diff: (workspace) => workspace.diff(),
  existsFile: (workspace) => workspace.exists("/README.md"),
  listDir: (workspace) => workspace.listDir(),
  mkdir: (workspace) => workspace.mkdir("/directory"),
  openStream: (workspace) => workspace.openStream("/stream", "w"),
  readFile: (workspace) => workspace.readFile("/README.md"),
  run: (workspace) => workspace.run("true"),
  snapshot: (workspace) => workspace.snapshot.create("too-late"),
  spawn: (workspace) => workspace.spawn("true"),
  stat: (workspace) => workspace.stat("/README.md"),
  status: (workspace) => workspace.status(),
  writeFile: (workspace) => workspace.writeFile("/README.md", "lost"),
};

for (const reopened of [false, true]) {
  const when = reopened ? "before it is opened again" : "while it is open";
  Deno.test(`a workspace says that git clean -ffdx took its files, ${when}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = await makeProject(`${directory.path}/base`);
    await using stack = new AsyncDisposableStack();
    let afs = stack.use(new AgentFS(path));
    let workspace = await afs.workspace.create("gone");
    await workspace.writeFile("/new.txt", "kept in a snapshot\n");
    const files = filesOnDisk(workspace.path);
    await workspace.snapshot.create("kept");
    if (reopened) await afs.close();

    await git(path, "clean", "-ffdxq");
    if (reopened) afs = stack.use(new AgentFS(path));
    workspace = await afs.workspace.get("gone");

    assert.equal(await workspace.exists(), false);
    for (const [name, call] of Object.entries(FILE_CALLS)) {
      await assert.rejects(call(workspace), (error: StoreError) => {
        assert.equal(error.code, "StoreError", `${name}: ${error}`);
        assert.ok(error.message.includes(`${workspace.path} was deleted on disk`), name);
        return true;
      });
    }
    assert.deepEqual((await afs.workspace.list()).map(({ name }) => name), ["gone"]);
    assert.deepEqual((await workspace.snapshot.list()).map(({ name }) => name), ["kept"]);
    assert.equal((await workspace.log()).length, 2);

    await workspace.snapshot.restore("kept");
    assert.deepEqual(filesOnDisk(workspace.path), files);
    await assertStatus(workspace.path, await workspace.status());
    await assertSound(path);
    const { stdout } = await workspace.run("git status --porcelain && ls -d $HOME", {
      check: true,
    });
    assert.match(stdout, /^\?\? new\.txt\n\/.*\n$/);
    await workspace.commit("Back again");
    await workspace.writeFile("/new.txt", "new again\n");
    assert.equal(await git(path, "status", "--porcelain"), "");
  });
}

Deno.test("a workspace goes on after git clean -fdx, which takes all but its files", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("spared");
  await git(path, "clean", "-fdxq");
  await workspace.writeFile("/new.txt", "new\n");
  await workspace.copy("/docs", "/copied");
  await workspace.delete("/src", { recursive: true });
  await workspace.run("test -d $HOME", { check: true });
  await workspace.snapshot.create("one");
  await workspace.commit("Two");
  assert.equal((await workspace.snapshot.restore("one")).changes.length, 0);
  await afs.workspace.create("another");
  assert.equal(await git(path, "status", "--porcelain"), "");
  assert.equal((await Deno.stat(`${path}/.agentfs`)).mode! & 0o777, 0o700);
  await assertSound(path);
});

Deno.test("restore() makes git's side again after git worktree remove", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("removed");
  await workspace.snapshot.create("kept");
  await git(path, "worktree", "remove", "--force", "--force", workspace.path);
  for (const call of [workspace.log(), workspace.commit("In vain")]) {
    await assert.rejects(call, { name: "StoreError", message: /snapshot\.restore\(\)/ });
  }
  await workspace.snapshot.restore("kept");
  assert.equal((await workspace.run("git status --porcelain", { check: true })).stdout, "");
  await workspace.commit("Back again", { allowEmpty: true });
  assert.match(await git(path, "worktree", "list"), /\[agentfs\/removed\] locked/);
  await assertSound(path);
});

Deno.test("a restore that fails leaves no empty workspace, which would look deleted by hand", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("gone");
  await workspace.snapshot.create("kept");
  await git(path, "clean", "-ffdxq");
  const oid = (await git(path, "rev-parse", "HEAD:README.md")).trim();
  await Deno.remove(`${path}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`);
  await assert.rejects(workspace.snapshot.restore("kept"), { name: "StoreError" });
  await assert.rejects(workspace.status(), { name: "StoreError", message: /deleted on disk/ });
});

Deno.test("create() says that a store of our own was deleted on disk", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makePlain(directory.path);
  await using afs = new AgentFS(path);
  await afs.workspace.create("one");
  await Deno.remove(`${path}/.agentfs`, { recursive: true });
  await assert.rejects(afs.workspace.create("two"), {
    name: "StoreError",
    message: /store\.git\/agentfs was deleted on disk/,
  });
  await using again = new AgentFS(path);
  assert.deepEqual(await again.workspace.list(), []);
  await again.workspace.create("two");
});
