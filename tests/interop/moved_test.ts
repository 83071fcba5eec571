/**
 * Bases that are elsewhere when they are opened again: moved, or copied.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS } from "../../mod.ts";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { makePlain } from "./bases.ts";
import { assertSound, assertStatus } from "./oracle.ts";
import { type Base, makeProject } from "./project.ts";

const KINDS: Readonly<Record<string, (directory: string) => Promise<Base>>> = {
  "a repository": (directory) => makeProject(`${directory}/base`),
  "a plain directory": makePlain,
};

for (const [kind, make] of Object.entries(KINDS)) {
  Deno.test(`a workspace moves along when ${kind} is moved`, async () => {
    await using directory = await temporaryDirectory();
    const base = await make(directory.path);
    const moved = `${directory.path}/a new place`;
    await leaveWork(base.path);
    await Deno.rename(base.path, moved);

    await using afs = new AgentFS(moved);
    const workspace = await afs.workspace.get("travels");
    assert.equal(workspace.path, `${moved}/.agentfs/workspaces/travels`);
    assert.equal(await workspace.readFile("/new.txt"), "uncommitted\n");
    await assertStatus(workspace.path, await workspace.status());
    const { stdout } = await workspace.run("git status --porcelain", { check: true });
    assert.equal(stdout, "?? new.txt\n");
    const store = base.store.replace(base.path, moved);
    assert.match(
      await git(store, "worktree", "list"),
      /a new place\/\.agentfs\/workspaces\/travels/,
    );
    await workspace.commit("At the new place");
    await workspace.snapshot.restore("before");
    await assertSound(workspace.path);
  });

  Deno.test(`a workspace is two after ${kind} is copied`, async () => {
    await using directory = await temporaryDirectory();
    const base = await make(directory.path);
    const copied = `${directory.path}/copied`;
    await leaveWork(base.path);
    const args = ["--archive", base.path, copied];
    assert.ok((await new Deno.Command("cp", { args }).output()).success);

    await using copy = new AgentFS(copied);
    const there = await copy.workspace.get("travels");
    await using original = new AgentFS(base.path);
    const here = await original.workspace.get("travels");
    await there.writeFile("/new.txt", "only in the copy\n");
    await there.commit("In the copy");
    assert.equal(await here.readFile("/new.txt"), "uncommitted\n");
    assert.equal((await there.run("git status --porcelain", { check: true })).stdout, "");
    assert.equal(
      (await here.run("git status --porcelain", { check: true })).stdout,
      "?? new.txt\n",
    );
    assert.equal((await there.log()).length, (await here.log()).length + 1);
    await assertSound(here.path);
    await assertSound(there.path);
  });
}

Deno.test("a copy of a base without its .agentfs leaves the files of the original alone", async () => {
  await using directory = await temporaryDirectory();
  const base = await makeProject(`${directory.path}/base`);
  const copied = `${directory.path}/copied`;
  await leaveWork(base.path);
  const args = ["--archive", base.path, copied];
  assert.ok((await new Deno.Command("cp", { args }).output()).success);
  await Deno.remove(`${copied}/.agentfs`, { recursive: true });

  await using copy = new AgentFS(copied);
  const there = await copy.workspace.get("travels");
  await assert.rejects(there.status(), {
    name: "StoreError",
    message: /copied\/\.agentfs\/workspaces\/travels was deleted on disk/,
  });
  await there.snapshot.restore("before");
  assert.equal(there.path, `${copied}/.agentfs/workspaces/travels`);
  await there.commit("In the copy", { allowEmpty: true });

  await using original = new AgentFS(base.path);
  const here = await original.workspace.get("travels");
  assert.equal(await here.readFile("/new.txt"), "uncommitted\n");
  assert.equal((await here.run("git status --porcelain", { check: true })).stdout, "?? new.txt\n");
  assert.equal((await here.log()).length, 2);
});

async function leaveWork(path: string): Promise<void> {
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("travels");
  await workspace.snapshot.create("before");
  await workspace.writeFile("/new.txt", "uncommitted\n");
}
