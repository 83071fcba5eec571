import assert from "node:assert/strict";
import {
  chmod,
  currentDirectory,
  errorCode,
  exists,
  hardLink,
  homeDirectory,
  isDenied,
  isMissing,
  lstat,
  lstatEach,
  makeDirectory,
  makeNewDirectory,
  makeTemporaryDirectory,
  maySymlink,
  OpenFile,
  processId,
  readDirectory,
  readFile,
  readLink,
  readTextFile,
  realPath,
  removeFile,
  removeTree,
  rename,
  setTimes,
  stat,
  symlink,
  syncDirectory,
  writeFile,
} from "../../src/platform/fs.ts";
import { temporaryDirectory } from "../temporary.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The POSIX code of what a call throws. */
function codeOf(call: () => unknown): string | null {
  try {
    call();
  } catch (error) {
    return errorCode(error);
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

Deno.test("errorCode() tells what the operating system refuses", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  writeFile(`${path}/file`, bytes("x"));
  makeDirectory(`${path}/directory/full`);
  symlink("loop", `${path}/loop`);
  assert.equal(codeOf(() => readLink(`${path}/missing`)), "ENOENT");
  assert.equal(codeOf(() => makeNewDirectory(`${path}/file`)), "EEXIST");
  assert.equal(codeOf(() => makeNewDirectory(`${path}/file/below`)), "ENOTDIR");
  assert.equal(codeOf(() => new OpenFile(`${path}/directory`, { write: true })), "EISDIR");
  assert.equal(codeOf(() => removeFile(`${path}/directory`)), "ENOTEMPTY");
  assert.equal(codeOf(() => rename(`${path}/directory`, `${path}/directory/full/x`)), "EINVAL");
  assert.equal(codeOf(() => hardLink(`${path}/file`, `${path}/loop`)), "EEXIST");
  assert.equal(codeOf(() => stat(`${path}/loop`)), "ELOOP");
  assert.equal(codeOf(() => writeFile(`${path}/${"x".repeat(256)}`, bytes(""))), "ENAMETOOLONG");
  assert.equal(errorCode(new Error("x")), null);
  assert.equal(errorCode("ENOENT"), null);
});

Deno.test("errorCode() knows Deno's errors that carry no code", () => {
  const { errors } = Deno;
  const codes: [new (message: string) => Error, string | null][] = [
    [errors.NotFound, "ENOENT"],
    [errors.AlreadyExists, "EEXIST"],
    [errors.NotADirectory, "ENOTDIR"],
    [errors.IsADirectory, "EISDIR"],
    [errors.PermissionDenied, "EACCES"],
    [errors.FilesystemLoop, "ELOOP"],
    [errors.NotCapable, null],
  ];
  for (const [Class, code] of codes) assert.equal(errorCode(new Class("x")), code);
  assert.ok(isDenied(new errors.NotCapable("x")));
  assert.ok(!isDenied(new errors.PermissionDenied("x")));
  assert.ok(isMissing(new errors.NotFound("x")));
  assert.ok(isMissing(new errors.NotADirectory("x")));
  assert.ok(!isMissing(new errors.PermissionDenied("x")));
});

Deno.test("what is missing reads as null, also below a file", async () => {
  await using directory = await temporaryDirectory();
  writeFile(`${directory.path}/file`, bytes("x"));
  for (const path of [`${directory.path}/missing`, `${directory.path}/file/below`]) {
    for (const read of [lstat, stat, readDirectory, readFile, readTextFile, realPath]) {
      assert.equal(read(path), null, `${read.name} ${path}`);
    }
    removeFile(path);
    removeTree(path);
  }
  assert.equal(readDirectory(`${directory.path}/file`), null);
});

Deno.test("lstat() sees a link, stat() what it leads to; both give times as Deno has them", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  writeFile(`${path}/file`, bytes("12345"), 0o640);
  symlink("file", `${path}/link`);
  hardLink(`${path}/file`, `${path}/second`);
  setTimes(`${path}/file`, 1_700_000_000_123, 1_700_000_001_456);
  const found = lstat(`${path}/file`)!;
  assert.deepEqual(
    [found.isFile, found.isDirectory, found.isSymlink, found.size, found.nlink],
    [true, false, false, 5, 2],
  );
  assert.equal(found.mode & 0o7777, 0o640);
  assert.equal(found.mtime, 1_700_000_001_456);
  assert.ok(Number.isInteger(found.ctime) && found.ctime > 1_700_000_000);
  assert.equal(lstat(`${path}/link`)!.isSymlink, true);
  assert.deepEqual(stat(`${path}/link`), found);
  assert.equal(lstat(path)!.isDirectory, true);
});

