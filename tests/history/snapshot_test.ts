import * as assert from "node:assert/strict";
import { InvalidNameError, SnapshotExistsError, SnapshotNotFoundError } from "../../mod.ts";
import { git, tryGit } from "../git.ts";
import { makeProject } from "../project.ts";
import { writeFiles } from "../temporary.ts";

async function python(directory: string, program: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("python3", {
    args: ["-c", program],
    cwd: directory,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

async function fsck(path: string): Promise<string> {
  const { stdout, stderr } = await tryGit(path, ["fsck", "--strict", "--no-dangling"]);
  return stdout + stderr;
}

Deno.test("snapshot.create() is a ref to a commit that holds the files, empty directories included", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\n", "a.txt": "a", "d/b.txt": "b" },
  });
  const { path } = project;
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "new.txt": "new", "x.log": "ignored" });
  await workspace.mkdir("/empty/below");
  const snapshot = await workspace.snapshot.create("one", {
    description: "first",
    tags: ["a", "b"],
  });
  assert.equal(snapshot.ref, "refs/agentfs/w/snapshots/one");
  assert.equal((await git(path, "rev-parse", snapshot.ref)).trim(), snapshot.oid);
  assert.equal((await git(path, "rev-parse", `${snapshot.ref}^{tree}`)).trim(), snapshot.tree);
  assert.equal(
    (await git(path, "rev-parse", `${snapshot.ref}^`)).trim(),
    (await git(path, "rev-parse", "agentfs/w")).trim(),
  );
  assert.deepEqual(
    (await git(path, "ls-tree", "-r", "-t", "--name-only", snapshot.ref)).trim().split("\n"),
    [".gitignore", "a.txt", "d", "d/b.txt", "empty", "empty/below", "new.txt"],
  );
  assert.deepEqual(snapshot.skipped, []);
  assert.equal(await git(workspace.path, "status", "--porcelain"), "?? new.txt\n");
  assert.equal(await fsck(path), "");
  await project.reopen();
  const again = await project.workspace("w");
  assert.deepEqual(await again.snapshot.get("one"), snapshot);
  assert.deepEqual(await again.snapshot.list(), [snapshot]);
});

Deno.test("snapshot.create() keeps any description and any tags exactly, and git finds nothing wrong", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const descriptions = [
    "two\n\nparagraphs  \n\n",
    "NUL \0 and \ud800 half a character",
    'Agentfs-Snapshot: {"name":"another"}',
    " \n",
    "# no comment",
  ];
  for (const [index, description] of descriptions.entries()) {
    const tags = [description, "😀", ""];
    await workspace.snapshot.create(`snapshot-${index}`, { description, tags });
    const found = await workspace.snapshot.get(`snapshot-${index}`);
    assert.deepEqual([found.description, found.tags], [description, tags]);
  }
  assert.equal(await fsck(project.path), "");
});

Deno.test("snapshot.create() makes up a name; list() has the oldest first", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const made = [];
  for (const name of ["z", undefined, "a", undefined]) {
    made.push((await workspace.snapshot.create(name)).name);
  }
  assert.equal(new Set(made).size, 4);
  assert.match(made[1]!, /^\d{8}-\d{6}-[0-9a-f]{10}$/);
  assert.deepEqual((await workspace.snapshot.list()).map(({ name }) => name), made);
});

Deno.test("snapshot.create() refuses a name that is bad, taken, below one or above one", async () => {
  await using project = await makeProject();
  const { snapshot } = await project.afs.workspace.create("w");
  await snapshot.create("a/b");
  await assert.rejects(snapshot.create("a/b"), (error) => {
    assert.ok(error instanceof SnapshotExistsError);
    assert.match(
      error.message,
      /"a\/b": it is there already; delete it first or choose another name$/,
    );
    return true;
  });
  await assert.rejects(snapshot.create("a"), SnapshotExistsError);
  await assert.rejects(snapshot.create("a/b/c"), SnapshotExistsError);
  await assert.rejects(snapshot.create("../x"), InvalidNameError);
  await snapshot.create("a/c");
  await snapshot.delete("a/b");
  await snapshot.delete("a/c");
  await snapshot.create("a");
  assert.deepEqual((await snapshot.list()).map(({ name }) => name), ["a"]);
});

