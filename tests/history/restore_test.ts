import * as assert from "node:assert/strict";
import { PathError, SnapshotNotFoundError, StoreError, type Workspace } from "../../mod.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { type Photo, photograph } from "../property/photo.ts";
import { writeFiles } from "../temporary.ts";

function assertPhoto(workspace: Workspace, expected: Photo): void {
  const sorted = (photo: Photo): Photo => new Map([...photo].sort());
  assert.deepEqual(sorted(photograph(workspace.path)), sorted(expected));
}

async function undoPoints({ path }: Project): Promise<string[]> {
  const refs = await git(path, "for-each-ref", "--format=%(refname)", "refs/agentfs/w/undo");
  return refs.split("\n").slice(0, -1);
}

Deno.test("snapshot.restore() brings back everything, and its undo point all that was before", async () => {
  await using project = await makeProject({
    repository: true,
    files: { "a.txt": "a", "d/b.txt": "b", "d/e/c.txt": "c", "run.sh": "x" },
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.chmod("/run.sh", 0o750);
  await workspace.chmod("/d/e", 0o700);
  await workspace.symlink("d/e", "/link");
  await workspace.mkdir("/empty/below");
  await workspace.snapshot.create("one");
  const before = photograph(workspace.path);
  await workspace.delete("/d", { recursive: true });
  await workspace.delete("/link");
  await workspace.mkdir("/link");
  await workspace.writeFile("/link/d", "was a link");
  await workspace.writeFile("/d", "was a directory", { mode: 0o600 });
  await workspace.delete("/empty", { recursive: true });
  await workspace.chmod("/run.sh", 0o644);
  await workspace.mkdir("/new/empty");
  await Deno.chmod(`${workspace.path}/new`, 0o500);
  const after = photograph(workspace.path);
  const { changes, undo } = await workspace.snapshot.restore("one");
  assertPhoto(workspace, before);
  assert.deepEqual(changes.map(({ type, path }) => `${type} ${path}`), [
    "deleted /d",
    "added /d/b.txt",
    "added /d/e/c.txt",
    "added /link",
    "deleted /link/d",
    "modified /run.sh",
  ]);
  assert.match(undo.name, /^undo\//);
  assert.equal(undo.ref, `refs/agentfs/w/${undo.name}`);
  assert.equal(undo.description, "before the restore of one");
  assert.deepEqual(await workspace.snapshot.get(undo.name), undo);
  assert.ok(await workspace.snapshot.has(undo.name));
  // Undo points are no snapshots that anybody asked for.
  assert.deepEqual((await workspace.snapshot.list()).map(({ name }) => name), ["one"]);
  const again = await workspace.snapshot.restore(undo);
  assertPhoto(workspace, after);
  await workspace.snapshot.restore(again.undo.name);
  assertPhoto(workspace, before);
});

Deno.test("snapshot.restore() moves neither HEAD, nor the branch, nor what git has staged", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("one");
  await workspace.writeFile("/a.txt", "two\n");
  await workspace.commit("Second");
  await writeFiles(workspace.path, { "staged.txt": "" });
  await git(workspace.path, "add", "staged.txt");
  const facts = async (): Promise<string> =>
    await git(workspace.path, "rev-parse", "HEAD", "agentfs/w") +
    await git(workspace.path, "ls-files", "--stage");
  const before = await facts();
  await workspace.snapshot.restore("one");
  assert.equal(await facts(), before);
  assert.equal(await git(workspace.path, "status", "--porcelain"), " M a.txt\nAD staged.txt\n");
  const { modified } = await workspace.status();
  assert.deepEqual(modified.map(({ path }) => path), ["/a.txt"]);
});

Deno.test("snapshot.restore() leaves ignored files alone, and brings back one that is ignored by now", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\n" },
  });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "kept.txt": "in the snapshot", "d/x": "x" });
  await workspace.snapshot.create("one");
  await writeFiles(workspace.path, {
    ".gitignore": "*.log\nkept.txt\nd/\n",
    "kept.txt": "precious",
    "debug.log": "a log",
    "d/debug.log": "another",
    "d/other": "ignored, too",
  });
  const after = photograph(workspace.path);
  const { changes, undo } = await workspace.snapshot.restore("one");
  assert.deepEqual(changes.map(({ type, path }) => `${type} ${path}`), [
    "modified /.gitignore",
    "modified /kept.txt",
  ]);
  assert.equal(await workspace.readFile("/kept.txt"), "in the snapshot");
  assert.equal(await workspace.readFile("/debug.log"), "a log");
  assert.equal(await workspace.readFile("/d/other"), "ignored, too");
  assert.equal(await git(project.path, "show", `${undo.tree}:kept.txt`), "precious");
  await workspace.snapshot.restore(undo);
  assertPhoto(workspace, after);
});

