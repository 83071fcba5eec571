/** Making workspaces: what they are then, what is refused, and that a failure leaves nothing. */

import assert from "node:assert/strict";
import { AgentFS, type CreateOptions, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "../everything.ts";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";

Deno.test("create() makes a worktree that git knows, locked, on a branch of its own", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("fix/typo");
  assert.equal(workspace.branch, "agentfs/fix/typo");
  assert.equal(workspace.path, `${project.path}/.agentfs/workspaces/fix%2Ftypo`);
  const list = await git(project.path, "worktree", "list", "--porcelain");
  assert.ok(list.includes(
    `worktree ${workspace.path}\nHEAD ${(await git(project.path, "rev-parse", "HEAD")).trim()}\n` +
      "branch refs/heads/agentfs/fix/typo\nlocked an AgentFS workspace\n",
  ));
  await git(project.path, "worktree", "prune", "--expire=now");
  assert.ok((await git(project.path, "worktree", "list")).includes(workspace.path));
  assert.equal(
    await git(workspace.path, "rev-parse", "--abbrev-ref", "HEAD"),
    "agentfs/fix/typo\n",
  );
});

Deno.test("create() refuses a name that is taken, below one, or above one", async () => {
  await using project = await makeProject();
  const { workspace } = project.afs;
  await workspace.create("a/b");
  const exists = { code: "WorkspaceExistsError" };
  await assert.rejects(workspace.create("a/b"), { ...exists, message: /"a\/b": it is there/ });
  await assert.rejects(workspace.create("a"), { ...exists, message: /"a": "a\/b" is there/ });
  await assert.rejects(workspace.create("a/b/c"), { ...exists, message: /"a\/b" is there/ });
  await workspace.create("a/c");
  await workspace.create("ab");
  await workspace.delete("a/b");
  await workspace.delete("a/c");
  await workspace.create("a");
  assert.deepEqual((await workspace.list()).map(({ name }) => name), ["a", "ab"]);
});

Deno.test("create() is won by one of two callers", async () => {
  await using project = await makeProject();
  await using other = new AgentFS(project.path);
  const outcomes = await Promise.allSettled(
    [project.afs, other, project.afs, other].map((afs) => afs.workspace.create("same")),
  );
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason.code] : []
  );
  assert.deepEqual(failures, Array(3).fill("WorkspaceExistsError"));
  assert.deepEqual((await other.workspace.list()).map(({ name }) => name), ["same"]);
});

Deno.test("create() leaves a user's branch agentfs/x alone, and says to rename it", async () => {
  await using project = await makeProject({ repository: true });
  await git(project.path, "branch", "agentfs/x");
  await git(project.path, "branch", "agentfs/y/z");
  const before = await git(project.path, "for-each-ref", "refs/heads");
  for (const name of ["x", "x/below", "y"]) {
    await assert.rejects(project.afs.workspace.create(name), {
      code: "StoreError",
      message: /rename that branch/,
    });
  }
  assert.equal(await git(project.path, "for-each-ref", "refs/heads"), before);
  await project.afs.workspace.create("y/other");
});

Deno.test("create() leaves a worktree of git's own alone whose directory it would need", async () => {
  await using project = await makeProject({ repository: true });
  const own = `${project.directory}/agentfs-mine`;
  await git(project.path, "worktree", "add", "--quiet", own);
  const before = everythingBelow(own);
  const admin = everythingBelow(`${project.path}/.git/worktrees/agentfs-mine`);
  await assert.rejects(project.afs.workspace.create("mine"), {
    code: "StoreError",
    message: /worktrees\/agentfs-mine belongs to a worktree of git's own; choose another name/,
  });
  await project.afs.workspace.create("other");
  assert.deepEqual(everythingBelow(own), before);
  assert.deepEqual(everythingBelow(`${project.path}/.git/worktrees/agentfs-mine`), admin);
  // And that worktree can be a base, although its name looks like one of ours.
  await using afs = new AgentFS(own);
  await afs.workspace.create("inside");
});

