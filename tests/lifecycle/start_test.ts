/** Where a workspace starts: the base, another workspace, a branch, a tag, a commit, a snapshot. */

import assert from "node:assert/strict";
import type { Workspace } from "@agentfs/sdk";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";

const HISTORY = { "a.txt": "one\n", "sub/b.txt": "two\n" };

/** A repository with two commits, a branch and tags on the first of them. */
async function repositoryWithHistory(): Promise<Project> {
  const project = await makeProject({ files: HISTORY, repository: true });
  const { path } = project;
  await git(path, "branch", "old");
  await git(path, "tag", "light");
  await git(path, "tag", "--annotate", "--message", "heavy", "heavy");
  await git(path, "tag", "--annotate", "--message", "heavier", "heavier", "heavy");
  await Deno.writeTextFile(`${path}/a.txt`, "changed\n");
  await git(path, "commit", "--quiet", "--all", "--message", "second");
  return project;
}

async function head(workspace: Workspace): Promise<string> {
  return (await git(workspace.path, "rev-parse", "HEAD")).trim();
}

Deno.test("create() starts from a branch, a tag, a tag of a tag, a ref, an id or its beginning", async () => {
  await using project = await repositoryWithHistory();
  const { afs, path } = project;
  const first = (await git(path, "rev-parse", "old")).trim();
  const froms = [
    ...["old", "light", "heavy", "heavier", "refs/heads/old", "refs/tags/heavy"],
    ...[first, first.toUpperCase(), first.slice(0, 7)],
    (await git(path, "rev-parse", "heavy")).trim(),
  ];
  for (const [index, from] of froms.entries()) {
    const workspace = await afs.workspace.create(`w${index}`, { from });
    assert.equal(await head(workspace), first, from);
    assert.equal(await workspace.readFile("/a.txt"), "one\n", from);
    assert.equal((await workspace.status()).hasChanges, false, from);
  }
});

Deno.test("create() takes a branch before a tag of the same name", async () => {
  await using project = await repositoryWithHistory();
  await git(project.path, "tag", "main", "old");
  const workspace = await project.afs.workspace.create("w", { from: "main" });
  assert.equal(await workspace.readFile("/a.txt"), "changed\n");
});

Deno.test("create() names what `from` is not", async () => {
  await using project = await repositoryWithHistory();
  const tree = (await git(project.path, "rev-parse", "HEAD^{tree}")).trim();
  for (const from of ["nothing", "", "../main", "refs/heads", "deadbeef", "-x", "a\0b", "\ud800"]) {
    await assert.rejects(project.afs.workspace.create("w", { from }), {
      code: "WorkspaceNotFoundError",
      message: /has no workspace, branch, tag or commit of this name/,
    });
  }
  await assert.rejects(project.afs.workspace.create("w", { from: tree }), {
    code: "WorkspaceNotFoundError",
  });
  assert.deepEqual(await project.afs.workspace.list(), []);
});

Deno.test("create() from a workspace takes its files as they are, with their permission bits", async () => {
  await using project = await repositoryWithHistory();
  const source = await project.afs.workspace.create("source");
  await source.writeFile("/a.txt", "not committed\n");
  await source.writeFile("/secret", "s", { mode: 0o600 });
  await source.writeFile("/tool.sh", "#!/bin/sh\n", { mode: 0o755 });
  await source.mkdir("/locked");
  await source.writeFile("/locked/file", "x");
  await source.chmod("/locked", 0o700);
  await source.symlink("a.txt", "/link");
  await source.delete("/sub/b.txt");
  const fork = await project.afs.workspace.create("fork", { from: "source" });
  const facts = async (workspace: Workspace): Promise<string[]> =>
    (await workspace.listDir("/", { recursive: true }))
      .filter(({ path }) => path !== "/sub")
      .map(({ path, mode, isSymlink, size }) => `${path} ${mode.toString(8)} ${isSymlink} ${size}`);
  assert.deepEqual(await facts(fork), await facts(source));
  assert.equal(await fork.readFile("/link"), "not committed\n");
  assert.equal((await fork.status()).hasChanges, false);
  assert.equal((await git(fork.path, "rev-parse", "HEAD^")).trim(), await head(source));
  await fork.writeFile("/a.txt", "of the fork\n");
  assert.equal(await source.readFile("/a.txt"), "not committed\n");
});

Deno.test("create() from a workspace without changes starts at its last commit", async () => {
  await using project = await repositoryWithHistory();
  const source = await project.afs.workspace.create("source");
  await source.writeFile("/new.txt", "new\n");
  const { oid } = await source.commit("More");
  const fork = await project.afs.workspace.create("fork", { from: "source" });
  assert.equal(await head(fork), oid);
});

Deno.test("create() takes a workspace before a branch of the same name", async () => {
  await using project = await repositoryWithHistory();
  const source = await project.afs.workspace.create("old");
  await source.writeFile("/a.txt", "of the workspace\n");
  const fork = await project.afs.workspace.create("fork", { from: "old" });
  assert.equal(await fork.readFile("/a.txt"), "of the workspace\n");
});

