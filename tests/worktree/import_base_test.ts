import * as assert from "node:assert/strict";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { writeFiles } from "../temporary.ts";

let made = 0;

/** The commit that a new workspace starts from. */
async function start(project: Project): Promise<string> {
  const workspace = await project.afs.workspace.create(`workspace-${made++}`);
  return (await workspace.log({ limit: 1 }))[0]!.oid;
}

Deno.test("importBase() starts from the last commit of a clean repository", async () => {
  await using project = await makeProject({ repository: true });
  const head = (await git(project.path, "rev-parse", "HEAD")).trim();
  assert.equal(await start(project), head);
  // A touched file is no changed file.
  const time = new Date(2001, 1, 1);
  await Deno.utime(`${project.path}/a.txt`, time, time);
  assert.equal(await start(project), head);
});

Deno.test("importBase() puts one commit on top with the files as they are, and uses it again", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\n", "a.txt": "a", "gone.txt": "", "d/b.txt": "b" },
  });
  const { path } = project;
  await writeFiles(path, { "a.txt": "changed", "new/c.txt": "c", "x.log": "ignored" });
  await Deno.remove(`${path}/gone.txt`);
  await Deno.chmod(`${path}/d/b.txt`, 0o755);
  await Deno.mkdir(`${path}/empty`);
  const head = (await git(path, "rev-parse", "HEAD")).trim();
  const status = await git(path, "status", "--porcelain");
  const first = await start(project);
  assert.equal((await git(path, "rev-parse", `${first}^`)).trim(), head);
  assert.equal(
    await git(path, "log", "-1", "--format=%an %s", first),
    "AgentFS The base as it is on disk\n",
  );
  assert.equal(
    await git(path, "diff-tree", "-r", "--name-status", head, first),
    "M\ta.txt\nM\td/b.txt\nD\tgone.txt\nA\tnew/c.txt\n",
  );
  assert.equal(await git(path, "show", `${first}:a.txt`), "changed");
  assert.equal(await start(project), first);
  await project.reopen();
  assert.equal(await start(project), first);
  // The owner's index, HEAD and files are none of our business.
  assert.equal(await git(path, "status", "--porcelain"), status);
  assert.equal((await git(path, "rev-parse", "HEAD")).trim(), head);
});

Deno.test("importBase() starts anew once the owner has committed", async () => {
  await using project = await makeProject({ repository: true });
  const { path } = project;
  await writeFiles(path, { "a.txt": "changed" });
  const before = await start(project);
  await git(path, "commit", "--quiet", "--all", "--message", "by the owner");
  const head = (await git(path, "rev-parse", "HEAD")).trim();
  assert.equal(await start(project), head);
  await writeFiles(path, { "a.txt": "changed again" });
  const after = await start(project);
  assert.equal((await git(path, "rev-parse", `${after}^`)).trim(), head);
  assert.notEqual(after, before);
});

Deno.test("importBase() makes a line of commits of a directory that is no repository", async () => {
  await using project = await makeProject({
    files: { "a.txt": "a", ".gitignore": "x\n", "x": "" },
  });
  const { path } = project;
  const store = `${path}/.agentfs/store.git`;
  const first = await start(project);
  assert.equal(await git(store, "ls-tree", "-r", "--name-only", first), ".gitignore\na.txt\n");
  assert.equal(await start(project), first);
  await writeFiles(path, { "a.txt": "b" });
  const second = await start(project);
  assert.equal((await git(store, "rev-parse", `${second}^`)).trim(), first);
  await project.reopen();
  // Same size, the old time: only the time that nobody can put back tells.
  const { atime, mtime } = await Deno.stat(`${path}/a.txt`);
  await writeFiles(path, { "a.txt": "c" });
  await Deno.utime(`${path}/a.txt`, atime!, mtime!);
  const third = await start(project);
  assert.equal(await git(store, "show", `${third}:a.txt`), "c");
  assert.equal(await git(store, "log", "--format=%H", third), `${third}\n${second}\n${first}\n`);
});