Deno.test("create() says what to do about a directory that is in its place", async () => {
  await using project = await makeProject();
  const { path } = await project.afs.workspace.create("first");
  const place = `${path.slice(0, -"first".length)}second`;
  await Deno.mkdir(place);
  await Deno.writeTextFile(`${place}/precious`, "x");
  await assert.rejects(project.afs.workspace.create("second"), {
    code: "StoreError",
    message:
      `Cannot create the workspace "second": ${place} is there and belongs to no workspace; ` +
      "move it away",
  });
  assert.equal(await Deno.readTextFile(`${place}/precious`), "x");
});

Deno.test("create() that fails or is aborted leaves nothing", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`d${index % 7}/f${index}.txt`, `${index}\n`]),
  );
  await using project = await makeProject({ files, repository: true });
  // The state of the base as a commit of ours stays, and is not made again.
  await Deno.writeTextFile(`${project.path}/new.txt`, "uncommitted\n");
  await project.afs.workspace.create("first");
  const before = everythingBelow(project.path);

  await assert.rejects(project.afs.workspace.create("second", { copyIgnored: ["missing"] }), {
    code: "FileNotFoundError",
  });
  assert.deepEqual(everythingBelow(project.path), before);

  const reason = new Error("enough");
  const abort = { name: "Error", message: "enough" };
  const create = (name: string, options?: CreateOptions): Promise<Workspace> =>
    project.afs.workspace.create(name, options);
  await assert.rejects(create("second", { signal: AbortSignal.abort(reason) }), abort);
  assert.deepEqual(everythingBelow(project.path), before);

  let aborted = 0;
  for (let turns = 0; turns < 12; turns++) {
    const controller = new AbortController();
    const creating = create("second", { signal: controller.signal });
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
    controller.abort(reason);
    try {
      await creating;
      await project.afs.workspace.delete("second");
    } catch (error) {
      assert.equal(error, reason);
      aborted++;
      assert.deepEqual(everythingBelow(project.path), before, `after ${turns} turns`);
      continue;
    }
    break;
  }
  assert.ok(aborted > 0);
  await create("second");
});

Deno.test("create() that is aborted while it waits for its turn leaves nothing", async () => {
  await using project = await makeProject();
  await project.afs.workspace.create("first");
  for (const lock of ["first.write", "@registry"]) {
    // As another process would hold it.
    const path = `${project.path}/.agentfs/store.git/agentfs/locks/${lock}`;
    using file = await Deno.open(path, { read: true, write: true });
    await file.lock(true);
    const controller = new AbortController();
    const creating = project.afs.workspace.create("second", {
      from: "first",
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await assert.rejects(creating, { message: "enough" }, lock);
    assert.deepEqual((await project.afs.workspace.list()).map(({ name }) => name), ["first"]);
  }
});

Deno.test("create() makes workspaces of every length of name", async () => {
  await using project = await makeProject({ repository: true });
  for (const name of ["x".repeat(200), "é".repeat(100), `${"a/".repeat(99)}b`, "日本/👩‍👩‍👧"]) {
    const workspace = await project.afs.workspace.create(name);
    await workspace.writeFile("/new.txt", "new\n");
    await workspace.snapshot.create("s");
    const { oid } = await workspace.commit("Work");
    assert.equal((await git(project.path, "rev-parse", `agentfs/${name}`)).trim(), oid);
    await workspace.snapshot.restore("s");
    await project.afs.workspace.delete(name);
  }
  assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");
});

Deno.test("create() tells what it could not take of the base, also after a reopen", async () => {
  await using project = await makeProject();
  await new Deno.Command("mkfifo", { args: [`${project.path}/fifo`] }).output();
  const expected = [{ path: "/fifo", reason: "a FIFO has no content to store" }];
  assert.deepEqual((await project.afs.workspace.create("w")).skipped, expected);
  const afs = await project.reopen();
  assert.deepEqual((await afs.workspace.get("w")).skipped, expected);
});
