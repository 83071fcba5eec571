import assert from "node:assert/strict";
import type { FileStat } from "../../src/platform/file_stat.ts";
import { errorCode, lstat, readDirectory, stat } from "../../src/platform/fs.ts";
import { nativeReadDirectory, nativeStat, nativeStats } from "../../src/platform/libc.ts";
import { temporaryDirectory } from "../temporary.ts";

const CHILD = new URL("children/looks.ts", import.meta.url);

/** Where the C library is used: a test under `-A` on Linux. */
const ignore = nativeStat("/", false) === undefined;

/** The fields that Deno tells as well, as Deno tells them. */
function asDeno(info: Deno.FileInfo): FileStat {
  return {
    isFile: info.isFile,
    isDirectory: info.isDirectory,
    isSymlink: info.isSymlink,
    size: info.size,
    mtime: info.mtime!.getTime(),
    ctime: Math.floor(info.ctime!.getTime() / 1000),
    dev: info.dev,
    ino: info.ino!,
    mode: info.mode!,
    nlink: info.nlink!,
    uid: info.uid!,
    gid: info.gid!,
  };
}

/** A directory with one of everything. */
async function fill(path: string): Promise<void> {
  Deno.writeTextFileSync(`${path}/file`, "x".repeat(5000));
  Deno.linkSync(`${path}/file`, `${path}/second name`);
  Deno.mkdirSync(`${path}/directory/below`, { recursive: true, mode: 0o751 });
  Deno.symlinkSync("file", `${path}/link`);
  Deno.symlinkSync("directory", `${path}/link to a directory`);
  Deno.symlinkSync("nothing", `${path}/dangling`);
  Deno.writeTextFileSync(`${path}/a ü 名前 😀`, "");
  Deno.writeTextFileSync(`${path}/${"n".repeat(255)}`, "");
  Deno.writeTextFileSync(`${path}/early`, "");
  Deno.utimeSync(`${path}/early`, 1, 1.999);
  Deno.writeTextFileSync(`${path}/late`, "");
  Deno.utimeSync(`${path}/late`, 2 ** 33, 2 ** 33 + 0.001);
  Deno.writeTextFileSync(`${path}/bits`, "");
  Deno.chmodSync(`${path}/bits`, 0o4601);
  Deno.truncateSync(`${path}/bits`, 5 * 2 ** 32 + 17);
  const { success } = await new Deno.Command("mkfifo", { args: [`${path}/fifo`] }).output();
  assert.ok(success);
}

Deno.test({ name: "a file's look by the C library is Deno's", ignore }, async () => {
  await using directory = await temporaryDirectory();
  await fill(directory.path);
  const paths = [...Deno.readDirSync(directory.path)].map(({ name }) =>
    `${directory.path}/${name}`
  );
  for (const path of [...paths, "/", "/dev/null", "/dev/tty", "/proc/self", "/proc/1/stat", "."]) {
    assert.deepEqual(nativeStat(path, false), asDeno(Deno.lstatSync(path)), path);
    if (path.endsWith("dangling")) assert.equal(nativeStat(path, true), null);
    else assert.deepEqual(nativeStat(path, true), asDeno(Deno.statSync(path)), path);
  }
  const names = [
    ...paths.map((path) => path.slice(directory.path.length + 1)),
    "nothing",
    "file/x",
  ];
  const expected = [...paths.map((path) => asDeno(Deno.lstatSync(path))), null, null];
  assert.deepEqual(nativeStats(directory.path, names), expected);
  assert.equal(nativeStats(`${directory.path}/nothing`, names), undefined);
});

Deno.test(
  { name: "the C library says what is missing, and leaves the rest to Deno", ignore },
  async () => {
    await using directory = await temporaryDirectory();
    await fill(directory.path);
    const { path } = directory;
    for (const missing of [`${path}/nothing`, `${path}/file/below`, `${path}/nothing/below`, ""]) {
      assert.equal(nativeStat(missing, false), null, missing);
      assert.equal(nativeReadDirectory(missing), null, missing);
    }
    assert.equal(nativeReadDirectory(`${path}/file`), null);
    assert.equal(nativeReadDirectory(`${path}/fifo`), null);
    Deno.symlinkSync("loop", `${path}/loop`);
    const untold = [
      `${path}/loop`,
      `${path}/${"x".repeat(256)}`,
      "/x".repeat(3000),
      `${path}/file\0y`,
    ];
    for (const odd of untold) {
      assert.equal(nativeStat(odd, true), undefined, odd);
      assert.equal(nativeReadDirectory(odd), undefined, odd);
    }
    assert.throws(() => stat(`${path}/loop`), (error) => errorCode(error) === "ELOOP");
    assert.throws(() => lstat(`${path}/file\0y`));
    Deno.utimeSync(`${path}/file`, -10, -10.5);
    assert.equal(nativeStat(`${path}/file`, false), undefined);
  },
);

Deno.test({ name: "a directory's names by the C library are Deno's", ignore }, async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await fill(path);
  // More than one filling of the buffer.
  for (let index = 0; index < 2000; index++) Deno.writeTextFileSync(`${path}/name ${index}`, "");
  const notUtf8 =
    "import os; [open(os.fsencode('.') + b'/' + n, 'w') for n in (b'\\xff', b'a\\xc3', b'\\xe2\\x82x')]";
  const { success } = await new Deno.Command("python3", { args: ["-c", notUtf8], cwd: path })
    .output();
  assert.ok(success);
  const byName = (entries: readonly { name: string }[]) =>
    entries.map((entry) => ({ ...entry })).sort((a, b) => a.name < b.name ? -1 : 1);
  assert.deepEqual(byName(nativeReadDirectory(path)!), byName([...Deno.readDirSync(path)]));
  assert.deepEqual(byName(readDirectory("/dev")!), byName([...Deno.readDirSync("/dev")]));
  assert.deepEqual(nativeReadDirectory(`${path}/directory/below`), []);
});

Deno.test("a look leaves no file open", { ignore }, async () => {
  await using directory = await temporaryDirectory();
  const open = () => [...Deno.readDirSync("/proc/self/fd")].length;
  nativeReadDirectory(directory.path);
  const before = open();
  for (let index = 0; index < 2000; index++) {
    nativeReadDirectory(directory.path);
    nativeReadDirectory(`${directory.path}/missing`);
  }
  assert.ok(open() <= before + 10);
});

/** What a child finds at the path under some permissions. */
async function lookUnder(flags: readonly string[], path: string): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, CHILD.href, path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test(
  "what Deno may not read is not looked at by the C library either",
  { ignore },
  async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    Deno.writeTextFileSync(`${path}/file`, "");
    assert.equal(
      await lookUnder(["-A"], path),
      "native: true, found, found; given back: NotCapable",
    );
    const deno = (first: string) => `native: false, ${first}; given back: NotCapable`;
    assert.equal(await lookUnder(["-A", "--deny-ffi"], path), deno("found, found"));
    assert.equal(await lookUnder(["--allow-read"], path), deno("found, found"));
    const scoped = ["--allow-ffi", `--allow-read=${path}/file`];
    assert.equal(await lookUnder(scoped, path), deno("found, NotCapable"));
    const denied = ["-A", `--deny-read=${path}/file`];
    assert.equal(await lookUnder(denied, path), deno("NotCapable, found"));
    assert.equal(await lookUnder(["--allow-read", "--allow-ffi=/x"], path), deno("found, found"));
    assert.equal(await lookUnder([], path), deno("NotCapable, NotCapable"));
  },
);