Deno.test("snapshot.get() and delete() name the snapshots that there are", async () => {
  await using project = await makeProject();
  const { snapshot } = await project.afs.workspace.create("w");
  await assert.rejects(snapshot.get("gone"), {
    name: "SnapshotNotFoundError",
    message: 'Cannot find the snapshot "gone" of workspace "w": it has none',
  });
  await snapshot.create("one");
  await snapshot.create("two");
  await assert.rejects(snapshot.delete("gone"), {
    name: "SnapshotNotFoundError",
    message: 'Cannot find the snapshot "gone" of workspace "w": it has "one", "two"',
  });
  await snapshot.delete("one");
  assert.deepEqual([await snapshot.has("one"), await snapshot.has("two")], [false, true]);
  await assert.rejects(snapshot.delete("one"), SnapshotNotFoundError);
});

Deno.test("snapshot.temp() is gone at the end of its scope, also when somebody deleted it before", async () => {
  await using project = await makeProject();
  const { snapshot } = await project.afs.workspace.create("w");
  {
    await using one = await snapshot.temp("try");
    await using two = await snapshot.temp();
    assert.match(one.name, /^try-/);
    assert.equal((await snapshot.list()).length, 2);
    await snapshot.delete(two.name);
  }
  assert.deepEqual(await snapshot.list(), []);
});

Deno.test("snapshot.create() tells what it could not hold, and says it again later", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "sub/file": "plain", ".GIT/x": "", "ok": "" });
  await git(`${workspace.path}/sub`, "init", "--quiet");
  await Deno.symlink("ok", `${workspace.path}/.gitmodules`);
  await python(
    workspace.path,
    `
import os, socket
os.mkfifo("fifo")
socket.socket(socket.AF_UNIX).bind("socket")
open(b"name\\xff", "w").close()
`,
  );
  const snapshot = await workspace.snapshot.create("one");
  const paths = ["/.GIT", "/.gitmodules", "/fifo", "/name\ufffd", "/socket", "/sub/.git"];
  assert.deepEqual(snapshot.skipped.map(({ path }) => path).sort(), paths);
  assert.deepEqual((await workspace.snapshot.get("one")).skipped, snapshot.skipped);
  const { skipped } = await workspace.commit("All that can be");
  assert.deepEqual(skipped.map(({ path }) => path).sort(), paths);
  const store = `${project.path}/.agentfs/store.git`;
  const held = await git(store, "ls-tree", "-r", "--name-only", snapshot.tree);
  assert.equal(held, "a.txt\nok\nsub/file\n");
  assert.match(await fsck(store), /^notice: HEAD points to an unborn branch/);
});

Deno.test("snapshot.create() takes of what cannot be read what the store has of it", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  for (const name of ["committed", "kept", "seen"]) await workspace.symlink("one", `/${name}`);
  await workspace.commit("One", { include: ["committed"] });
  await workspace.delete("/committed");
  await workspace.symlink("two", "/committed");
  await workspace.snapshot.create("kept", {});
  for (const name of ["committed", "seen"]) {
    await workspace.delete(`/${name}`);
    await workspace.symlink(`only ${name}`, `/${name}`);
  }
  await workspace.status();
  // Links that Deno cannot read, whoever asks; unreadable files are such to an ordinary user.
  await python(
    workspace.path,
    `
import os
for name in [b"committed", b"kept", b"seen"]:
    os.unlink(name)
    os.symlink(b"\\xff", name)
`,
  );
  const { tree, skipped } = await workspace.snapshot.create("unread");
  assert.deepEqual(skipped.map(({ path }) => path).sort(), ["/committed", "/kept", "/seen"]);
  const target = async (name: string): Promise<string> =>
    await git(project.path, "cat-file", "blob", `${tree}:${name}`);
  assert.equal(await target("committed"), "one");
  assert.equal(await target("kept"), "one");
  await assert.rejects(target("seen"));
  const { changes, skipped: left } = await workspace.commit("Nothing of that");
  assert.deepEqual(changes.map(({ type, path }) => `${type} ${path}`), ["added /kept"]);
  assert.equal(left.length, 3);
  assert.equal(await fsck(project.path), "");
});

