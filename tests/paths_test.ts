/** Paths as people give them, and the names that stand for `.git`, with git as the oracle. */

import assert from "node:assert/strict";
import type { PathError } from "@agentfs/sdk";
import { byteLength, isGitmodulesName, isGitName, pathComponents } from "../src/paths.ts";
import { git, tryGit } from "./git.ts";
import { Random } from "./random.ts";
import { temporaryDirectory } from "./temporary.ts";

const EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
const [REGULAR, LINK] = ["100644", "120000"];

/** Names that are `.git`, or become it on some file system. */
const GIT_NAMES = [
  ".git",
  ".GIT",
  ".gIt",
  ".git.",
  ".git ",
  ".git. . .",
  ".git::$INDEX_ALLOCATION",
  ".git:x",
  ".git\\",
  ".git\\config",
  ".git .\\x",
  "git~1",
  "GIT~1",
  "git~1.",
  "git~1 ",
  "git~1:x",
  "git~1\\x",
  "x\\.git",
  "x\\.git\\y",
  "x\\git~1",
  "x\\y\\.GIT. \\z",
  "\\.git",
  "\\git~1\\x",
  ".g\u200cit",
  "\u200d.git",
  ".git\ufeff",
  ".\u202a\u202bG\u206fi\u200et",
];

/** Names that look like it, and are none. */
const OTHER_NAMES = [
  "git",
  ".gitt",
  ".gi",
  ".git2",
  "x.git",
  ".git-x",
  ".gitignore",
  ".gitmodules",
  ".git~1",
  "git~2",
  "git~10",
  "git~1x",
  ".git;x",
  ".g it",
  "\u200b.git",
  ".git\u200b",
  ".g\u0131t",
  "\uff0egit",
  ".git\u00a0",
  "\\",
  "a\\b",
  "a\\.gitx\\b",
  "~1",
];

const GITMODULES_NAMES = [
  ".gitmodules",
  ".GITMODULES",
  ".gitmodules ",
  ".gitmodules.",
  ".gitmodules:x",
  "gitmod~1",
  "GITMOD~4",
  "gi7eba~1",
  "gi7eba~9",
  "gi7eb~12",
  "GI7~1234",
  "~1234567",
  "x\\.gitmodules",
  ".git\u200cmodules",
];

const OTHER_LINKS = [
  ".gitmodule",
  "gitmodules",
  "gitmod~5",
  "gitmod~0",
  ".gitmodulesx",
  ".gitmodules\\x",
  "gi7eb~1",
  "~0123456",
];

/** Which of `names` git refuses to add to an index, under all of its protection. */
async function refusedByGit(names: readonly string[], mode: string): Promise<string[]> {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  const protect = ["-c", "core.protectNTFS=true", "-c", "core.protectHFS=true"];
  const refused = [];
  for (const name of names) {
    const info = `${mode},${EMPTY_BLOB},d/${name}`;
    const command = [...protect, "update-index", "--add", "--cacheinfo", info];
    const { code } = await tryGit(directory.path, command);
    if (code !== 0) refused.push(name);
    else await git(directory.path, "read-tree", "--empty");
  }
  return refused;
}

/** Which of `names` `git fsck` finds fault with in a tree: those above, and a few more. */
async function faultyForGit(names: readonly string[], mode: string): Promise<string[]> {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  await tryGit(path, ["hash-object", "-w", "--stdin"], { stdin: "" });
  const trees: string[] = [];
  for (const name of names) {
    const stdin = `${mode} blob ${EMPTY_BLOB}\t${name}\0`;
    trees.push((await tryGit(path, ["mktree", "-z"], { stdin })).stdout.trim());
  }
  const { stdout, stderr } = await tryGit(path, ["fsck", "--strict", "--no-dangling"]);
  return names.filter((_, index) => `${stdout}${stderr}`.includes(`in tree ${trees[index]}: `));
}

Deno.test("isGitName() knows every name that git protects from, and no other", async () => {
  const names = [...GIT_NAMES, ...OTHER_NAMES];
  assert.deepEqual(names.filter(isGitName), GIT_NAMES);
  assert.deepEqual(await faultyForGit(names, REGULAR!), GIT_NAMES);
  const lenient = GIT_NAMES.filter((name) => !name.startsWith("\\"));
  assert.deepEqual(await refusedByGit(names, REGULAR!), lenient);
});

