/** What an open of the base finishes, undoes and repairs, from states as killed processes leave them. */

import assert from "node:assert/strict";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import type { JournalEntry } from "../../src/registry/journal.ts";
import { everythingBelow } from "../everything.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";

/** Writes down what a process that was killed was at. */
async function leaveJournal(project: Project, entry: JournalEntry): Promise<void> {
  const path = `${project.path}/.git/agentfs/journal/${encodeURIComponent(entry.workspace)}.json`;
  await Deno.writeTextFile(path, JSON.stringify(entry));
}

/** A repository that AgentFS was used in, and that nobody has open. */
async function closedProject(): Promise<Project> {
  const project = await makeProject({ repository: true });
  await project.afs.workspace.create("other");
  await project.afs.close();
  return project;
}

Deno.test("an open undoes a create() that was cut off, at every step of it", async () => {
  await using project = await closedProject();
  const { path } = project;
  const before = everythingBelow(path);
  const commit = (await git(path, "rev-parse", "HEAD")).trim();
  const files = `${path}/.agentfs/workspaces/new`;
  const steps: (() => Promise<unknown>)[] = [
    () => leaveJournal(project, { operation: "create", workspace: "new", commit: null }),
    () => leaveJournal(project, { operation: "create", workspace: "new", commit }),
    () => git(path, "update-ref", "refs/heads/agentfs/new", commit),
    () => Deno.mkdir(files),
    () => Deno.mkdir(`${path}/.git/worktrees/agentfs-new`),
    () => Deno.writeTextFile(`${files}/a.txt`, "on"),
  ];
  for (let done = 1; done <= steps.length; done++) {
    for (const step of steps.slice(0, done)) await step();
    await using afs = new AgentFS(path);
    assert.deepEqual((await afs.workspace.list()).map(({ name }) => name), ["other"]);
    assert.deepEqual(everythingBelow(path), before, `${done} steps`);
  }
});

Deno.test("an open keeps a workspace that was whole when its create() was cut off", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("new");
  await workspace.writeFile("/b.txt", "two\n");
  await project.afs.close();
  const commit = (await git(project.path, "rev-parse", "agentfs/new")).trim();
  await leaveJournal(project, { operation: "create", workspace: "new", commit });
  const afs = await project.reopen();
  assert.equal(await (await afs.workspace.get("new")).readFile("/b.txt"), "two\n");
  await assert.rejects(afs.workspace.create("new"), { code: "WorkspaceExistsError" });
});

Deno.test("an undone create() leaves a branch alone that is not the one it made", async () => {
  await using project = await closedProject();
  const first = (await git(project.path, "rev-parse", "HEAD")).trim();
  await git(project.path, "commit", "--quiet", "--allow-empty", "--message", "second");
  await git(project.path, "update-ref", "refs/heads/agentfs/new", "HEAD");
  await leaveJournal(project, { operation: "create", workspace: "new", commit: first });
  const afs = await project.reopen();
  await afs.workspace.list();
  assert.equal(
    await git(project.path, "rev-parse", "agentfs/new"),
    await git(project.path, "rev-parse", "HEAD"),
  );
});

Deno.test("an open finishes a delete() that was cut off, at every step of it", async () => {
  await using project = await closedProject();
  const { path } = project;
  const [branch, trash] = ["refs/heads/agentfs/w", "refs/agentfs/trash/w/id/branch"];
  const steps: ((oid: string) => Promise<unknown>)[] = [
    () => Promise.resolve(),
    (oid) => git(path, "update-ref", trash, oid),
    () => git(path, "update-ref", "-d", branch),
    () => Deno.remove(`${path}/.git/agentfs/workspaces/w.json`),
    () => Deno.remove(`${path}/.git/worktrees/agentfs-w`, { recursive: true }),
    () => Deno.remove(`${path}/.agentfs/workspaces/w`, { recursive: true }),
  ];
  for (let done = 1; done <= steps.length; done++) {
    let afs = await project.reopen();
    const workspace = await afs.workspace.create("w");
    await workspace.writeFile("/b.txt", "two\n");
    const { oid } = await workspace.commit("Work");
    await afs.close();
    const moves = [{ from: branch, to: trash, oid }];
    await leaveJournal(project, {
      operation: "delete",
      workspace: "w",
      path: `${path}/.agentfs/workspaces/w`,
      moves,
    });
    for (const step of steps.slice(0, done)) await step(oid);
    afs = await project.reopen();
    assert.deepEqual((await afs.workspace.list()).map(({ name }) => name), ["other"]);
    assert.equal((await git(path, "rev-parse", trash)).trim(), oid);
    assert.equal(await git(path, "for-each-ref", branch), "", `${done} steps`);
    const left = Object.keys(everythingBelow(path)).filter((path) =>
      /workspaces\/w\b|-w\//.test(path)
    );
    assert.deepEqual(left, [], `${done} steps`);
    await git(path, "update-ref", "-d", trash);
  }
});

