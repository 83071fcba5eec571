import assert from "node:assert/strict";
import type { Change } from "../../src/changes.ts";
import { type Contents, detectRenames, type ScoredChange } from "../../src/git/renames.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { compareTrees } from "../../src/worktree/compare.ts";
import { storedTree } from "../../src/worktree/state.ts";
import { treeOf } from "../../src/git/commit.ts";
import { git, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { openStore } from "./corpus.ts";
import { commitPairs, type Entry, randomPair, type Tree } from "./rename_trees.ts";

const PAIRS = Deno.env.get("AGENTFS_THOROUGH") === "1" ? 300 : 60;

function contentsOf(store: ObjectStore): Contents {
  return {
    size: ({ oid }) => store.header(oid)?.size ?? null,
    read: ({ oid }) => Promise.resolve(store.read(oid).data),
  };
}

/** What changed in a commit, in the words of `git diff-tree --raw`. */
async function ours(store: ObjectStore, parent: string, commit: string): Promise<string[]> {
  const [before, after] = [parent, commit].map((oid) => storedTree(store, treeOf(store, oid)));
  return (await detectRenames(await compareTrees(before!, after!), contentsOf(store))).map(rawLine);
}

const LETTERS = { added: "A", modified: "M", deleted: "D", renamed: "R" };

function rawLine({ change, similarity }: ScoredChange): string {
  const { type, path, oldPath, oldOid, newOid, oldMode, newMode } = change;
  const mode = (mode: number | null): string => (mode ?? 0).toString(8).padStart(6, "0");
  const isOtherKind = type === "modified" && (oldMode! ^ newMode!) & 0o170000;
  const letter = isOtherKind ? "T" : LETTERS[type];
  const score = similarity === null ? "" : `${similarity}`.padStart(3, "0");
  return [
    [mode(oldMode), mode(newMode), oldOid ?? NONE, newOid ?? NONE, letter + score].join(" "),
    ...(oldPath === null ? [] : [oldPath.slice(1)]),
    path.slice(1),
  ].join("\t");
}

const NONE = "0".repeat(40);

/** What git says of the same commits, each with its parent. */
async function gits(path: string, commits: readonly string[]): Promise<string[][]> {
  const args = ["diff-tree", "--stdin", "-r", "-M", "--raw", "--no-abbrev", "-z"];
  const { stdout, code, stderr } = await tryGit(path, args, { stdin: `${commits.join("\n")}\n` });
  assert.equal(code, 0, stderr);
  const found = new Map<string, string[]>(commits.map((oid) => [oid, []]));
  const fields = stdout.split("\0");
  let lines: string[] = [];
  for (let field = fields.shift(); field !== undefined && field !== ""; field = fields.shift()) {
    if (!field.startsWith(":")) {
      lines = found.get(field)!;
      continue;
    }
    const paths = fields.splice(0, /R\d+$/.test(field) ? 2 : 1);
    lines.push([field.slice(1), ...paths].join("\t"));
  }
  return commits.map((oid) => found.get(oid)!);
}

/** Both answers for each pair of trees. */
async function compared(
  pairs: readonly (readonly [Tree, Tree])[],
): Promise<[string[], string[]][]> {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const commits = await commitPairs(path, pairs);
  using store = openStore(path, 64 << 20);
  const parents = (await git(path, "rev-parse", ...commits.map((oid) => `${oid}~`))).split("\n");
  const expected = await gits(path, commits);
  const answers: [string[], string[]][] = [];
  for (const [index, commit] of commits.entries()) {
    answers.push([await ours(store, parents[index]!, commit), expected[index]!]);
  }
  return answers;
}

function file(content: string, mode = "100644"): Entry {
  return { mode, content };
}

function tree(files: Record<string, string | Entry>): Tree {
  return new Map(
    Object.entries(files).map(([path, entry]) => [
      path,
      typeof entry === "string" ? file(entry) : entry,
    ]),
  );
}

/** Lines that no other text has. */
function text(name: string, lines = 20): string {
  return Array.from({ length: lines }, (_, line) => `${name} ${line} has a line\n`).join("");
}

Deno.test(`detectRenames() finds the pairs and the scores of git in ${PAIRS} random pairs of trees`, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  const pairs = Array.from({ length: PAIRS }, () => randomPair(random));
  let renames = 0;
  for (const [index, [found, expected]] of (await compared(pairs)).entries()) {
    assert.deepEqual(found, expected, `seed ${seed}, pair ${index}`);
    renames += expected.filter((line) => / R(?!100)\d+\t/.test(line)).length;
  }
  assert.ok(renames > PAIRS / 2, `seed ${seed} has only ${renames} renames with edits`);
});

