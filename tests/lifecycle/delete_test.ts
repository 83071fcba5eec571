/** Deleting workspaces, and bringing them back. */

import assert from "node:assert/strict";
import { AgentFS, type BusyError, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "../everything.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";

/** The refs of the project's store that start with `prefix`. */
async function refs(project: Project, prefix: string): Promise<string[]> {
  const listing = await git(project.path, "for-each-ref", "--format=%(refname)", prefix);
  return listing.split("\n").filter((line) => line !== "");
}

Deno.test("delete() moves branch, snapshots and last state to the trash, and removes the rest", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("a/b");
  await workspace.writeFile("/work.txt", "committed\n");
  const { oid } = await workspace.commit("Work");
  await workspace.snapshot.create("kept");
  await workspace.run("echo late > late.txt");
  await project.afs.workspace.delete("a/b");

  assert.equal(await project.afs.workspace.has("a/b"), false);
  assert.deepEqual(await refs(project, "refs/heads/agentfs"), []);
  assert.deepEqual(await refs(project, "refs/agentfs/a"), []);
  const trash = await refs(project, "refs/agentfs/trash/a/b");
  assert.deepEqual(trash.map((ref) => ref.replaceAll(/\d{8}-\d{6}-\w{10}/g, "ID")), [
    "refs/agentfs/trash/a/b/ID/audit",
    "refs/agentfs/trash/a/b/ID/branch",
    "refs/agentfs/trash/a/b/ID/snapshots/kept",
    "refs/agentfs/trash/a/b/ID/undo/ID",
  ]);
  const [, branch, , last] = trash as [string, string, string, string];
  assert.equal((await git(project.path, "rev-parse", branch)).trim(), oid);
  assert.equal(await git(project.path, "show", `${last}:late.txt`), "late\n");
  assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");

  const left = Object.keys(everythingBelow(project.path)).filter((path) => path.includes("a%2Fb"));
  assert.deepEqual(left, []);
  assert.doesNotMatch(await git(project.path, "worktree", "list"), /\[agentfs\//);
});

Deno.test("create() from the trash brings a deleted workspace back", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/work.txt", "committed\n");
  await workspace.commit("Work");
  await workspace.writeFile("/late.txt", "late\n");
  await project.afs.workspace.delete("w");
  const store = `${project.path}/.agentfs/store.git`;
  const listing = await git(store, "for-each-ref", "--format=%(refname)", "refs/agentfs/trash/w");
  const [, branch, last] = listing.split("\n") as [string, string, string];
  assert.match(branch, /\/branch$/);

  const back = await project.afs.workspace.create("w", { from: branch });
  assert.equal(await back.readFile("/work.txt"), "committed\n");
  assert.equal((await back.log())[0]?.message, "Work\n");
  assert.deepEqual((await back.diff({ against: last })).changes.map(({ path }) => path), [
    "/late.txt",
  ]);
  const state = await project.afs.workspace.create("state", { from: last });
  assert.equal(await state.readFile("/late.txt"), "late\n");
});

Deno.test("delete() keeps a workspace of the same name that was deleted before", async () => {
  await using project = await makeProject({ repository: true });
  for (const text of ["one", "two"]) {
    const workspace = await project.afs.workspace.create("w");
    await workspace.writeFile("/a.txt", text);
    await workspace.commit(text);
    await project.afs.workspace.delete("w");
  }
  const branches = (await refs(project, "refs/agentfs/trash")).filter((ref) => /branch$/.test(ref));
  const texts = await Promise.all(branches.map((ref) => git(project.path, "show", `${ref}:a.txt`)));
  assert.deepEqual(texts.sort(), ["one", "two"]);
});

Deno.test("delete() names a workspace that is not there, and those that are", async () => {
  await using project = await makeProject();
  await assert.rejects(project.afs.workspace.delete("w"), {
    code: "WorkspaceNotFoundError",
    message: 'Cannot find the workspace "w": there is none yet; create it first',
  });
  for (let index = 0; index < 12; index++) await project.afs.workspace.create(`w/${index}`);
  await assert.rejects(project.afs.workspace.delete("w"), {
    code: "WorkspaceNotFoundError",
    message: /there are "w\/0", "w\/1", "w\/10", .* and more; create it first$/,
  });
});

Deno.test("delete() by two callers at once is done by one, and the other is told", async () => {
  await using project = await makeProject();
  await using other = new AgentFS(project.path);
  await project.afs.workspace.create("w");
  const outcomes = await Promise.allSettled(
    [project.afs, other, project.afs].map((afs) => afs.workspace.delete("w")),
  );
  assert.deepEqual(
    outcomes.flatMap((outcome) => outcome.status === "rejected" ? [outcome.reason.code] : []),
    ["WorkspaceNotFoundError", "WorkspaceNotFoundError"],
  );
});

Deno.test("delete() waits for a command, and says which one it was where that takes too long", async () => {
  await using project = await makeProject({ config: { lockTimeout: 200 } });
  const workspace = await project.afs.workspace.create("w");
  {
    await using _ = await workspace.spawn(["sleep", "1000"]);
    const before = everythingBelow(workspace.path);
    await assert.rejects(project.afs.workspace.delete("w"), (error: BusyError) => {
      assert.equal(error.code, "BusyError");
      assert.match(error.holder, /^process \d+, run "sleep 1000"$/);
      assert.match(error.message, /Cannot have workspace "w" for being deleted.*lockTimeout/);
      return true;
    });
    assert.deepEqual(everythingBelow(workspace.path), before);
    assert.equal(await workspace.readFile("/a.txt"), "one\n");
  }
  await project.afs.workspace.delete("w");
});

Deno.test("delete() removes files that their owner may not write", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.run(
    "mkdir -p closed/inner && touch closed/inner/file && chmod -R 500 closed && chmod 500 .",
  );
  await project.afs.workspace.delete("w");
  assert.deepEqual([...Deno.readDirSync(`${project.path}/.agentfs/tmp`)].length, 1);
});