Deno.test("snapshot.restore() says nothing of what it left alone", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/.gitignore", "*.log\n");
  await workspace.snapshot.create("one");
  await workspace.delete("/.gitignore");
  await workspace.writeFile("/x.log", "not ignored when it was written");
  const { changes } = await workspace.snapshot.restore("one");
  assert.deepEqual(changes.map(({ path }) => path), ["/.gitignore"]);
  assert.ok(await workspace.exists("/x.log"));
});

Deno.test("snapshot.restore() of one with ignored files brings them back", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "build/\n*.env\n" },
  });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "build/deep/out": "1", "secret.env": "2" });
  await Deno.chmod(`${workspace.path}/secret.env`, 0o600);
  await workspace.snapshot.create("all", { ignored: true });
  const before = photograph(workspace.path);
  await Deno.remove(`${workspace.path}/build`, { recursive: true });
  await writeFiles(workspace.path, { "secret.env": "changed" });
  const after = photograph(workspace.path);
  const { changes, undo } = await workspace.snapshot.restore("all");
  assert.deepEqual(changes.map(({ path }) => path), ["/build/deep/out", "/secret.env"]);
  assertPhoto(workspace, before);
  await workspace.snapshot.restore(undo);
  assert.equal(await workspace.readFile("/secret.env"), "changed");
  assert.equal(after.get("/secret.env")?.kind, "file");
});

Deno.test("snapshot.restore() is a PathError when ignored files are in the way, and changes nothing", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\n", "a.txt": "a", "z.txt": "z" },
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("one");
  await workspace.delete("/a.txt");
  await writeFiles(workspace.path, { "z.txt": "changed", "a.txt/precious.log": "a log" });
  const before = photograph(workspace.path);
  await assert.rejects(workspace.snapshot.restore("one"), (error) => {
    assert.ok(error instanceof PathError);
    assert.equal(error.path, "/a.txt");
    assert.match(error.message, /a directory with ignored files is there; move them away first$/);
    return true;
  });
  assertPhoto(workspace, before);
  assert.deepEqual(await undoPoints(project), []);
  await workspace.move("/a.txt/precious.log", "/precious.log");
  await workspace.snapshot.restore("one");
  assert.equal(await workspace.readFile("/a.txt"), "a");
});

Deno.test("snapshot.restore() is a PathError when it would lose what cannot be read", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.symlink("one", "/link");
  await workspace.snapshot.create("one");
  await workspace.delete("/link");
  await workspace.snapshot.create("none");
  await workspace.symlink("two", "/link");
  await workspace.snapshot.create("two");
  // A link that Deno cannot read, whoever asks; an unreadable file is one to an ordinary user.
  const program = "import os; os.unlink('link'); os.symlink(b'\\xff', b'link')";
  const options = { args: ["-c", program], cwd: workspace.path };
  assert.ok((await new Deno.Command("python3", options).output()).success);
  for (const name of ["one", "none"]) {
    await assert.rejects(workspace.snapshot.restore(name), (error) => {
      assert.ok(error instanceof PathError);
      assert.match(error.message, /^Cannot restore \/link: what is there cannot be read/);
      return true;
    });
  }
  const { undo } = await workspace.snapshot.restore("two");
  assert.deepEqual(undo.skipped.map(({ path }) => path), ["/link"]);
  assert.throws(() => Deno.readLinkSync(`${workspace.path}/link`), Deno.errors.InvalidData);
  await workspace.delete("/link");
  await workspace.snapshot.restore("one");
  assert.equal(await workspace.readLink("/link"), "one");
});