Deno.test("an open writes the index again after a commit that was cut off", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/b.txt", "two\n");
  const index = await Deno.readFile(`${project.path}/.git/worktrees/agentfs-w/index`);
  const { oid } = await workspace.commit("Work");
  await project.afs.close();
  await Deno.writeFile(`${project.path}/.git/worktrees/agentfs-w/index`, index);
  await leaveJournal(project, { operation: "commit", workspace: "w", commit: oid });
  const afs = await project.reopen();
  const again = await afs.workspace.get("w");
  assert.equal((await again.status()).hasChanges, false);
  assert.equal(await git(again.path, "status", "--porcelain"), "");
  assert.equal((await again.log())[0]?.oid, oid);
});

Deno.test("an open finishes a restore that was cut off, and what was there stays in undo points", async () => {
  await using project = await makeProject({ repository: true });
  let workspace = await project.afs.workspace.create("w");
  const { oid: target } = await workspace.snapshot.create("good");
  await workspace.writeFile("/a.txt", "half\n");
  await workspace.writeFile("/new.txt", "new\n");
  const { oid: before } = await workspace.snapshot.create("before");
  await project.afs.close();
  await leaveJournal(project, { operation: "restore", workspace: "w", target, before });
  const afs = await project.reopen();
  workspace = await afs.workspace.get("w");
  assert.equal(await workspace.readFile("/a.txt"), "one\n");
  assert.equal(await workspace.exists("/new.txt"), false);
  assert.equal((await workspace.status()).hasChanges, false);
});

/** A base with a workspace in which a batch was cut off after so many of its steps. */
async function cutOffBatch(
  done: number,
): Promise<{ project: Project; before: Record<string, string>; steps: number }> {
  const project = await makeProject({ files: { "a": "a\n", "d/b": "b\n" }, repository: true });
  await project.afs.workspace.create("w");
  await project.afs.close();
  const before = everythingBelow(`${project.path}/.agentfs/workspaces`);
  const [files, batch] = ["workspaces", "batches"].map((name) =>
    `${project.path}/.agentfs/${name}/w`
  );
  await Deno.mkdir(batch!, { recursive: true });
  const steps: [line: string, step: () => Promise<unknown>][] = [
    ['["move","/a","taken-0"]', () => Deno.rename(`${files}/a`, `${batch}/taken-0`)],
    ['["put","","/a"]', () => Deno.writeTextFile(`${files}/a`, "new\n")],
    ['["mkdir","/e"]', () => Deno.mkdir(`${files}/e`)],
    ['["move","/d","/e/d"]', () => Deno.rename(`${files}/d`, `${files}/e/d`)],
    ['["chmod","/e/d",493,448]', () => Deno.chmod(`${files}/e/d`, 0o700)],
    ['["move","/a","/d"]', () => Deno.rename(`${files}/a`, `${files}/d`)],
  ];
  for (const [index, [line, step]] of steps.entries()) {
    if (index > done) break;
    // The last line is there, and what it says is not done.
    await Deno.writeTextFile(`${batch}/log`, `${line}\n`, { append: true });
    if (index < done) await step();
  }
  await Deno.writeTextFile(`${batch}/log`, '["move","/d', { append: true });
  await leaveJournal(project, { operation: "batch", workspace: "w" });
  return { project, before, steps: steps.length };
}

Deno.test("an open undoes a batch that was cut off, after every step of it", async () => {
  for (let done = 0, last = 0; done <= last; done++) {
    const { project, before, steps } = await cutOffBatch(done);
    await using _ = project;
    last = steps;
    for (let time = 1; time <= 2; time++) {
      await using afs = await project.reopen();
      assert.equal(await (await afs.workspace.get("w")).readFile("/a"), "a\n");
    }
    await project.afs.close();
    assert.deepEqual(
      everythingBelow(`${project.path}/.agentfs/workspaces`),
      before,
      `${done} steps`,
    );
    assert.deepEqual([...Deno.readDirSync(`${project.path}/.agentfs/batches`)], []);
    assert.deepEqual([...Deno.readDirSync(`${project.path}/.git/agentfs/journal`)], []);
  }
});

Deno.test("an open undoes a batch that was cut off, also where the base has been moved", async () => {
  const { project, before, steps } = await cutOffBatch(3);
  await using _ = project;
  assert.ok(steps > 3);
  const moved = `${project.directory}/moved`;
  await Deno.rename(project.path, moved);
  await using afs = new AgentFS(moved);
  assert.equal(await (await afs.workspace.get("w")).readFile("/a"), "a\n");
  const after = everythingBelow(`${moved}/.agentfs/workspaces`);
  const withoutPointer = (files: Record<string, string>) => ({ ...files, "/w/.git": "" });
  assert.deepEqual(withoutPointer(after), withoutPointer(before));
});

