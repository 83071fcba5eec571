import * as assert from "node:assert/strict";
import { StoreError } from "../../src/errors.ts";
import { hashObject } from "../../src/git/object.ts";
import { IgnoreRules } from "../../src/worktree/ignore.ts";
import { scan } from "../../src/worktree/scan.ts";
import { type DirectoryNode, emptyTree, nodeAt, stateTree } from "../../src/worktree/state.ts";
import { git } from "../git.ts";
import { TemporaryDirectory, temporaryDirectory, writeFiles } from "../temporary.ts";
import { fileClock, listed, look, lookLater, stateOf } from "./look.ts";

const encoder = new TextEncoder();

function oidAt(root: DirectoryNode, path: string): string | null {
  const node = nodeAt(root, path.split("/").slice(1));
  return node?.kind === "file" ? node.oid : null;
}

function oidOf(content: string): string {
  return hashObject("blob", encoder.encode(content));
}

async function python(directory: string, program: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("python3", {
    args: ["-c", program],
    cwd: directory,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

Deno.test("scan() finds files, links and directories as git does", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(path, { "a": "a\n", "a-b/x": "x", "d/e/f": "", "a.b": "\0\r\n" });
  await Deno.chmod(`${path}/a-b/x`, 0o711);
  await Deno.symlink("nowhere\n", `${path}/link`);
  await Deno.symlink("d", `${path}/to directory`);
  await Deno.mkdir(`${path}/d/empty`);
  await Deno.writeFile(`${path}/big`, new Uint8Array(3 * 1024 * 1024 + 1).fill(7));
  const { root, skipped, hashed } = await look(path);
  assert.deepEqual(listed(root), [
    "/a 100644",
    "/a-b/",
    "/a-b/x 100755",
    "/a.b 100644",
    "/big 100644",
    "/d/",
    "/d/e/",
    "/d/e/f 100644",
    "/d/empty/",
    "/link 120000",
    "/to directory 120000",
  ]);
  assert.deepEqual(skipped, []);
  assert.equal(hashed, 7);
  await git(path, "init", "--quiet");
  await git(path, "add", "--all");
  assert.equal(root.filesTree, (await git(path, "write-tree")).trim());
  assert.notEqual(root.tree, root.filesTree);
});

Deno.test("scan() gives the same node and reads nothing when nothing has changed", async () => {
  await using directory = await temporaryDirectory();
  await writeFiles(directory.path, { "a": "1", "d/b": "2", "d/e/c": "3" });
  const first = await lookLater(directory.path);
  const second = await lookLater(directory.path, { previous: first.root });
  assert.equal(second.root, first.root);
  assert.equal(second.hashed, 0);
});

Deno.test("scan() shares what did not change with the state before", async () => {
  await using directory = await temporaryDirectory();
  await writeFiles(directory.path, { "d/a": "1", "e/b": "2" });
  const before = await lookLater(directory.path);
  await Deno.writeTextFile(`${directory.path}/e/b`, "longer");
  const contents: string[] = [];
  const after = await lookLater(directory.path, {
    previous: before.root,
    save: (content) => {
      contents.push(new TextDecoder().decode(content));
      return hashObject("blob", content);
    },
  });
  assert.deepEqual(contents, ["longer"]);
  assert.equal(after.hashed, 1);
  assert.equal(after.root.children.get("d"), before.root.children.get("d"));
  assert.notEqual(after.root.tree, before.root.tree);
});

Deno.test("scan() reads a file again whose times are in the second of the scan", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a`;
  await Deno.writeTextFile(path, "old");
  const { mtime, atime } = await Deno.lstat(path);
  const before = await look(directory.path);
  for (const content of ["new", "NEW"]) {
    await Deno.writeTextFile(path, content);
    await Deno.utime(path, atime!, mtime!);
    const after = await look(directory.path, { previous: before.root });
    assert.equal(oidAt(after.root, "/a"), oidOf(content));
  }
});

Deno.test("scan() sees a rewrite of the same size by the time that cannot be put back", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a`;
  await Deno.writeTextFile(path, "old");
  const { mtime, atime } = await Deno.lstat(path);
  const believed = await lookLater(directory.path);
  const written = fileClock(directory.path);
  // Only a later second tells, and the state says that it is one: wait for it.
  while (fileClock(directory.path) === written) await new Promise((next) => setTimeout(next, 20));
  await Deno.writeTextFile(path, "new");
  await Deno.utime(path, atime!, mtime!);
  const after = await look(directory.path, { previous: believed.root });
  assert.equal(oidAt(after.root, "/a"), oidOf("new"));
});

Deno.test("scan() tells other permission bits without reading the file", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a`;
  await Deno.writeTextFile(path, "a");
  const before = await lookLater(directory.path);
  const permissions = (root: DirectoryNode): number | null => nodeAt(root, ["a"])!.permissions;
  await Deno.chmod(path, 0o600);
  const after = await lookLater(directory.path, { previous: before.root });
  assert.equal(permissions(after.root), 0o600);
  assert.equal(after.root.tree, before.root.tree);
  assert.notEqual(after.root, before.root);
});

Deno.test("scan() prunes ignored directories before it enters them", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(path, {
    ".gitignore": "*.log\nbuild/\n",
    "build/deep/a": "",
    "d/.gitignore": "!keep.log\nx\n",
    "d/keep.log": "",
    "d/x": "",
    "d/y": "",
    "e.log": "",
  });
  // Whoever enters it trips over this.
  await python(path, "import os; os.mkfifo('build/fifo')");
  const { root, ignored, skipped } = await look(path);
  assert.deepEqual(listed(root), [
    "/.gitignore 100644",
    "/d/",
    "/d/.gitignore 100644",
    "/d/keep.log 100644",
    "/d/y 100644",
  ]);
  assert.deepEqual(ignored, ["/build/", "/d/x", "/e.log"]);
  assert.deepEqual(skipped, []);
  const all = await look(path, { ignored: true });
  assert.deepEqual(all.ignored, []);
  assert.equal(oidAt(all.root, "/build/deep/a"), oidOf(""));
  assert.deepEqual(all.skipped, [
    { path: "/build/fifo", reason: "a FIFO has no content to store" },
  ]);
});

Deno.test("scan() takes an ignored path that is tracked, and nothing around it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(path, {
    "build/out": "1",
    "build/new": "2",
    "build/deep/out": "3",
    "a.log": "4",
    "b.log": "5",
    "c.log/x": "6",
    "d.log": "7",
  });
  const rules = IgnoreRules.none.withGitignore("build/\n*.log\n");
  const blob = { oid: oidOf("") };
  const head = stateOf({
    "build": { "out": blob },
    "a.log": blob,
    // A directory of this name is another thing, and so is a file where a directory was.
    "c.log": blob,
    "d.log": { "x": blob },
  });
  const expected = ["/a.log 100644", "/build/", "/build/out 100644"];
  const byHead = await look(path, { rules, head: stateTree(head, "files") });
  assert.deepEqual(listed(byHead.root), expected);
  const known = new Set(["build/", "build/out", "a.log"]);
  const byIndex = await look(path, { rules, tracked: (path) => Promise.resolve(known.has(path)) });
  assert.deepEqual(listed(byIndex.root), expected);
  const byNeither = await look(path, {
    rules,
    head: stateTree(head, "files"),
    tracked: () => Promise.resolve(false),
  });
  assert.deepEqual(listed(byNeither.root), []);
});

Deno.test("scan() tells of what git cannot hold, and never hangs", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(path, {
    "ok": "ok",
    "sub/file": "of a nested repository",
    "sub/.git/HEAD": "ref: refs/heads/main\n",
    ".GIT/config": "",
    "git~1": "",
    "d/.gitmodules": "a file is fine",
    "back\\.git": "",
  });
  await Deno.symlink("ok", `${path}/.gitmodules`);
  await python(
    path,
    `
import os, socket
os.mkfifo("fifo")
socket.socket(socket.AF_UNIX).bind("socket")
`,
  );
  const { root, skipped } = await look(path);
  assert.deepEqual(listed(root), [
    "/d/",
    "/d/.gitmodules 100644",
    "/ok 100644",
    "/sub/",
    "/sub/file 100644",
  ]);
  const unnamed = "git cannot hold a path of this name";
  assert.deepEqual(
    new Map(skipped.map(({ path, reason }) => [path, reason])),
    new Map([
      ["/fifo", "a FIFO has no content to store"],
      ["/socket", "a socket has no content to store"],
      ["/sub/.git", "a nested repository is stored as plain files, without its .git"],
      ["/.GIT", unnamed],
      ["/git~1", unnamed],
      ["/back\\.git", unnamed],
      ["/.gitmodules", "git does not take a .gitmodules that is a link"],
    ]),
  );
});

Deno.test("scan() tells of names and targets that are not UTF-8, and takes a real U+FFFD", async () => {
  await using directory = await temporaryDirectory();
  await python(
    directory.path,
    `
import os
os.mkdir(b"directory\\xff")
open(b"directory\\xff/inside", "w").close()
open(b"file\\xff", "w").close()
os.symlink("ok", b"link\\xff")
os.symlink(b"target\\xff", "link")
open("real\\ufffd", "w").close()
open(b"twin\\xff", "w").close()
open("twin\\ufffd", "w").close()
`,
  );
  const { root, skipped } = await look(directory.path);
  assert.deepEqual(listed(root), ["/real\ufffd 100644", "/twin\ufffd 100644"]);
  const byPath = skipped.toSorted((a, b) => a.path < b.path ? -1 : 1);
  assert.deepEqual(byPath.filter(({ path }) => path !== "/link"), [
    { path: "/directory\ufffd", reason: "its name is not UTF-8" },
    { path: "/file\ufffd", reason: "its name is not UTF-8" },
    { path: "/link\ufffd", reason: "its name is not UTF-8" },
    { path: "/twin\ufffd", reason: "its name is not UTF-8" },
  ]);
  assert.match(byPath.find(({ path }) => path === "/link")!.reason, /not valid UTF-8/);
});

Deno.test("scan() tells of a path that is too long for the operating system", async () => {
  const long = "d".repeat(200);
  await using directory = await deep(long, 25);
  const { skipped } = await look(directory.path);
  assert.equal(skipped.length, 1);
  assert.equal(skipped[0]!.reason, "it cannot be read (ENAMETOOLONG)");
  assert.ok(skipped[0]!.path.startsWith(`/${long}/${long}`));
});

/** A directory in which directories of this name lie in each other. */
async function deep(name: string, depth: number): Promise<AsyncDisposable & { path: string }> {
  const directory = await temporaryDirectory();
  const program = `
import os
for _ in range(${depth}):
    os.mkdir("${name}")
    os.chdir("${name}")
`;
  await python(directory.path, program);
  return Object.assign(new TemporaryDirectory(directory.path), {
    async [Symbol.asyncDispose](): Promise<void> {
      // Deno cannot name it either.
      await new Deno.Command("rm", { args: ["-rf", directory.path] }).output();
    },
  });
}

Deno.test("scan() keeps what it knew of a file or directory that cannot be read, and says so", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/files`;
  await Deno.mkdir(path);
  for (const open of [directory.path, path]) await Deno.chmod(open, 0o777);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-lock", "--no-npm"],
      ...["--config", new URL("../../deno.json", import.meta.url).pathname],
      ...[new URL("children/scan_twice.ts", import.meta.url).pathname, path],
    ],
    env: { DENO_DIR: `${directory.path}/deno` },
    // Root reads everything, and would show nothing.
    ...(Deno.uid() === 0 ? { uid: 65534, gid: 65534 } : {}),
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const reason = "it cannot be read (EACCES)";
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
    sameTree: true,
    skipped: { "/a": reason, "/d": reason, "/locked/c": reason },
  });
});

