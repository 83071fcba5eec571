import * as assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EMPTY_TREE } from "../../src/git/object.ts";
import { PatchWriter } from "../../src/git/patch.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Patches } from "./patches.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const MOST_COMMITS = 300;

Deno.test("PatchWriter writes what git diff does for every commit of this repository", async () => {
  using patches = await Patches.open(PROJECT);
  const log = await git(PROJECT, "log", `--max-count=${MOST_COMMITS}`, "--format=%H %P");
  const known = new Set(log.split("\n").map((line) => line.slice(0, 40)));
  for (const line of log.trim().split("\n")) {
    const [commit, parent] = line.split(" ");
    const from = parent && known.has(parent) ? parent : EMPTY_TREE;
    for (const renames of [false, true]) {
      const { patch, counts } = await patches.ours(from, commit!, { renames });
      const theirs = await patches.theirs(from, commit!, { renames });
      assert.ok(patch === theirs, `${commit} differs, with renames: ${renames}`);
      assert.deepEqual(counts, await patches.theirCounts(from, commit!, renames));
    }
  }
});

/** A state of a tree: files by name, as bytes or text; `null` in the second state for one that goes. */
interface OddTree {
  readonly files?: Record<string, string | Uint8Array>;
  readonly links?: Record<string, string>;
  readonly submodules?: Record<string, string>;
  readonly executable?: readonly string[];
}

async function makeTree(path: string, { files, links, submodules, executable }: OddTree) {
  await git(path, "rm", "-r", "-q", "--cached", "--ignore-unmatch", ".");
  for (const { name } of [...Deno.readDirSync(path)]) {
    if (name !== ".git") await Deno.remove(`${path}/${name}`, { recursive: true });
  }
  for (const [name, content] of Object.entries(files ?? {})) {
    const file = `${path}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(file, typeof content === "string" ? bytes(content) : content);
  }
  for (const [name, target] of Object.entries(links ?? {})) {
    await Deno.symlink(target, `${path}/${name}`);
  }
  for (const name of executable ?? []) await Deno.chmod(`${path}/${name}`, 0o755);
  await git(path, "add", "--all");
  for (const [name, oid] of Object.entries(submodules ?? {})) {
    await git(path, "update-index", "--add", "--cacheinfo", `160000,${oid},${name}`);
  }
  return (await git(path, "write-tree")).trim();
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";
const LATIN = Uint8Array.of(0x63, 0xe9, 0x0a, 0xff, 0xfe, 0x0a);

const ODD: Record<string, [from: OddTree, to: OddTree]> = {
  "odd names": [
    { files: { "gone \u{1f600}": TEXT, "same\tname": "1\n", "a b/c d": "1\n", 'q"u\\o': "1\n" } },
    {
      files: { "né": TEXT, "same\tname": "2\n", "a b/c d": "2\n", 'q"u\\o': "2\n", "\x01\x7f": "" },
    },
  ],
  "renamed with odd names": [
    { files: { "from é": TEXT.repeat(9), "plain": `${TEXT}x` } },
    { files: { "to\n2": TEXT.repeat(9) + "more\n", "pl ain": `${TEXT}x` } },
  ],
  "modes": [
    { files: { a: "1\n", b: "1\n", c: "" }, executable: ["b"] },
    { files: { a: "1\n", b: "2\n", d: "" }, executable: ["a", "d"] },
  ],
  "binary": [
    { files: { a: "\0one", b: "text\n", c: "\0", d: `${"x".repeat(7999)}\0`, g: "\0" } },
    {
      files: {
        a: "\0two",
        b: "\0",
        d: `${"y".repeat(7999)}\0`,
        e: "\0",
        f: "z".repeat(8000) + "\0",
      },
    },
  ],
  "links": [
    { links: { a: "one", b: "one", c: "c" }, files: { d: TEXT, e: "1" } },
    { links: { a: "two two", d: "one", e: "1" }, files: { c: TEXT } },
  ],
  "submodules": [
    {
      submodules: { a: "1".repeat(40), b: "2".repeat(40), d: "5".repeat(40) },
      files: { c: "1\n" },
    },
    { submodules: { a: "3".repeat(40), c: "4".repeat(40) }, files: { d: "1\n" } },
  ],
  "no newline at the end": [
    { files: { a: "1", b: "1\n", c: "1\n2", d: "1", e: "1\n2", f: "" } },
    { files: { a: "1\n", b: "1", c: "3\n2", d: "2", e: "", f: "1" } },
  ],
  "CRLF and lone CR": [
    {
      files: {
        a: "a\r\nb\r\nc\r\n",
        b: "a\rb\rc",
        c: "function a() {\r\n1\r\n2\r\n3\r\n4\r\n5\r\n",
      },
    },
    {
      files: { a: "a\nb\r\nc\r\n", b: "a\rB\rc", c: "function a() {\r\n1\r\n2\r\n3\r\n4\r\n6\r\n" },
    },
  ],
  "not UTF-8": [
    { files: { a: LATIN, b: "x\n" } },
    { files: { a: LATIN.toReversed(), b: Uint8Array.of(0xef, 0xbb, 0xbf, 0x78, 0x0a) } },
  ],
  "empty files": [{ files: { a: "", b: "1\n" } }, { files: { b: "", c: "" } }],
  "long headings": [
    { files: { a: `$${"é".repeat(60)}\n${TEXT}`, b: `x${" ".repeat(100)}y\n _a\n-\n${TEXT}` } },
    {
      files: { a: `$${"é".repeat(60)}\n${TEXT}9\n`, b: `x${" ".repeat(100)}y\n _a\n-\n${TEXT}9\n` },
    },
  ],
  "a file where a directory was": [
    { files: { "a/b": "1\n", "c": "1\n", "a.b": "1\n" } },
    { files: { "a": "1\n", "c/d": "1\n", "a.b": "2\n" } },
  ],
};

for (const [what, [from, to]] of Object.entries(ODD)) {
  Deno.test(`PatchWriter writes what git diff does: ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await git(path, "init", "--quiet");
    const [a, b] = [await makeTree(path, from), await makeTree(path, to)];
    using patches = await Patches.open(path);
    for (const context of [3, 0, 1]) {
      for (const renames of [false, true]) {
        for (const [one, two] of [[a, b], [b, a], [EMPTY_TREE, b], [a, EMPTY_TREE]] as const) {
          const { patch, counts } = await patches.ours(one, two, { context, renames });
          assert.equal(patch, await patches.theirs(one, two, { context, renames }));
          if (context !== 3) continue;
          assert.deepEqual(counts, await patches.theirCounts(one, two, renames));
        }
      }
    }
  });
}