Deno.test("lstatEach() looks at each name in a directory, and has null for what is not to be seen", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  writeFile(`${path}/file`, bytes("x"));
  symlink("file", `${path}/link`);
  const expected = [lstat(`${path}/link`), lstat(`${path}/file`), null, null];
  assert.deepEqual(lstatEach(path, ["link", "file", "missing", "x".repeat(256)]), expected);
  assert.deepEqual(lstatEach(`${path}/missing`, ["file"]), [null]);
  assert.deepEqual(lstatEach(path, []), []);
});

Deno.test("makeDirectory() makes what is missing and takes what is there, makeNewDirectory() does not", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a/b`;
  makeDirectory(path, 0o700);
  makeDirectory(path);
  assert.equal(stat(path)!.mode & 0o777, 0o700);
  assert.equal(codeOf(() => makeNewDirectory(path)), "EEXIST");
  makeNewDirectory(`${path}/c`);
});

Deno.test("removeTree() removes all that is below, links but not what they lead to", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  makeDirectory(`${path}/tree/deep/er`);
  writeFile(`${path}/kept`, bytes("x"));
  symlink("../kept", `${path}/tree/link`);
  symlink(path, `${path}/tree/deep/up`);
  writeFile(`${path}/tree/deep/file`, bytes("x"));
  chmod(`${path}/tree/deep`, 0o500);
  removeTree(`${path}/tree`);
  assert.deepEqual(readDirectory(path)!.map(({ name }) => name), ["kept"]);
  removeTree(`${path}/kept`);
  assert.equal(lstat(`${path}/kept`), null);
});

Deno.test("OpenFile reads and writes at positions, and cuts", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  using file = new OpenFile(path, { read: true, write: true, createNew: true, mode: 0o600 });
  file.write(bytes("0123456789"));
  assert.equal(new TextDecoder().decode(file.readAt(3, 4)), "3456");
  assert.equal(file.readAt(8, 100).length, 2);
  assert.equal(file.readAt(100, 5).length, 0);
  file.seek(5);
  file.write(bytes("x"));
  file.truncate(7);
  file.sync();
  assert.equal(file.stat().size, 7);
  assert.equal(readTextFile(path), "01234x6");
  const buffer = new Uint8Array(10);
  file.seek(0);
  assert.equal(file.read(buffer), 7);
  assert.equal(file.read(buffer), 0);
  assert.equal(codeOf(() => new OpenFile(path, { write: true, createNew: true })), "EEXIST");
});

Deno.test("OpenFile reads at least what is enough, and more where it comes along", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  await Deno.writeFile(path, new Uint8Array(100));
  using file = new OpenFile(path);
  assert.equal(file.read(new Uint8Array(200), 50), 100);
  file.seek(0);
  assert.equal(file.read(new Uint8Array(60), 50), 60);
  assert.equal(file.read(new Uint8Array(60), 60), 40);
});

Deno.test("exists() is false for nothing, and for a link that leads to nothing", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await Deno.symlink("gone", `${path}/dangling`);
  await Deno.symlink(".", `${path}/link`);
  assert.deepEqual([path, `${path}/link`, `${path}/dangling`, `${path}/no/where`].map(exists), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("OpenFile reads large content whole", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  const content = new Uint8Array(3_000_000).map((_, index) => index % 251);
  {
    using file = new OpenFile(path, { write: true, create: true });
    file.write(content);
  }
  using file = new OpenFile(path);
  assert.deepEqual(file.readAt(0, 4_000_000), content);
});

Deno.test("OpenFile.tryLock() is for one open file, or for all that share", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  using one = new OpenFile(path, { read: true, write: true, create: true });
  {
    using two = new OpenFile(path);
    assert.equal(one.tryLock(false), true);
    assert.equal(two.tryLock(false), true);
    assert.equal(one.tryLock(true), false);
  }
  assert.equal(one.tryLock(true), true);
  using three = new OpenFile(path);
  assert.equal(three.tryLock(false), false);
});

Deno.test("the process knows its id, its directories, and whether it may make links", async () => {
  assert.equal(processId(), Deno.pid);
  assert.equal(currentDirectory(), Deno.cwd());
  assert.equal(homeDirectory(), Deno.env.get("HOME") ?? null);
  assert.equal(maySymlink(), true);
  const path = makeTemporaryDirectory("agentfs-test-");
  try {
    assert.equal(path, await Deno.realPath(path));
    assert.deepEqual(readDirectory(path), []);
    syncDirectory(path);
  } finally {
    removeTree(path);
  }
});