Deno.test("scan() is a StoreError when the root or its ignore rules cannot be read", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/file`, "");
  const options = { previous: null, clock: 0, rules: IgnoreRules.none, head: emptyTree };
  for (const root of [`${path}/gone`, `${path}/file`, `${path}/${"x".repeat(300)}`]) {
    await assert.rejects(scan(root, options), StoreError);
  }
});

Deno.test("scan() stops when its signal says so", async () => {
  await using directory = await temporaryDirectory();
  // Enough that it must rest on the way.
  const files = Array.from({ length: 5000 }, (_, index) => [`${index}`, "content"]);
  await writeFiles(directory.path, Object.fromEntries(files));
  const controller = new AbortController();
  const { signal } = controller;
  const save = (content: Uint8Array) => {
    controller.abort(new Error("enough"));
    return hashObject("blob", content);
  };
  await assert.rejects(look(directory.path, { signal, save }), /enough/);
});

Deno.test("scan() leaves out directories that it is told to, and adds what a sparse checkout leaves out", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(path, { "a": "a", "omitted/b": "b", "d/here": "1" });
  const blob = { oid: oidOf("away") };
  const head = stateTree(
    stateOf({ "d": { "away": blob, "here": blob }, "e": { "f": blob } }),
    "files",
  );
  const sparse = stateTree(
    stateOf({ "d": { "away": blob }, "e": { "f": blob, "gone": blob } }),
    "files",
  );
  const { root } = await look(path, { omit: new Set([`${path}/omitted`]), head, sparse });
  assert.deepEqual(listed(root), [
    "/a 100644",
    "/d/",
    "/d/away 100644",
    "/d/here 100644",
    "/e/",
    "/e/f 100644",
  ]);
  assert.equal(nodeAt(root, ["d", "away"])!.permissions, null);
  assert.equal(oidAt(root, "/d/here"), oidOf("1"));
});
