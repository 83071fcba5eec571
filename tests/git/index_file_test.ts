import assert from "node:assert/strict";
import { type IndexEntry, parseIndex, serializeIndex } from "../../src/git/index_file.ts";
import { finishAtOnce } from "../../src/git/steps.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

/** What `git ls-files --stage --debug -z` says, in our terms. */
async function listedByGit(repository: string): Promise<unknown[]> {
  const text = await git(repository, "ls-files", "--stage", "--debug", "-z");
  const pattern = new RegExp(
    [
      /(\d{6}) ([0-9a-f]{40}) (\d)\t([^\0]*)\0 {2}ctime: (\d+):\d+\n/,
      / {2}mtime: (\d+):(\d+)\n {2}dev: (\d+)\tino: (\d+)\n {2}uid: (\d+)\tgid: (\d+)\n/,
      / {2}size: (\d+)\tflags: ([0-9a-f]+)\n/,
    ].map(({ source }) => source).join(""),
    "g",
  );
  return Array.from(text.matchAll(pattern), (match) => {
    const [mode, oid, stage, path, ctime, seconds, nanoseconds, dev, ino, uid, gid, size, flags] =
      match.slice(1) as string[];
    const bits = parseInt(flags!, 16);
    return {
      path,
      oid,
      mode: parseInt(mode!, 8),
      stage: Number(stage),
      size: Number(size),
      mtime: Number(seconds) * 1000 + Math.floor(Number(nanoseconds) / 1e6),
      ctime: Number(ctime),
      ino: Number(ino),
      dev: Number(dev),
      uid: Number(uid),
      gid: Number(gid),
      skipWorktree: (bits & 0x4000_0000) !== 0,
      assumeValid: (bits & 0x8000) !== 0,
      intentToAdd: (bits & 0x2000_0000) !== 0,
    };
  });
}

function readIndex(repository: string): { version: number; entries: IndexEntry[] } {
  const bytes = Deno.readFileSync(`${repository}/.git/index`);
  return { version: bytes[7]!, entries: [...parseIndex(bytes)] };
}

function written(entries: Iterable<IndexEntry>): Uint8Array {
  return finishAtOnce(serializeIndex(entries));
}

