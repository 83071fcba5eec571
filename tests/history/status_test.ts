import * as assert from "node:assert/strict";
import type { Status, Workspace } from "../../mod.ts";
import { finishAtOnce } from "../../src/git/steps.ts";
import { readStatCache, writeStatCache } from "../../src/worktree/stat_cache.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { writeFiles } from "../temporary.ts";

function told({ added, modified, deleted, renamed }: Status): string[] {
  return [...added, ...modified, ...deleted, ...renamed].map(({ type, path }) => `${type} ${path}`);
}

async function statusOf(workspace: Workspace): Promise<string[]> {
  return told(await workspace.status());
}

function statCache({ path }: Project): string {
  return `${path}/.git/agentfs/cache/w`;
}

Deno.test("status() groups what differs from the last commit, with modes and ids", async () => {
  await using project = await makeProject({
    repository: true,
    files: { "a.txt": "a", "b.txt": "b", "c.txt": "c", "d/e.txt": "e", "f.txt": "same" },
  });
  const workspace = await project.afs.workspace.create("w");
  assert.deepEqual(await workspace.status(), {
    added: [],
    modified: [],
    deleted: [],
    renamed: [],
    ignored: [],
    hasChanges: false,
  });
  await workspace.writeFile("/a.txt", "A");
  await workspace.chmod("/b.txt", 0o755);
  await workspace.delete("/c.txt");
  await workspace.symlink("a.txt", "/c.txt");
  await workspace.delete("/d", { recursive: true });
  await workspace.writeFile("/new.txt", "same");
  await workspace.mkdir("/empty");
  const status = await workspace.status();
  assert.deepEqual(told(status), [
    "added /new.txt",
    "modified /a.txt",
    "modified /b.txt",
    "modified /c.txt",
    "deleted /d/e.txt",
  ]);
  assert.equal(status.hasChanges, true);
  const id = async (text: string): Promise<string> => {
    await Deno.writeTextFile(`${project.directory}/blob`, text);
    return (await git(project.path, "hash-object", "--no-filters", `${project.directory}/blob`))
      .trim();
  };
  assert.deepEqual(status.modified[2], {
    type: "modified",
    path: "/c.txt",
    oldPath: null,
    oldOid: await id("c"),
    newOid: await id("a.txt"),
    oldMode: 0o100644,
    newMode: 0o120000,
  });
  assert.deepEqual(status.added[0], {
    type: "added",
    path: "/new.txt",
    oldPath: null,
    oldOid: null,
    newOid: await id("same"),
    oldMode: null,
    newMode: 0o100644,
  });
  assert.equal(status.modified[1]!.newMode, 0o100755);
  assert.equal(status.deleted[0]!.newOid, null);
});

Deno.test("status() lists what is ignored when it is asked to, as git does", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\nbuild/\n/root-only\n", "kept.txt": "" },
  });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, {
    "a.log": "",
    "build/deep/out": "",
    "d/b.log": "",
    "d/root-only": "",
    "root-only": "",
  });
  assert.deepEqual((await workspace.status()).ignored, []);
  const { ignored } = await workspace.status({ ignored: true });
  const output = await git(workspace.path, "status", "--porcelain", "--ignored", "-uall", "-z");
  const expected = output.split("\0").filter((line) => line.startsWith("!!"))
    .map((line) => `/${line.slice(3)}`);
  // Where git would name every file of an ignored directory, the directory is enough.
  const files = ignored.map(({ path }) => path === "/build/" ? "/build/deep/out" : path);
  assert.deepEqual(files.sort(), expected.sort());
});

Deno.test("status() follows .gitignore as it is on disk", async () => {
  await using project = await makeProject({ repository: true, files: { "tracked.log": "" } });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "new.log": "", "d/new.log": "" });
  assert.deepEqual(await statusOf(workspace), ["added /d/new.log", "added /new.log"]);
  await workspace.writeFile("/.gitignore", "*.log\n");
  await workspace.writeFile("/tracked.log", "changed");
  assert.deepEqual(await statusOf(workspace), ["added /.gitignore", "modified /tracked.log"]);
  await workspace.writeFile("/d/.gitignore", "!new.log\n");
  assert.deepEqual(await statusOf(workspace), [
    "added /.gitignore",
    "added /d/.gitignore",
    "added /d/new.log",
    "modified /tracked.log",
  ]);
});