Deno.test("create() starts from a snapshot, with what git's index cannot hold", async () => {
  await using project = await makeProject();
  const source = await project.afs.workspace.create("source/one");
  await source.mkdir("/empty");
  await source.writeFile("/secret", "s", { mode: 0o600 });
  await source.snapshot.create("good/state");
  await source.writeFile("/a.txt", "later\n");
  for (const fromSnapshot of ["good/state", "source/one/good/state"]) {
    await using workspace = await project.afs.workspace.temp("from", { fromSnapshot });
    assert.equal(await workspace.readFile("/a.txt"), "one\n");
    assert.equal((await workspace.stat("/secret")).mode, 0o600);
    assert.equal((await workspace.stat("/empty")).isDirectory, true);
    assert.equal((await workspace.status()).hasChanges, false);
  }
});

Deno.test("create() refuses a snapshot that two workspaces have, and says both", async () => {
  await using project = await makeProject();
  for (const name of ["x", "z"]) {
    const workspace = await project.afs.workspace.create(name);
    await workspace.snapshot.create("same");
  }
  await assert.rejects(project.afs.workspace.create("w", { fromSnapshot: "same" }), {
    code: "SnapshotNotFoundError",
    message: 'Cannot create a workspace from the snapshot "same": it can be x/snapshots/same or ' +
      'z/snapshots/same; say which as "workspace/snapshot"',
  });
  await project.afs.workspace.create("w", { fromSnapshot: "z/same" });
});

Deno.test("create() refuses a snapshot name with two readings", async () => {
  await using project = await makeProject();
  await (await project.afs.workspace.create("x")).snapshot.create("y");
  await (await project.afs.workspace.create("z")).snapshot.create("x/y");
  await assert.rejects(project.afs.workspace.create("w", { fromSnapshot: "x/y" }), {
    code: "SnapshotNotFoundError",
    message: /x\/snapshots\/y or z\/snapshots\/x\/y/,
  });
  await project.afs.workspace.create("w", { fromSnapshot: "z/x/y" });
});

Deno.test("create() names a snapshot that no workspace has", async () => {
  await using project = await makeProject();
  await project.afs.workspace.create("x");
  for (const fromSnapshot of ["nothing", "x/nothing", "", "x/", "../x", "x/../y", "a\0b"]) {
    await assert.rejects(project.afs.workspace.create("w", { fromSnapshot }), {
      code: "SnapshotNotFoundError",
      message: `Cannot create a workspace from the snapshot ${JSON.stringify(fromSnapshot)}: ` +
        "no workspace has it",
    });
  }
});

Deno.test("create() takes from or fromSnapshot, not both", async () => {
  await using project = await makeProject();
  await assert.rejects(project.afs.workspace.create("w", { from: "a", fromSnapshot: "b" }), {
    name: "TypeError",
    message: /give from or fromSnapshot, not both/,
  });
});

Deno.test("create() starts from a branch of the base when the store is AgentFS's own", async () => {
  await using project = await makeProject({
    files: HISTORY,
    repository: true,
    config: { store: "own" },
  });
  await git(project.path, "branch", "old");
  await Deno.writeTextFile(`${project.path}/a.txt`, "changed\n");
  await git(project.path, "commit", "--quiet", "--all", "--message", "second");
  const workspace = await project.afs.workspace.create("w", { from: "old" });
  assert.equal(await workspace.readFile("/a.txt"), "one\n");
});

Deno.test("create() leaves a name that is not UTF-8 in the commits, and tells of it", async () => {
  await using project = await makeProject({ files: HISTORY, repository: true });
  const { afs, path } = project;
  const script = "mkdir -p sub && printf x > sub/n\\377 && mkdir d\\377 && printf y > d\\377/y";
  const sh = new Deno.Command("sh", { args: ["-c", `eval "$(printf '${script}')"`], cwd: path });
  assert.equal((await sh.output()).code, 0);
  await git(path, "add", "--all");
  await git(path, "commit", "--quiet", "--message", "odd names");
  const told = ["/d\ufffd", "/sub/n\ufffd"];
  for (const options of [{}, { from: "main" }, { fromSnapshot: "s" }, { from: "w0" }]) {
    const count = (await afs.workspace.list()).length;
    const workspace = await afs.workspace.create(`w${count}`, options);
    const message = JSON.stringify(options);
    if (options.from !== "w0") {
      const paths = workspace.skipped.map(({ path }) => path.replace(/\/y$/, ""));
      assert.deepEqual(paths.sort(), told, message);
    }
    assert.equal((await workspace.status()).hasChanges, false, message);
    assert.equal((await workspace.run("git status --porcelain")).stdout, "", message);
    if (count === 0) await workspace.snapshot.create("s");
  }
});