Deno.test("snapshot.restore() stops at any error in reading the ignore rules", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("one");
  await workspace.writeFile("/a.txt", "changed");
  const excludes = `${project.path}/.git/info/exclude`;
  await Deno.remove(excludes);
  await Deno.mkdir(excludes);
  await assert.rejects(workspace.snapshot.restore("one"), (error) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /^Cannot tell what is ignored: .*\/info\/exclude cannot be read$/);
    return true;
  });
  assert.equal(await workspace.readFile("/a.txt"), "changed");
  await Deno.remove(excludes);
  await workspace.snapshot.restore("one");
  assert.equal(await workspace.readFile("/a.txt"), "one\n");
});

Deno.test("snapshot.restore() brings back a workspace whose files were deleted on disk", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/d/b.txt", "b");
  await workspace.snapshot.create("one");
  const before = photograph(workspace.path);
  await Deno.remove(workspace.path, { recursive: true });
  await assert.rejects(workspace.status(), /was deleted on disk/);
  await workspace.snapshot.restore("one");
  assertPhoto(workspace, before);
  assert.equal(await git(workspace.path, "status", "--porcelain"), "?? d/\n");
});

Deno.test("snapshot.restore() names an object that the store has lost, and changes nothing", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/lost.txt", "soon lost");
  await workspace.snapshot.create("one");
  const oid = (await git(project.path, "rev-parse", "refs/agentfs/w/snapshots/one:lost.txt"))
    .trim();
  await workspace.delete("/lost.txt");
  await workspace.writeFile("/a.txt", "changed");
  await project.afs.close();
  const packs = `${project.path}/.git/objects/pack`;
  const unpacked = `${project.directory}/packs`;
  await Deno.rename(packs, unpacked);
  await Deno.mkdir(packs);
  for (const { name } of [...Deno.readDirSync(unpacked)]) {
    if (!name.endsWith(".pack")) continue;
    const child = new Deno.Command("git", {
      args: ["unpack-objects", "-q"],
      cwd: project.path,
      stdin: "piped",
    }).spawn();
    await (await Deno.open(`${unpacked}/${name}`)).readable.pipeTo(child.stdin);
    assert.ok((await child.status).success);
  }
  await Deno.remove(`${project.path}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`);
  await project.reopen();
  const again = await project.workspace("w");
  await assert.rejects(again.snapshot.restore("one"), (error) => {
    assert.ok(error instanceof StoreError);
    assert.ok(error.message.startsWith(`Cannot restore /lost.txt: its object ${oid} is missing`));
    return true;
  });
  assert.equal(await again.readFile("/a.txt"), "changed");
});

Deno.test("snapshot.restore() cuts a hard link rather than write through it", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("one");
  const outside = `${project.directory}/outside`;
  await Deno.writeTextFile(outside, "somebody's");
  await Deno.remove(`${workspace.path}/a.txt`);
  await Deno.link(outside, `${workspace.path}/a.txt`);
  await workspace.snapshot.restore("one");
  assert.equal(await workspace.readFile("/a.txt"), "one\n");
  assert.equal(await Deno.readTextFile(outside), "somebody's");
});

Deno.test("snapshot.restore() takes a name or a snapshot of this workspace, and nothing else", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const other = await project.afs.workspace.create("other");
  const mine = await workspace.snapshot.create("one");
  const theirs = await other.snapshot.create("one");
  await workspace.snapshot.restore(mine);
  await assert.rejects(workspace.snapshot.restore(theirs), SnapshotNotFoundError);
  await assert.rejects(workspace.snapshot.restore("two"), SnapshotNotFoundError);
  await workspace.snapshot.delete("one");
  await workspace.writeFile("/a.txt", "changed");
  await workspace.snapshot.create("one");
  await assert.rejects(workspace.snapshot.restore(mine), SnapshotNotFoundError);
});

Deno.test("snapshot.restore() that is aborted changes nothing", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("one");
  await workspace.writeFile("/a.txt", "changed");
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(workspace.snapshot.restore("one", { signal }), /enough/);
  assert.equal(await workspace.readFile("/a.txt"), "changed");
  assert.deepEqual(await undoPoints(project), []);
});