for (const putBack of [false, true]) {
  const how = putBack ? "with the old times put back" : "in place";
  Deno.test(`status() misses none of 200 rewrites of the same size right after a snapshot, ${how}`, async () => {
    const names = Array.from({ length: 10 }, (_, index) => `file-${index}`);
    await using project = await makeProject({
      repository: true,
      files: Object.fromEntries(names.map((name) => [name, "0000"])),
    });
    const workspace = await project.afs.workspace.create("w");
    for (let round = 1; round <= 20; round++) {
      const { name: snapshot } = await workspace.snapshot.create();
      for (const name of names) {
        const file = `${workspace.path}/${name}`;
        const { atime, mtime } = Deno.lstatSync(file);
        Deno.writeTextFileSync(file, `${1000 + round}`);
        if (putBack) Deno.utimeSync(file, atime!, mtime!);
      }
      const { changes } = await workspace.snapshot.diff(snapshot);
      assert.deepEqual(changes.map(({ path }) => path), names.map((name) => `/${name}`));
      assert.equal((await workspace.status()).modified.length, names.length);
    }
  });
}

Deno.test("status() after a reopen reads the stat cache, and is right without it", async () => {
  await using project = await makeProject({
    repository: true,
    files: { "a.txt": "a", "d/b.txt": "b", "d/c.txt": "c" },
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/d/b.txt", "B");
  await workspace.writeFile("/new.txt", "new");
  const expected = await workspace.status();
  await project.afs.close();
  const cache = statCache(project);
  const whole = await Deno.readFile(cache);
  const flipped = whole.slice();
  flipped[flipped.length >> 1]! ^= 1;
  for (const bytes of [whole, new Uint8Array(), whole.slice(0, 100), flipped, null]) {
    if (bytes === null) await Deno.remove(cache).catch(() => {});
    else await Deno.writeFile(cache, bytes);
    await project.reopen();
    assert.deepEqual(await (await project.workspace("w")).status(), expected);
  }
});

Deno.test("status() does not believe a cache from a time that the clock has not reached", async () => {
  await using project = await makeProject({ repository: true, files: { "a.txt": "old" } });
  const workspace = await project.afs.workspace.create("w");
  await workspace.status();
  await workspace.writeFile("/.touched", "so that there is something to keep");
  await workspace.status();
  await project.afs.close();
  const { root } = finishAtOnce(readStatCache(statCache(project)))!;
  // As it would be had the clock been set back since: everything is believed, and a later change has
  // the very times that the cache knows.
  const file = `${workspace.path}/a.txt`;
  const { atime, mtime } = Deno.lstatSync(file);
  Deno.writeTextFileSync(file, "new");
  Deno.utimeSync(file, atime!, mtime!);
  const ctime = Math.floor(Deno.lstatSync(file).ctime!.getTime() / 1000);
  const node = root.children.get("a.txt");
  assert.ok(node?.kind === "file");
  const children = new Map(root.children).set("a.txt", { ...node, ctime, trusted: true });
  const later = Math.floor(Date.now() / 1000) + 3600;
  const state = { root: { ...root, children }, clock: later };
  finishAtOnce(writeStatCache(statCache(project), state, `${file}.tmp`));
  await project.reopen();
  assert.deepEqual(await statusOf(await project.workspace("w")), [
    "added /.touched",
    "modified /a.txt",
  ]);
});

Deno.test("status() does not hang on what is no file, and has nothing to say of it", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const { success } = await new Deno.Command("mkfifo", {
    args: [`${workspace.path}/fifo`, `${workspace.path}/.gitignore`],
  }).output();
  assert.ok(success);
  assert.equal((await workspace.status()).hasChanges, false);
  // A FIFO in the place of a file is that file's end.
  await Deno.remove(`${workspace.path}/a.txt`);
  await Deno.rename(`${workspace.path}/fifo`, `${workspace.path}/a.txt`);
  assert.deepEqual(await statusOf(workspace), ["deleted /a.txt"]);
});