Deno.test("isGitmodulesName() knows every link that git protects from, and no other", async () => {
  const names = [...GITMODULES_NAMES, ...OTHER_LINKS];
  assert.deepEqual(names.filter(isGitmodulesName), GITMODULES_NAMES);
  assert.deepEqual(await faultyForGit(names, LINK!), GITMODULES_NAMES);
  assert.deepEqual(await refusedByGit(names, LINK!), GITMODULES_NAMES);
});

Deno.test("isGitName() and isGitmodulesName() say of random names what git says", async () => {
  const seed = Date.now() % 1e9;
  const random = new Random(seed);
  const pieces = [
    ...[".git", ".GIT", "git~1", ".gitmodules", "gitmod~1", "gi7eba~2", "gi7e~", "git", ".g"],
    ...[".", " ", ":", "\\", "~", "1", "123", "x", "\u200c", "\ufeff", "\u202e", "\u200b", "é"],
  ];
  const names = [
    ...new Set(
      Array.from(
        { length: 250 },
        () => Array.from({ length: 1 + random.below(4) }, () => random.pick(pieces)).join(""),
      ),
    ),
  ].filter((name) => name !== "." && name !== "..");
  const isRefused = (name: string): boolean => isGitName(name) || isGitmodulesName(name);
  assert.deepEqual(await faultyForGit(names, LINK!), names.filter(isRefused), `seed ${seed}`);
});

Deno.test("pathComponents() gives the names in a path, however it is spelt", () => {
  const paths: [path: string, components: string[]][] = [
    ["/", []],
    ["", []],
    [".", []],
    ["/./.", []],
    ["//", []],
    ["a", ["a"]],
    ["/a", ["a"]],
    ["/a/", ["a"]],
    ["//a//b/./c/", ["a", "b", "c"]],
    ["/a/../b", ["a", "..", "b"]],
    ["/...", ["..."]],
    ["/ ", [" "]],
    ["/-x", ["-x"]],
    ["/a\nb", ["a\nb"]],
    ["/a\\b", ["a\\b"]],
    ["/~", ["~"]],
    ["/日本/👩‍👩‍👧", ["日本", "👩‍👩‍👧"]],
    ["/C:/x", ["C:", "x"]],
    [`/${"x".repeat(255)}`, ["x".repeat(255)]],
    [`/${"é".repeat(127)}x`, [`${"é".repeat(127)}x`]],
  ];
  for (const [path, components] of paths) assert.deepEqual(pathComponents(path), components, path);
});

Deno.test("pathComponents() refuses what no path can be, and names the rule", () => {
  const refused: [path: unknown, rule: RegExp][] = [
    ["/a\0b", /a path holds no NUL/],
    ["\0", /a path holds no NUL/],
    ["/a\ud800", /a path is valid Unicode/],
    ["/\udc00/x", /a path is valid Unicode/],
    [`/${"x".repeat(256)}`, /a name in a path has at most 255 bytes/],
    [`/a/${"é".repeat(128)}/b`, /a name in a path has at most 255 bytes/],
    ["/.git", /"\.git" stands for \.git/],
    ["/a/.GIT/config", /"\.GIT" stands for \.git/],
    [5, /Cannot use number as a path: a path is a string/],
    [null, /Cannot use null as a path: a path is a string/],
    [undefined, /Cannot use undefined as a path: a path is a string/],
    [["a"], /Cannot use array as a path: a path is a string/],
  ];
  for (const [path, rule] of refused) {
    assert.throws(() => pathComponents(path as string), (error: PathError) => {
      assert.equal(error.code, "PathError");
      assert.match(error.message, /^Cannot use /);
      assert.match(error.message, rule);
      assert.equal(error.path, String(path));
      return true;
    });
  }
});

Deno.test("pathComponents() refuses every disguise of .git, at every depth", () => {
  for (const name of GIT_NAMES.filter((name) => !name.includes("/"))) {
    for (const path of [name, `/${name}`, `/a/${name}/b`, `/${name}/`, `/a/../${name}`]) {
      assert.throws(() => pathComponents(path), {
        code: "PathError",
        message: /stands for \.git$/,
      });
    }
  }
  for (const name of OTHER_NAMES) assert.deepEqual(pathComponents(name), [name]);
});

Deno.test("pathComponents() shows a long path in part", () => {
  assert.throws(
    () => pathComponents(`/${"x".repeat(100_000)}`),
    ({ message }: Error) => message.length < 400 && message.includes("…"),
  );
});

Deno.test("byteLength() counts the bytes of UTF-8", () => {
  assert.deepEqual(["", "a", "é", "日", "👩"].map(byteLength), [0, 1, 2, 3, 4]);
});