Deno.test("PatchWriter writes what git apply makes the other tree of", async () => {
  for (const [what, [from, to]] of Object.entries(ODD)) {
    // Only `git diff --binary` can be applied to binary files, and git apply makes no submodules.
    if (what === "binary" || what === "submodules") continue;
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await git(path, "init", "--quiet");
    const [after, before] = [await makeTree(path, to), await makeTree(path, from)];
    using patches = await Patches.open(path);
    const { patch } = await patches.ours(before, after, { renames: true });
    const stdin = Uint8Array.from(patch, (character) => character.charCodeAt(0));
    const { code, stderr } = await tryGit(path, ["apply", "--cached", "-"], { stdin });
    assert.equal(code, 0, `${what}: ${stderr}`);
    assert.equal((await git(path, "write-tree")).trim(), after, what);
  }
});

Deno.test("PatchWriter says of files that are too large only that they differ", async () => {
  const lines = new Uint8Array(2_000_001).fill(0x0a);
  const contents = [null, bytes("1\n"), lines];
  for (const [before, after] of [[0, 1], [1, 0], [1, 2], [2, 1]] as const) {
    const writer = new PatchWriter({
      read: (_, which) => Promise.resolve(contents[which === "old" ? before : after]!),
      abbreviate: (oid) => oid.slice(0, 7),
    }, 3);
    const [oldOid, newOid] = ["1".repeat(40), "2".repeat(40)];
    const modes = { oldMode: 0o100644, newMode: 0o100644 };
    const change = {
      type: "modified",
      path: "/a",
      oldPath: null,
      oldOid,
      newOid,
      ...modes,
    } as const;
    await writer.add({ change, similarity: null });
    assert.equal(
      new TextDecoder().decode(await writer.bytes()),
      "diff --git a/a b/a\nindex 1111111..2222222 100644\nBinary files a/a and b/a differ\n",
    );
  }
});

Deno.test("abbreviator() shows as many digits as git, and more where ids begin alike", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { a: "1\n" });
  // Found by trying: the ids of these two begin with the same eight digits.
  const from = await makeTree(path, { files: { a: "3525\n" } });
  const to = await makeTree(path, { files: { a: "40728\n" } });
  using patches = await Patches.open(path);
  for (const packed of [false, true]) {
    if (packed) {
      await git(path, "-c", "gc.cruftPacks=false", "repack", "-adq", "--keep-unreachable");
    }
    const { patch } = await patches.ours(from, to);
    assert.match(patch, /^index [0-9a-f]{9}\.\.[0-9a-f]{9} /m);
    assert.equal(patch, await patches.theirs(from, to));
  }
});