Deno.test("an open undoes a batch that was cut off where the files were then", async () => {
  const { project, before } = await cutOffBatch(4);
  await using _ = project;
  await using afs = await project.reopen({ dataDir: `${project.directory}/elsewhere` });
  assert.equal(await (await afs.workspace.get("w")).readFile("/a"), "a\n");
  assert.deepEqual(everythingBelow(`${project.path}/.agentfs/workspaces`), before);
});

Deno.test("a batch that was cut off, and whose log is gone or damaged, is told of", async () => {
  const damage: [(batch: string) => Promise<unknown>, RegExp][] = [
    [(batch) => Deno.remove(batch, { recursive: true }), /batches\/w was deleted on disk/],
    [
      (batch) => Deno.writeTextFile(`${batch}/log`, "\0\0\n"),
      /the log .*batches\/w\/log is damaged/,
    ],
    [(batch) => Deno.writeTextFile(`${batch}/log`, ""), /batches\/w\/taken-0 has nowhere to go/],
  ];
  for (const [spoil, message] of damage) {
    const { project } = await cutOffBatch(1);
    await using _ = project;
    await spoil(`${project.path}/.agentfs/batches/w`);
    await using afs = await project.reopen();
    const workspace = await afs.workspace.get("w");
    for (let time = 1; time <= 2; time++) {
      await assert.rejects(workspace.writeFile("/x", "x"), { code: "StoreError", message });
    }
  }
});

Deno.test("an open says which journal is damaged", async () => {
  await using project = await closedProject();
  const journal = `${project.path}/.git/agentfs/journal/w.json`;
  await Deno.writeTextFile(journal, '{"operation": "del');
  const afs = await project.reopen();
  await assert.rejects(afs.workspace.list(), {
    code: "StoreError",
    message: `Cannot read the journal ${journal}: it is damaged; delete the file, and look what ` +
      "became of the workspace",
  });
  await Deno.remove(journal);
  assert.equal((await afs.workspace.list()).length, 1);
});

Deno.test("an open makes git's side of a workspace again where it is gone or leads astray", async () => {
  await using project = await makeProject({ repository: true });
  let workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/b.txt", "two\n");
  const admin = `${project.path}/.git/worktrees/agentfs-w`;
  const breakages: Record<string, (workspace: Workspace) => Promise<unknown>> = {
    "no admin directory": () => Deno.remove(admin, { recursive: true }),
    "no index": () => Deno.remove(`${admin}/index`),
    "no .git file": ({ path }) => Deno.remove(`${path}/.git`),
    "a .git file that leads elsewhere": ({ path }) =>
      Deno.writeTextFile(`${path}/.git`, `gitdir: ${project.directory}\n`),
    "a wrong gitdir": () => Deno.writeTextFile(`${admin}/gitdir`, "/nowhere/.git\n"),
    "no lock": () => git(project.path, "worktree", "unlock", workspace.path),
  };
  for (const [what, breakIt] of Object.entries(breakages)) {
    await project.afs.close();
    await breakIt(workspace);
    workspace = await (await project.reopen()).workspace.get("w");
    assert.equal(await git(workspace.path, "status", "--porcelain"), "?? b.txt\n", what);
    const branch = await git(workspace.path, "symbolic-ref", "HEAD");
    assert.equal(branch, "refs/heads/agentfs/w\n", what);
    const list = await git(project.path, "worktree", "list", "--porcelain");
    assert.match(list, /agentfs\/w\nlocked an AgentFS workspace\n/, what);
    await git(project.path, "worktree", "prune", "--expire=now");
    assert.deepEqual((await workspace.status()).added.map(({ path }) => path), ["/b.txt"], what);
  }
});

Deno.test("an open leaves a HEAD alone that an agent has detached", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.run("git checkout --quiet --detach", { check: true });
  const afs = await project.reopen();
  const again = await afs.workspace.get("w");
  await assert.rejects(again.commit("x", { allowEmpty: true }), {
    code: "CommitError",
    message: /HEAD is detached/,
  });
});

Deno.test("an open leaves a repository alone that an agent has made in the workspace", async () => {
  await using project = await makeProject({
    repository: true,
    config: { run: { sandbox: "off" } },
  });
  const workspace = await project.afs.workspace.create("w");
  const script = "rm .git; git init --quiet; git add a.txt; " +
    "git -c user.name=a -c user.email=a@b commit --quiet --message mine";
  await workspace.run(script, { check: true });
  const mine = everythingBelow(`${workspace.path}/.git`);
  const again = await (await project.reopen()).workspace.get("w");
  await again.writeFile("/b.txt", "two\n");
  await again.snapshot.create("s");
  await again.commit("Work");
  await again.snapshot.restore("s");
  assert.deepEqual(everythingBelow(`${again.path}/.git`), mine);
  assert.equal((await git(project.path, "show", "agentfs/w:b.txt")).trim(), "two");
});