Deno.test("detectRenames() decides as git does", async (t) => {
  const link = (target: string): Entry => ({ mode: "120000", content: target });
  const submodule = (digit: string): Entry => ({ mode: "160000", content: digit.repeat(40) });
  const many = (count: number, name: (n: number) => string, content = text("x")): Tree =>
    tree(Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), content])));
  const a = text("a");
  const cases: Record<string, [before: Tree, after: Tree]> = {
    "nothing was added": [tree({ a, b: a }), tree({ a })],
    "nothing was deleted": [tree({ a }), tree({ a, b: a })],
    "an equal file of the same name comes first": [
      tree({ "a/x": a, "b/y": a, "c/z": a }),
      tree({ "d/z": a, "d/w": a }),
    ],
    "two files change places": [tree({ a, b: text("b") }), tree({ a: text("b"), b: a })],
    "a directory is moved, and its files edited": [
      tree({ "a/x": a, "a/y": text("y"), "a/z": text("z", 3) }),
      tree({ "b/x": a, "b/y": text("y", 24), "b/z": text("z", 5) }),
    ],
    "a file of the same name must be 75 % the same at once": [
      tree({ "a/x": text("x"), "a/y": text("x", 19) }),
      tree({ "b/x": text("x", 26), "b/z": text("x", 21) }),
    ],
    "a file of the same name that is less so has to compete": [
      tree({ "a/x": text("x"), "a/y": text("x", 33) }),
      tree({ "b/x": text("x", 34) }),
    ],
    "half of a file is enough": [tree({ a: text("x", 10) }), tree({ b: text("x", 20) })],
    "less is not": [tree({ a: text("x", 10) }), tree({ b: text("x", 21) })],
    "lines end in CR LF now": [tree({ a }), tree({ b: a.replaceAll("\n", "\r\n") })],
    "in a binary file a CR counts": [
      tree({ a: `\0${a}` }),
      tree({ b: `\0${a.replaceAll("\n", "\r\n")}` }),
    ],
    "a NUL that comes late does not make a file binary": [
      tree({ a: `${text("a", 500)}\0` }),
      tree({ b: `${text("a", 500).replaceAll("\n", "\r\n")}\0` }),
    ],
    "one line is very long": [tree({ a: "ab".repeat(4000) }), tree({ b: "ab".repeat(5000) })],
    "a short line without an end does not count": [tree({ a: "short" }), tree({ b: "short." })],
    "empty files are equal": [tree({ a: "", b: "" }), tree({ c: "", d: a })],
    "links are moved only as they are": [
      tree({ a: link("x"), b: link("some/where") }),
      tree({ c: link("x"), d: link("some/where/") }),
    ],
    "a link is not a file of the same content": [tree({ a: link("x") }), tree({ b: "x" })],
    "a submodule is moved": [
      tree({ a: submodule("1"), b: submodule("2") }),
      tree({ c: submodule("1"), d: submodule("3") }),
    ],
    "a file becomes executable on its way": [
      tree({ a, b: text("b") }),
      tree({ c: file(a, "100755"), d: file(text("b", 22), "100755") }),
    ],
    "a file becomes a directory": [tree({ a }), tree({ "a/a": a })],
    "a file becomes a link where it is": [tree({ a }), tree({ a: link("b"), b: a })],
    "over 100 equal files, none of the name": [
      many(150, (n) => `a/${n}`),
      tree({ "b/149": text("x"), "b/x": text("x"), "b/50": text("x") }),
    ],
    "over four candidates for each": [
      tree(Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`a/${n}`, text("x", 20 + n)]))),
      tree(Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`b/x${n}`, text("x", 22)]))),
    ],
  };
  const answers = await compared(Object.values(cases));
  for (const [index, name] of Object.keys(cases).entries()) {
    await t.step(name, () => assert.deepEqual(answers[index]![0], answers[index]![1]));
  }
});

Deno.test("detectRenames() compares nothing over git's limit, but still finds what is easy", async () => {
  const side = (directory: string, lines: number): Tree => {
    const files = Array.from({ length: 1001 }, (_, n): [string, string] => [
      `${directory}/${directory}${n}`,
      `${text(`${n}`, lines)}${directory}\n`,
    ]);
    return tree({
      ...Object.fromEntries(files),
      [`${directory}/equal-${directory}`]: text("equal"),
      [`${directory}/namesake`]: text("namesake", lines + 20),
    });
  };
  const [[found, expected]] = await compared([[side("a", 3), side("b", 3)]]) as [
    [string[], string[]],
  ];
  assert.deepEqual(found, expected);
  assert.equal(found.filter((line) => / R\d+\t/.test(line)).length, 2);
});

Deno.test("detectRenames() asks for no content where ids and names settle it", async () => {
  const asked: string[] = [];
  const contents: Contents = {
    size: ({ path }) => (asked.push(path), null),
    read: ({ path }) => (asked.push(path), Promise.resolve(null)),
  };
  const changes = [added("/b", "2"), deleted("/c", "2")];
  assert.deepEqual(await detectRenames([], contents), []);
  assert.deepEqual(await detectRenames([changes[0]!], contents), [
    { change: changes[0], similarity: null },
  ]);
  assert.equal((await detectRenames(changes, contents))[0]!.change.oldPath, "/c");
  assert.deepEqual(asked, []);
  // What cannot be had resembles nothing.
  const others = [added("/b", "2"), deleted("/c", "3")];
  const found = await detectRenames(others, contents);
  assert.deepEqual(found.map(({ change }) => change), others);
  assert.deepEqual(asked.sort(), ["/b", "/c"]);
});

Deno.test("detectRenames() holds nobody up, however much has moved", async () => {
  const bytes = new TextEncoder().encode(text("x", 100));
  const contents: Contents = {
    size: () => bytes.length,
    read: ({ path }) =>
      Promise.resolve(bytes.map((byte, at) => byte ^ (path.charCodeAt(at % 9) & 7))),
  };
  const changes = Array.from({ length: 1000 }, (_, n) => [
    added(`/a${n}`, `${n}`),
    deleted(`/b${n}`, `-${n}`),
  ]).flat();
  const controller = new AbortController();
  let turns = 0;
  const timer = setInterval(() => ++turns === 3 && controller.abort(), 1);
  await assert.rejects(detectRenames(changes, contents, controller.signal), { name: "AbortError" });
  clearInterval(timer);
});

function added(path: string, oid: string): Change {
  const old = { oldPath: null, oldOid: null, oldMode: null };
  return { type: "added", path, ...old, newOid: oid, newMode: 0o100644 };
}

function deleted(path: string, oid: string): Change {
  const now = { newOid: null, newMode: null };
  return { type: "deleted", path, oldPath: null, oldOid: oid, oldMode: 0o100644, ...now };
}