/** A repository whose index has every kind of entry, among them names of all lengths. */
async function makeOddRepository(path: string): Promise<void> {
  const files: Record<string, string> = { "run.sh": "#!/bin/sh\n", "é/ü 😀\n.txt": "odd name" };
  for (let length = 1; length <= 20; length++) files[`names/${"n".repeat(length)}`] = `${length}`;
  for (const name of ["a", "a.b", "a/b", "a0", "ab"]) files[`order/${name}/x`] = name;
  await makeRepository(path, files);
  await Deno.chmod(`${path}/run.sh`, 0o755);
  await Deno.symlink("run.sh", `${path}/link`);
  await git(path, "add", "--all");
  await git(path, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},submodule`);
  await git(path, "update-index", "--assume-unchanged", "names/n");
  await git(path, "update-index", "--skip-worktree", "names/nn");
  await writeFiles(path, { "intended": "later" });
  await git(path, "add", "--intent-to-add", "intended");
}

Deno.test("parseIndex() agrees with `git ls-files --debug` in versions 2, 3 and 4", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeOddRepository(repository);
  assert.equal(readIndex(repository).version, 3);
  assert.deepEqual(readIndex(repository).entries, await listedByGit(repository));

  await git(repository, "update-index", "--index-version", "4");
  assert.equal(readIndex(repository).version, 4);
  assert.deepEqual(readIndex(repository).entries, await listedByGit(repository));

  await git(repository, "reset", "--quiet", "--hard");
  await git(repository, "update-index", "--index-version", "2", "--no-skip-worktree", "names/nn");
  assert.equal(readIndex(repository).version, 2);
  assert.deepEqual(readIndex(repository).entries, await listedByGit(repository));
});

Deno.test("parseIndex() reads the stages of an unfinished merge", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeRepository(repository, { "f": "base\n", "g": "g\n" });
  await git(repository, "checkout", "--quiet", "-b", "other");
  await writeFiles(repository, { "f": "other\n" });
  await git(repository, "commit", "--quiet", "--all", "--message", "other");
  await git(repository, "checkout", "--quiet", "main");
  await writeFiles(repository, { "f": "main\n" });
  await git(repository, "commit", "--quiet", "--all", "--message", "main");
  await tryGit(repository, ["merge", "other"]);

  const { entries } = readIndex(repository);
  assert.deepEqual(entries.map(({ path, stage }) => `${path} ${stage}`), [
    "f 1",
    "f 2",
    "f 3",
    "g 0",
  ]);
  assert.deepEqual(entries, await listedByGit(repository));
  await Deno.writeFile(`${repository}/.git/index`, written(entries.toReversed()));
  assert.deepEqual(await listedByGit(repository), entries);
});

Deno.test("parseIndex() passes over git's optional extensions", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`d${i % 7}/f${i}`, `${i}`]),
  );
  await makeRepository(repository, files);
  await git(repository, "config", "index.threads", "4");
  await git(repository, "config", "core.untrackedCache", "true");
  await git(repository, "update-index", "--untracked-cache", "--index-version", "4");
  await git(repository, "update-index", "--force-write-index");
  const bytes = Deno.readFileSync(`${repository}/.git/index`);
  const text = new TextDecoder("latin1").decode(bytes);
  for (const name of ["TREE", "UNTR", "EOIE", "IEOT"]) assert.ok(text.includes(name), name);
  assert.deepEqual([...parseIndex(bytes)], await listedByGit(repository));
});

Deno.test("parseIndex() reads a sparse index, and serializeIndex() writes one", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeRepository(repository, { "in/a": "a", "out/b": "b", "out/deep/c": "c", "top": "t" });
  await git(repository, "sparse-checkout", "set", "--cone", "--sparse-index", "in");
  const { entries } = readIndex(repository);
  const outside = entries.find(({ path }) => path === "out/");
  assert.equal(outside?.mode, 0o40000);
  assert.equal(outside?.skipWorktree, true);
  assert.deepEqual(entries.map(({ path }) => path), ["in/a", "out/", "top"]);

  await Deno.writeFile(`${repository}/.git/index`, written(entries));
  assert.equal(await git(repository, "status", "--porcelain"), "");
  assert.equal(await git(repository, "ls-files"), "in/a\nout/b\nout/deep/c\ntop\n");
});

Deno.test("parseIndex() takes an index without a checksum", async () => {
  await using directory = await temporaryDirectory();
  await makeRepository(`${directory.path}/r`, { "f": "f" });
  const bytes = Deno.readFileSync(`${directory.path}/r/.git/index`);
  bytes.fill(0, bytes.length - 20);
  assert.equal([...parseIndex(bytes)][0]?.path, "f");
});

Deno.test("parseIndex() refuses a split index and says what to do", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeRepository(repository, { "f": "f" });
  await git(repository, "update-index", "--split-index");
  assert.throws(() => readIndex(repository), {
    code: "StoreError",
    message: /split index.*`git update-index --no-split-index`/,
  });
  await git(repository, "update-index", "--no-split-index");
  assert.equal(readIndex(repository).entries.length, 1);
});

Deno.test("parseIndex() refuses damage wherever it is", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeOddRepository(repository);
  for (const version of ["2", "4"]) {
    await git(repository, "update-index", "--index-version", version);
    const bytes = Deno.readFileSync(`${repository}/.git/index`);
    for (let at = 0; at < bytes.length; at += 7) {
      const flipped = bytes.slice();
      flipped[at]! ^= 0x10;
      assert.throws(() => [...parseIndex(flipped)], { code: "StoreError" }, `byte ${at}`);
      assert.throws(
        () => [...parseIndex(bytes.slice(0, at))],
        { code: "StoreError" },
        `length ${at}`,
      );
      // The same without a checksum to find it: some other entries, or an error of ours.
      flipped.fill(0, flipped.length - 20);
      try {
        Array.from(parseIndex(flipped));
      } catch (error) {
        assert.ok(error instanceof Error && "code" in error && error.code === "StoreError");
      }
    }
  }
});

Deno.test("parseIndex() refuses an extension that must be understood", async () => {
  await using directory = await temporaryDirectory();
  await makeRepository(`${directory.path}/r`, { "f": "f" });
  const bytes = Deno.readFileSync(`${directory.path}/r/.git/index`);
  bytes.fill(0, bytes.length - 20);
  const extension = new TextEncoder().encode("what\0\0\0\0");
  const longer = new Uint8Array([
    ...bytes.subarray(0, -20),
    ...extension,
    ...bytes.subarray(-20),
  ]);
  assert.throws(() => [...parseIndex(longer)], {
    code: "StoreError",
    message: /"what" is not known/,
  });
});

Deno.test("serializeIndex() writes what git reads as the same index", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeOddRepository(repository);
  const status = await git(repository, "status", "--porcelain");
  const before = await listedByGit(repository);
  const { entries } = readIndex(repository);
  const shuffled = entries.toSorted((a, b) => a.oid < b.oid ? -1 : 1);
  await Deno.writeFile(`${repository}/.git/index`, written(shuffled));

  assert.deepEqual(await listedByGit(repository), before);
  assert.deepEqual(readIndex(repository).entries, entries);
  assert.equal(await git(repository, "fsck", "--strict"), "");
  assert.equal(await git(repository, "status", "--porcelain"), status);
});

Deno.test("serializeIndex() keeps a name that is not UTF-8", async () => {
  await using directory = await temporaryDirectory();
  const repository = `${directory.path}/r`;
  await makeRepository(repository, { "f": "f", "é": "e" });
  const blob = (await git(repository, "rev-parse", ":f")).trim();
  const line = [...new TextEncoder().encode(`100644 ${blob}\tbad-`), 0xff, 0xe9, 0x0a];
  await tryGit(repository, ["update-index", "--index-info"], { stdin: new Uint8Array(line) });
  const before = await tryGit(repository, ["ls-files", "-z"]);
  const { entries } = readIndex(repository);
  assert.deepEqual(entries.map(({ path }) => path.isWellFormed()), [false, true, true]);
  await Deno.writeFile(`${repository}/.git/index`, written(entries));
  const after = await tryGit(repository, ["ls-files", "-z"]);
  assert.deepEqual(after.bytes, before.bytes);
});

/** An entry but for its path. */
const ENTRY: Omit<IndexEntry, "path"> = {
  oid: "a".repeat(40),
  mode: 0o100644,
  stage: 0,
  size: 2 ** 32 + 5,
  mtime: 1_700_000_000_123,
  ctime: 1_700_000_000,
  ino: 2 ** 40 + 7,
  dev: 1,
  uid: 2,
  gid: 3,
  skipWorktree: false,
  assumeValid: true,
  intentToAdd: false,
};

Deno.test("serializeIndex() writes an empty index, and a path of more than 4095 bytes", () => {
  assert.deepEqual([...parseIndex(written([]))], []);
  const entry: IndexEntry = { ...ENTRY, path: `${"d/".repeat(3000)}f` };
  const [read] = parseIndex(written([entry]));
  assert.deepEqual(read, { ...entry, size: 5, ino: 7 });
});

Deno.test("serializeIndex() writes tens of thousands of entries in steps, and sorts them", () => {
  const [first] = parseIndex(written([{ ...ENTRY, path: "x" }]));
  const paths = Array.from({ length: 30_000 }, (_, i) => `d${i % 7}/${i}`);
  const steps = serializeIndex(paths.map((path) => ({ ...ENTRY, path })));
  let count = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) count++;
  assert.ok(count > 20, `${count} steps`);
  const entries = [...parseIndex(step.value)];
  assert.deepEqual(entries.map(({ path }) => path), paths.sort());
  assert.deepEqual({ ...entries[12_345], path: "x" }, first);
});
