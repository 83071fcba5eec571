import assert from "node:assert/strict";
import { holdsFiles, isWorkspace, removeAdmin, writeAdmin } from "../../src/registry/admin.ts";
import { everythingBelow } from "../everything.ts";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { openBase } from "./opened.ts";

Deno.test("writeAdmin() makes a worktree that git lists and never prunes", async () => {
  await using project = await makeProject({ repository: true });
  await using base = await openBase(project.path);
  const { path } = project;
  const directory = `${project.directory}/files`;
  await Deno.mkdir(directory);
  await git(path, "branch", "agentfs/a/b");
  writeAdmin(base, "a/b", directory);
  const list = await git(path, "worktree", "list", "--porcelain");
  assert.match(
    list,
    new RegExp(`worktree ${directory}\nHEAD \\w{40}\nbranch refs/heads/agentfs/a/b\n`),
  );
  assert.match(list, /locked an AgentFS workspace\n/);
  const common = await git(directory, "rev-parse", "--path-format=absolute", "--git-common-dir");
  assert.equal(common, `${path}/.git\n`);
  assert.ok(isWorkspace(base.layout.admin("a/b")));
  assert.ok(holdsFiles(base, "a/b", directory));
  assert.ok(!holdsFiles(base, "other", directory));
  assert.ok(!holdsFiles(base, "a/b", project.directory));

  await Deno.remove(directory, { recursive: true });
  await git(path, "worktree", "prune", "--expire=now");
  assert.ok(isWorkspace(base.layout.admin("a/b")));
  removeAdmin(base, "a/b");
  assert.doesNotMatch(await git(path, "worktree", "list"), /files/);
});

Deno.test("writeAdmin() changes nothing where all is right, and mends what is not", async () => {
  await using project = await makeProject({ repository: true });
  await using base = await openBase(project.path);
  const directory = `${project.directory}/files`;
  await Deno.mkdir(directory);
  writeAdmin(base, "w", directory);
  const admin = base.layout.admin("w");
  const before = everythingBelow(project.directory);
  const times = (): (number | undefined)[] =>
    ["gitdir", "commondir", "locked", "HEAD"].map((name) =>
      Deno.statSync(`${admin}/${name}`).mtime?.getTime()
    );
  await Deno.utime(`${admin}/gitdir`, 1000, 1000);
  const then = times();
  writeAdmin(base, "w", directory);
  assert.deepEqual(times(), then);
  for (
    const file of [`${admin}/gitdir`, `${admin}/commondir`, `${admin}/locked`, `${directory}/.git`]
  ) {
    for (const breakIt of [() => Deno.remove(file), () => Deno.writeTextFile(file, "x")]) {
      await breakIt();
      writeAdmin(base, "w", directory);
      assert.deepEqual(everythingBelow(project.directory), before, file);
    }
  }
});

Deno.test("writeAdmin() leaves a HEAD alone, and makes a missing one", async () => {
  await using project = await makeProject({ repository: true });
  await using base = await openBase(project.path);
  const directory = `${project.directory}/files`;
  await Deno.mkdir(directory);
  writeAdmin(base, "w", directory);
  const head = `${base.layout.admin("w")}/HEAD`;
  await Deno.writeTextFile(head, "ref: refs/heads/main\n");
  writeAdmin(base, "w", directory);
  assert.equal(await Deno.readTextFile(head), "ref: refs/heads/main\n");
  await Deno.remove(head);
  writeAdmin(base, "w", directory);
  assert.equal(await Deno.readTextFile(head), "ref: refs/heads/agentfs/w\n");
});

Deno.test("isWorkspace() is false for a worktree of git's own, locked or not", async () => {
  await using project = await makeProject({ repository: true });
  const { path } = project;
  await git(path, "worktree", "add", "--quiet", "../agentfs-x");
  assert.ok(!isWorkspace(`${path}/.git/worktrees/agentfs-x`));
  await git(path, "worktree", "lock", "--reason", "mine", "../agentfs-x");
  assert.ok(!isWorkspace(`${path}/.git/worktrees/agentfs-x`));
  assert.ok(!isWorkspace(`${path}/.git`));
});
