import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { AgentFSError, type Batch, type BatchOperation, type Workspace } from "@agentfs/sdk";
import { hashObject } from "../../src/git/object.ts";
import { batch } from "../../src/files/batch.ts";
import { readRecord } from "../../src/registry/record.ts";
import { Worktree } from "../../src/worktree/worktree.ts";
import { makeProject, type Project } from "../project.ts";
import { openBase } from "../registry/opened.ts";
import { photoOf } from "./photo.ts";

/** A project with a workspace that holds some of everything. */
async function makeWorkspace(
  config: Parameters<typeof makeProject>[0] = {},
): Promise<AsyncDisposable & { project: Project; workspace: Workspace }> {
  const project = await makeProject({
    files: {
      "a.txt": "one\n",
      "d/b.txt": "two\n",
      "d/deep/c.txt": "three\n",
      ".gitignore": "*.log\n",
    },
    ...config,
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/tool", "#!/bin/sh\n", { mode: 0o755 });
  await workspace.writeFile("/ignored.log", "ignored\n");
  await workspace.mkdir("/empty");
  await workspace.symlink("a.txt", "/link");
  await workspace.symlink("d", "/linked");
  await workspace.symlink("/etc", "/out");
  await Deno.link(`${workspace.path}/a.txt`, `${project.directory}/outside`);
  await Deno.utime(`${workspace.path}/a.txt`, 1_000_000, 1_000_000);
  return { project, workspace, [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
}

/** What a batch leaves when it is over: nothing. */
function leftovers({ path }: Project): string[] {
  return ["tmp", "batches"].flatMap((name) => {
    const directory = `${path}/.agentfs/${name}`;
    return namesIn(directory).map((entry) => `${directory}/${entry}`).filter((path) =>
      !isClock(path)
    );
  });
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A session has one file of one byte to tell the time by. */
function isClock(path: string): boolean {
  const { isFile, size } = Deno.lstatSync(path);
  return isFile && size === 1;
}

/** One good operation of each kind, which can be done in this order. */
const GOOD: readonly BatchOperation[] = [
  { type: "write", path: "/new/deep/file", content: "new" },
  { type: "write", path: "/a.txt", content: "over" },
  { type: "write", path: "/linked/b.txt", content: "more\n", append: true, mode: 0o600 },
  { type: "copy", from: "/d", to: "/copied" },
  { type: "move", from: "/d/deep", to: "/empty" },
  { type: "copy", from: "/link", to: "/tool" },
  { type: "mkdir", path: "/made/below" },
  { type: "move", from: "/ignored.log", to: "/a.txt" },
  { type: "delete", path: "/copied", recursive: true },
  { type: "delete", path: "/link" },
  { type: "delete", path: "/made/below" },
];

const GOOD_AFTER = {
  "/.gitignore": "*.log\n",
  "/a.txt": "ignored\n",
  "/d/b.txt": "two\nmore\n",
  "/empty/c.txt": "three\n",
  "/linked": "-> d",
  "/new/deep/file": "new",
  "/out": "-> /etc",
  "/tool": "-> a.txt",
};

/** The files of a workspace with their contents, links with their targets; `/made/` is empty. */
async function contentsOf(workspace: Workspace): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const { path, isFile, isSymlink } of await workspace.listDir("/", { recursive: true })) {
    if (isSymlink) contents[path] = `-> ${await workspace.readLink(path)}`;
    else if (isFile) contents[path] = await workspace.readFile(path);
  }
  return contents;
}

Deno.test("a batch does what its operations say, in their order", async () => {
  await using made = await makeWorkspace();
  const { project, workspace } = made;
  await workspace.batch(GOOD);
  assert.deepEqual(await contentsOf(workspace), GOOD_AFTER);
  assert.equal((await workspace.stat("/d/b.txt")).mode, 0o600);
  assert.deepEqual(await workspace.listDir("/made"), []);
  // A file that has another name elsewhere is never written through.
  assert.equal(await Deno.readTextFile(`${project.directory}/outside`), "one\n");
  assert.deepEqual(leftovers(project), []);
});

Deno.test("a batch of a function does the same, once the function has ended", async () => {
  await using made = await makeWorkspace();
  const { workspace } = made;
  await workspace.batch(async (batch) => {
    batch.writeFile("/new/deep/file", "new");
    batch.writeFile("/a.txt", new TextEncoder().encode("over"));
    batch.writeFile("/linked/b.txt", "more\n", { append: true, mode: 0o600 });
    await workspace.readFile("/a.txt");
    batch.copy("/d", "/copied");
    batch.move("/d/deep", "/empty");
    batch.copy("/link", "/tool");
    batch.mkdir("/made/below");
    assert.equal(await workspace.readFile("/a.txt"), "one\n");
    batch.move("/ignored.log", "/a.txt");
    batch.delete("/copied", { recursive: true });
    batch.delete("/link");
    batch.delete("/made/below");
  });
  assert.deepEqual(await contentsOf(workspace), GOOD_AFTER);
});

Deno.test("a batch takes bytes as they are when it is given them", async () => {
  await using made = await makeWorkspace();
  const { workspace } = made;
  const bytes = new Uint8Array([49]);
  const buffer = Buffer.from("2");
  const content = new Uint8Array([51]);
  const operations: BatchOperation[] = [{ type: "write", path: "/3", content }];
  const done = workspace.batch(operations);
  content.fill(0);
  operations.push({ type: "delete", path: "/3" });
  await done;
  await workspace.batch((batch) => {
    batch.writeFile("/1", bytes);
    batch.writeFile("/2", buffer);
    bytes.fill(0);
    buffer.fill(0);
  });
  assert.deepEqual(
    await Promise.all(["/1", "/2", "/3"].map((path) => workspace.readFile(path))),
    ["1", "2", "3"],
  );
  const large = "é".repeat(1 << 20);
  await workspace.batch((batch) => {
    batch.writeFile("/large", large);
    batch.writeFile("/large-bytes", new TextEncoder().encode(large));
    batch.writeFile("/empty-file", "");
  });
  assert.equal(await workspace.readFile("/large"), large);
  assert.equal(await workspace.readFile("/large-bytes"), large);
  assert.equal(await workspace.readFile("/empty-file"), "");
});

Deno.test("a batch whose function throws is not begun, and takes nothing any more", async () => {
  await using made = await makeWorkspace();
  const { project, workspace } = made;
  const before = photoOf(workspace.path);
  const error = new Deno.errors.NotFound("the caller's own");
  let kept: Batch | undefined;
  await assert.rejects(
    workspace.batch(async (batch) => {
      kept = batch;
      batch.writeFile("/a.txt", "over");
      await Promise.resolve();
      throw error;
    }),
    (thrown) => thrown === error,
  );
  const late: (() => void)[] = [
    () => kept!.writeFile("/x", "x"),
    () => kept!.delete("/a.txt"),
    () => kept!.copy("/a.txt", "/x"),
    () => kept!.move("/a.txt", "/x"),
    () => kept!.mkdir("/x"),
  ];
  for (const call of late) {
    assert.throws(call, { code: "ClosedError", message: /has ended; await/ });
  }
  await workspace.batch((batch) => void (kept = batch));
  for (const call of late) assert.throws(call, { code: "ClosedError" });
  assert.deepEqual(photoOf(workspace.path), before);
  assert.deepEqual(leftovers(project), []);
});

/** Operations that cannot be done, with the code of the error and what it says. */
const BAD: readonly [operation: BatchOperation, code: string, message: RegExp][] = [
  [{ type: "delete", path: "/gone" }, "FileNotFoundError", /delete "\/gone": nothing is there/],
  [{ type: "move", from: "/gone", to: "/x" }, "FileNotFoundError", /move "\/gone": nothing/],
  [{ type: "copy", from: "/gone", to: "/x" }, "FileNotFoundError", /copy "\/gone": nothing/],
  [{ type: "write", path: "/d", content: "x" }, "IsADirectoryError", /write "\/d": it is a dir/],
  [{ type: "write", path: "/x/", content: "x" }, "IsADirectoryError", /slash at its end/],
  [{ type: "move", from: "/.gitignore", to: "/d" }, "IsADirectoryError", /a directory is there/],
  [{ type: "move", from: "/d", to: "/.gitignore" }, "NotADirectoryError", /cannot replace it/],
  [{ type: "write", path: "/.gitignore/x", content: "" }, "NotADirectoryError", /no directory/],
  [{ type: "delete", path: "/d" }, "DirectoryNotEmptyError", /recursive: true/],
  [{ type: "move", from: "/empty", to: "/d" }, "DirectoryNotEmptyError", /move to "\/d": the dir/],
  [{ type: "mkdir", path: "/.gitignore" }, "FileExistsError", /something else is there already/],
  [{ type: "copy", from: "/d", to: "/.gitignore" }, "FileExistsError", /is there already/],
  [{ type: "copy", from: "/d", to: "/d/x" }, "PathError", /into itself/],
  [{ type: "move", from: "/d", to: "/d/x" }, "PathError", /into itself/],
  [{ type: "delete", path: "/" }, "PathError", /it is the workspace itself/],
  [{ type: "write", path: "/out/x", content: "" }, "PathError", /only relative targets/],
  [{ type: "mkdir", path: "/d/../../x" }, "PathError", /leads out of the workspace/],
];

Deno.test("a batch is undone where one of its operations cannot be done, whichever it is", async () => {
  await using made = await makeWorkspace();
  const { project, workspace } = made;
  const before = photoOf(workspace.path);
  for (let index = 0; index <= GOOD.length; index++) {
    for (const [operation, code, message] of BAD) {
      const shown = `${JSON.stringify(operation)} at ${index}`;
      const number = `operation ${index + 1} of ${GOOD.length + 1} cannot `;
      await assert.rejects(workspace.batch(GOOD.toSpliced(index, 0, operation)), (error) => {
        assert.ok(error instanceof AgentFSError, shown);
        assert.deepEqual([error.code, error.name], [code, code], shown);
        assert.ok(error.message.startsWith(`Cannot do the batch: ${number}`), error.message);
        assert.match(error.message, message, shown);
        return true;
      });
      assert.deepEqual(photoOf(workspace.path), before, shown);
    }
  }
  assert.equal(await Deno.readTextFile(`${project.directory}/outside`), "one\n");
  assert.deepEqual(leftovers(project), []);
});

Deno.test("what cannot be an operation is refused at once", async () => {
  await using made = await makeWorkspace();
  const { workspace } = made;
  const before = photoOf(workspace.path);
  const calls: [(batch: Batch) => unknown, string, RegExp][] = [
    [(batch) => batch.writeFile("/.git/config", "x"), "PathError", /stands for \.git/],
    [(batch) => batch.mkdir("/d/.GIT"), "PathError", /stands for \.git/],
    [(batch) => batch.move("/a.txt", "/\0"), "PathError", /no NUL/],
    [(batch) => batch.copy(5 as never, "/x"), "PathError", /a path is a string/],
    [(batch) => batch.delete(undefined as never), "PathError", /a path is a string/],
    [(batch) => batch.writeFile("/x", "\ud800"), "EncodingError", /surrogate/],
    [(batch) => batch.writeFile("/x", 5 as never), "TypeError", /text or a Uint8Array, not number/],
    [(batch) => batch.writeFile("/x", "", { mode: 0o10000 }), "RangeError", /as a mode/],
    [
      (batch) => batch.writeFile("/x", "", { createNew: true } as never),
      "TypeError",
      /no option "createNew"/,
    ],
    [(batch) => batch.delete("/x", { recursive: 1 } as never), "TypeError", /recursive is true or/],
  ];
  for (const [call, name, message] of calls) {
    await workspace.batch((batch) => {
      assert.throws(() => call(batch), { name, message });
    });
  }
  const data: [unknown, string, RegExp][] = [
    [5, "TypeError", /it is a function, or an array of operations, not number/],
    [[{ type: "mkdir", path: "/x" }, 5], "TypeError", /operation 2 of 2 .* not number/],
    [[null], "TypeError", /operation 1 of 1 .* not null/],
    [[{ type: "chmod", path: "/x" }], "TypeError", /its type is "write".* not "chmod"/],
    [[{ type: "copy", from: "/a.txt" }], "PathError", /operation 1 of 1 cannot use undefined/],
    [[{ type: "mkdir", path: "/x", mode: 1 }], "TypeError", /no option "mode"/],
    [[{ type: "write", path: "/.git", content: "" }], "PathError", /stands for \.git/],
  ];
  for (const [work, name, message] of data) {
    await assert.rejects(workspace.batch(work as never), { name, message });
  }
  await workspace.batch([]);
  await workspace.batch(() => {});
  assert.deepEqual(photoOf(workspace.path), before);
});

Deno.test("a batch waits for commands, and is a BusyError where that takes too long", async () => {
  await using made = await makeWorkspace({ config: { lockTimeout: 300 } });
  const { workspace } = made;
  {
    await using command = await workspace.spawn(["cat"]);
    await assert.rejects(workspace.batch(GOOD), {
      code: "BusyError",
      message: /Cannot have workspace "w" for a batch \(operations: 11\): /,
    });
    await command.stdin.close();
    await command.status;
  }
  await workspace.batch(GOOD);
  assert.deepEqual(await contentsOf(workspace), GOOD_AFTER);
  const { stdout } = await workspace.run("cat a.txt");
  assert.equal(stdout, "ignored\n");
});

Deno.test("batches and other changes of a workspace come one after the other", async () => {
  await using made = await makeWorkspace();
  const { workspace } = made;
  await Promise.all(Array.from({ length: 20 }, (_, index) => {
    if (index % 4 === 3) return workspace.writeFile("/log", `${index}\n`, { append: true });
    return workspace.batch((batch) => {
      for (let i = 0; i < 5; i++) batch.writeFile("/log", `${index}\n`, { append: true });
    });
  }));
  const lines = (await workspace.readFile("/log")).split("\n").slice(0, -1);
  const runs = lines.filter((line, at) => line !== lines[at - 1]).map(Number);
  assert.deepEqual(runs.sort((a, b) => a - b), Array.from({ length: 20 }, (_, index) => index));
  assert.equal(lines.length, 15 * 5 + 5);
});

Deno.test("a batch tells what each of its operations did", async () => {
  await using made = await makeWorkspace({ repository: true });
  const { project, workspace } = made;
  const root = workspace.path;
  await project.afs.close();
  await using base = await openBase(project.path);
  const worktree = new Worktree(base, readRecord(base, "w")!);
  const context = {
    root,
    identify: true,
    temporary: () => base.session.dataTemporary(),
    hold: (purpose: string) => worktree.holdWriter(purpose),
    requireRoot: () => worktree.requireDirectory(),
  };
  const oid = (text: string): string => hashObject("blob", new TextEncoder().encode(text));
  const none = { sizeBefore: null, sizeAfter: null, oidBefore: null, oidAfter: null };
  const before = (text: string) => ({ sizeBefore: text.length, oidBefore: oid(text) });
  const after = (text: string) => ({ sizeAfter: text.length, oidAfter: oid(text) });
  assert.deepEqual(await batch(worktree, context, GOOD), [
    { type: "write", path: "/new/deep/file", ...none, ...after("new") },
    { type: "write", path: "/a.txt", ...before("one\n"), ...after("over") },
    { type: "write", path: "/d/b.txt", ...before("two\n"), ...after("two\nmore\n") },
    { type: "copy", path: "/copied", from: "/d", ...none, entries: 2 },
    { type: "move", path: "/empty", from: "/d/deep", ...none },
    { type: "copy", path: "/tool", from: "/link", ...before("#!/bin/sh\n"), ...after("a.txt") },
    { type: "mkdir", path: "/made/below", ...none },
    {
      type: "move",
      path: "/a.txt",
      from: "/ignored.log",
      ...before("over"),
      ...after("ignored\n"),
    },
    { type: "delete", path: "/copied", ...none, entries: 2 },
    { type: "delete", path: "/link", ...none, ...before("a.txt") },
    { type: "delete", path: "/made/below", ...none, entries: 0 },
  ]);
  const unidentified = await batch(worktree, { ...context, identify: false }, [
    { type: "write", path: "/a.txt", content: "x" },
    { type: "delete", path: "/d", recursive: true },
  ]);
  assert.deepEqual(unidentified, [
    { type: "write", path: "/a.txt", ...none, sizeBefore: 8, sizeAfter: 1 },
    { type: "delete", path: "/d", ...none },
  ]);
});

Deno.test("a batch of 10,000 operations is done, and undone", async () => {
  await using made = await makeWorkspace();
  const { project, workspace } = made;
  await workspace.batch((batch) => {
    for (let i = 0; i < 5000; i++) batch.writeFile(`/many/${i % 50}/${i}`, `${i}\n`);
    for (let i = 0; i < 5000; i++) batch.move(`/many/${i % 50}/${i}`, `/moved/${i % 50}/${i}`);
  });
  assert.equal((await workspace.listDir("/moved", { recursive: true })).length, 5050);
  const before = photoOf(workspace.path);
  await assert.rejects(
    workspace.batch((batch) => {
      for (let i = 0; i < 5000; i++) batch.writeFile(`/moved/${i % 50}/${i}`, "over");
      for (let i = 0; i < 4999; i++) batch.delete(`/moved/${i % 50}/${i}`);
      batch.delete("/gone");
    }),
    { code: "FileNotFoundError", message: /operation 10000 of 10000 cannot delete "\/gone"/ },
  );
  assert.deepEqual(photoOf(workspace.path), before);
  assert.deepEqual(leftovers(project), []);
});

Deno.test({
  name: "a batch of root's leaves a file to its owner, with all its permission bits",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await using made = await makeWorkspace();
    const { workspace } = made;
    const file = `${workspace.path}/tool`;
    await Deno.chown(file, 65534, 65533);
    await Deno.chmod(file, 0o4751);
    await workspace.batch([
      { type: "write", path: "/tool", content: "over" },
      { type: "write", path: "/tool", content: " and more", append: true },
    ]);
    const { uid, gid, mode } = await Deno.stat(file);
    assert.deepEqual([uid, gid, mode! & 0o7777], [65534, 65533, 0o4751]);
    assert.equal(await workspace.readFile("/tool"), "over and more");
  },
});