Deno.test("snapshot.create() with ignored takes everything but .git", async () => {
  await using project = await makeProject({ files: { ".gitignore": "*.log\nbuild/\n" } });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "x.log": "1", "build/out": "2", "build/.gitignore": "*\n" });
  await workspace.snapshot.create("all", { ignored: true });
  const { tree } = await workspace.snapshot.get("all");
  const listed = await git(
    `${project.path}/.agentfs/store.git`,
    "ls-tree",
    "-r",
    "--name-only",
    tree,
  );
  assert.equal(listed, ".gitignore\nbuild/.gitignore\nbuild/out\nx.log\n");
  // It does not make the next look take them for tracked.
  assert.equal((await workspace.status()).hasChanges, false);
  await workspace.snapshot.create("usual");
  assert.equal((await workspace.snapshot.get("usual")).tree === tree, false);
});

Deno.test("snapshot.create() writes only what no ref holds", async () => {
  await using project = await makeProject({
    repository: true,
    files: Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`d${index % 5}/${index}`, `${index}`]),
    ),
  });
  const workspace = await project.afs.workspace.create("w");
  const packs = `${project.path}/.git/objects/pack`;
  const known = new Set<string>();
  const objectsOf = async (name: string): Promise<number> => {
    await workspace.snapshot.create(name);
    const [pack] = [...Deno.readDirSync(packs)].map(({ name }) => name)
      .filter((name) => name.endsWith(".idx") && !known.has(name));
    known.add(pack!);
    const lines = await git(project.path, "verify-pack", "-v", `${packs}/${pack}`);
    return lines.split("\n").filter((line) => /^[0-9a-f]{40} /.test(line)).length;
  };
  // The commit alone, then a blob, two trees and a commit more, then a commit on top of what that holds;
  // with each the head of the audit log.
  assert.equal(await objectsOf("unchanged"), 2);
  await workspace.writeFile("/d1/1", "changed");
  assert.equal(await objectsOf("changed"), 5);
  assert.equal(await objectsOf("again"), 2);
  assert.deepEqual([...Deno.readDirSync(packs)].filter(({ name }) => name.endsWith(".keep")), []);
});

Deno.test("snapshot.create() that is aborted leaves nothing", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const files = Array.from({ length: 800 }, (_, index) => [`${index}`, `${index}`]);
  await writeFiles(workspace.path, Object.fromEntries(files));
  const controller = new AbortController();
  const taking = workspace.snapshot.create("one", { signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 5);
  await assert.rejects(taking, /enough/);
  await assert.rejects(workspace.snapshot.create("one", { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  assert.equal(await workspace.snapshot.has("one"), false);
  assert.deepEqual([...Deno.readDirSync(`${project.path}/.git/objects/pack`)], []);
  await workspace.snapshot.create("one");
});

Deno.test("snapshot.create() holds no half of a file that is rewritten meanwhile", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("children/rewriter.ts", import.meta.url).pathname, workspace.path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.getReader();
  // It has begun once it says so.
  await output.read();
  const store = `${project.path}/.agentfs/store.git`;
  const held = new Set<string>();
  for (let round = 0; round < 15; round++) {
    const { tree, skipped } = await workspace.snapshot.create();
    const read = async (name: string): Promise<string> => {
      if (skipped.some(({ path }) => path === `/${name}`)) return "";
      return await git(store, "cat-file", "blob", `${tree}:${name}`);
    };
    const lines = (await read("renamed")).split("\n").slice(0, -1);
    assert.equal(lines.length, lines.length === 0 ? 0 : 1 + Number(lines[0]) % 3000);
    assert.equal(new Set(lines).size, Math.min(lines.length, 1));
    const log = await read("log");
    assert.equal(
      log,
      log.split("\n").slice(0, -1).map((_, at) => `${at}`.padStart(9, "0") + "\n").join(""),
    );
    assert.match(await read("small"), /^((\d{9}) \2\n)?$/);
    held.add(tree);
  }
  await child.stdin.close();
  output.releaseLock();
  await child.stdout.cancel();
  assert.ok((await child.status).success);
  assert.ok(held.size > 1);
});