Deno.test("importBase() takes an empty directory, and a repository without a commit", async () => {
  await using empty = await makeProject({ files: {} });
  await Deno.mkdir(empty.path, { recursive: true });
  const first = await start(empty);
  assert.equal(await git(`${empty.path}/.agentfs/store.git`, "ls-tree", first), "");
  await using unborn = await makeProject({ files: { "a.txt": "a" } });
  await git(unborn.path, "init", "--quiet");
  const only = await start(unborn);
  assert.equal(await git(unborn.path, "ls-tree", "--name-only", only), "a.txt\n");
  assert.equal(await git(unborn.path, "log", "--format=%P", only), "\n");
  assert.equal(await git(unborn.path, "status", "--porcelain"), "?? a.txt\n");
});

Deno.test("importBase() tells the worktrees of one repository apart", async () => {
  await using project = await makeProject({ repository: true });
  const { path, directory } = project;
  await git(path, "worktree", "add", "--quiet", "-b", "other", `${directory}/other`);
  await writeFiles(path, { "a.txt": "here" });
  await writeFiles(directory, { "other/a.txt": "there" });
  const here = await start(project);
  const { AgentFS } = await import("@agentfs/sdk");
  await using afs = new AgentFS(`${directory}/other`);
  const workspace = await afs.workspace.create("there");
  const there = (await workspace.log())[0]!.oid;
  assert.equal(await git(path, "show", `${here}:a.txt`), "here");
  assert.equal(await git(path, "show", `${there}:a.txt`), "there");
  assert.equal(await start(project), here);
  const refs = await git(path, "for-each-ref", "--format=%(refname)", "refs/agentfs/@base");
  assert.equal(refs, "refs/agentfs/@base/main\nrefs/agentfs/@base/worktrees/other\n");
});

Deno.test("importBase() never takes half of what is written meanwhile", async () => {
  await using project = await makeProject({ files: { "a.txt": "0" } });
  const { path } = project;
  let stop = false;
  const written = new Set(["0"]);
  const writing = (async () => {
    for (let round = 1; !stop; round++) {
      const text = `${round}`.repeat(1 + round % 5);
      written.add(text);
      await Deno.writeTextFile(`${path}/.next`, text);
      await Deno.rename(`${path}/.next`, `${path}/a.txt`);
    }
  })();
  const contents = [];
  for (let round = 0; round < 5; round++) {
    const workspace = await project.afs.workspace.create(`during-${round}`);
    contents.push(await workspace.readFile("/a.txt"));
  }
  stop = true;
  await writing;
  for (const content of contents) assert.ok(written.has(content), content);
});

Deno.test("importBase() tells what it cannot read, and takes what it knew of it", async () => {
  await using project = await makeProject({ files: { "a.txt": "a", "b.txt": "b" } });
  const { path } = project;
  await Deno.symlink("one", `${path}/link`);
  await start(project);
  // A link that Deno cannot read, whoever asks; an unreadable file is one to an ordinary user.
  const program = "import os; os.unlink('link'); os.symlink(b'\\xff', b'link'); os.unlink('a.txt')";
  assert.ok(
    (await new Deno.Command("python3", { args: ["-c", program], cwd: path }).output()).success,
  );
  for (const name of ["with what is known", "again"]) {
    const workspace = await project.afs.workspace.create(name.replaceAll(" ", "-"));
    assert.deepEqual(workspace.skipped.map(({ path }) => path), ["/link"]);
    assert.equal(await workspace.readLink("/link"), "one");
    await git(`${path}/.agentfs/store.git`, "fsck", "--strict");
  }
  await Deno.remove(`${path}/.agentfs/store.git/agentfs/cache`, { recursive: true });
  const workspace = await project.afs.workspace.create("without");
  assert.deepEqual(workspace.skipped.map(({ path }) => path), ["/link"]);
  assert.equal(await workspace.exists("/link"), false);
});