Deno.test("delete() works on a workspace whose files are gone, whose branch is gone, on a detached HEAD", async () => {
  await using project = await makeProject({ repository: true });
  const breakages: Record<string, (workspace: Workspace) => Promise<unknown>> = {
    files: ({ path }) => Deno.remove(path, { recursive: true }),
    branch: ({ branch }) => git(project.path, "update-ref", "-d", `refs/heads/${branch}`),
    head: ({ path }) => git(path, "checkout", "--quiet", "--detach"),
    orphan: ({ path }) => git(path, "checkout", "--quiet", "--orphan", "nowhere"),
    index: () => Deno.remove(`${project.path}/.git/worktrees/agentfs-index/index`),
    admin: () => Deno.remove(`${project.path}/.git/worktrees/agentfs-admin`, { recursive: true }),
  };
  for (const [name, breakIt] of Object.entries(breakages)) {
    const workspace = await project.afs.workspace.create(name);
    await workspace.writeFile("/a.txt", "changed\n");
    await breakIt(workspace);
    await project.afs.workspace.delete(name);
    assert.equal(await project.afs.workspace.has(name), false);
    if (name !== "files") assert.equal(await lastState(project.path, name, "a.txt"), "changed\n");
    await project.afs.workspace.create(name);
  }
  assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");
});

Deno.test("delete() leaves a branch alone that git has moved while it was at it", async () => {
  await using project = await makeProject({ repository: true });
  await project.afs.workspace.create("w");
  const old = (await git(project.path, "rev-parse", "agentfs/w")).trim();
  await git(project.path, "commit", "--quiet", "--allow-empty", "--message", "second");
  const moved = (await git(project.path, "rev-parse", "HEAD")).trim();
  await project.afs.close();
  // As a process leaves it that was killed right after it had begun.
  await Deno.writeTextFile(
    `${project.path}/.git/agentfs/journal/w.json`,
    JSON.stringify({
      operation: "delete",
      workspace: "w",
      path: `${project.path}/.agentfs/workspaces/w`,
      moves: [{ from: "refs/heads/agentfs/w", to: "refs/agentfs/trash/w/id/branch", oid: old }],
    }),
  );
  await git(project.path, "update-ref", "refs/heads/agentfs/w", moved);
  const afs = await project.reopen();
  assert.deepEqual(await afs.workspace.list(), []);
  assert.equal((await git(project.path, "rev-parse", "agentfs/w")).trim(), moved);
  assert.equal(
    (await git(project.path, "rev-parse", "refs/agentfs/trash/w/id/branch")).trim(),
    old,
  );
});

/** A file as it was when a workspace was deleted, out of the trash. */
async function lastState(base: string, workspace: string, file: string): Promise<string> {
  const refs = await git(base, "for-each-ref", `refs/agentfs/trash/${workspace}/`);
  const ref = refs.split(/\s/).findLast((word) => word.includes("/undo/"));
  assert.ok(ref, `nothing is kept of ${workspace}: ${refs}`);
  return await git(base, "cat-file", "blob", `${ref}:${file}`);
}
