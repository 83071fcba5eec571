/** Names of workspaces and snapshots, with `git check-ref-format --branch` as the oracle. */

import assert from "node:assert/strict";
import { InvalidNameError } from "@agentfs/sdk";
import { checkName, compareNames, madeUpName, namesCollide, nameToId } from "../src/names.ts";
import { tryGit } from "./git.ts";
import { Random } from "./random.ts";

const GOOD = [
  "a",
  "fix-typo",
  "fix/typo",
  "a/b/c/d",
  "UPPER",
  "ümläut",
  "日本語",
  "👩‍👩‍👧",
  "e\u0301",
  "a@b",
  "a/@",
  "a.b",
  "a--b",
  "a/-b",
  "1",
  "%2F",
  "a%b",
  "a'b\"c",
  "a$b&c;d|e",
  "(a){b}<c>!#+,=`",
  "refs-of-mine",
  "a/refs",
  "a/trash",
  "a/HEAD",
  "head",
  "Trash",
  "a.lock.b",
  "x".repeat(200),
  "é".repeat(100),
];

/** Names that git refuses, and so do we. */
const BAD = [
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  ".",
  "..",
  "../x",
  "a/../b",
  "a..b",
  ".git",
  ".a",
  "a/.b",
  "a.",
  "a.lock",
  "a.lock/b",
  "a b",
  "a\tb",
  "a\nb",
  "a\x7fb",
  "a~b",
  "a^b",
  "a:b",
  "a?b",
  "a*b",
  "a[b",
  "a\\b",
  "a@{b",
  "@{",
  "-a",
  "--all",
  "HEAD",
];

/** Names that git takes and we do not, by the rule that the error names. */
const STRICTER: readonly [name: string, rule: RegExp][] = [
  ["@a", /does not start with -, \. or @/],
  ["@", /does not start with -, \. or @/],
  ["trash", /reserved/],
  ["trash/a", /reserved/],
  ["HEAD/a", /reserved/],
  ["FETCH_HEAD", /reserved/],
  ["MERGE_HEAD", /reserved/],
  ["a/ORIG_HEAD", /reserved/],
  ["refs", /does not start with refs\//],
  ["refs/heads/a", /does not start with refs\//],
  ["x".repeat(201), /at most 200 bytes/],
  ["é".repeat(101), /at most 200 bytes/],
  ["x".repeat(300), /at most 200 bytes/],
];

/** Those of `names` that git does not take as a branch. */
async function refusedByGit(names: readonly string[]): Promise<string[]> {
  const refused = [];
  for (const name of names) {
    const { code } = await tryGit("/", ["check-ref-format", "--branch", name]);
    if (code !== 0) refused.push(name);
  }
  return refused;
}

function isRefused(name: string): boolean {
  try {
    checkName("workspace", name);
    return false;
  } catch (error) {
    assert.ok(error instanceof InvalidNameError, `${error}`);
    return true;
  }
}

Deno.test("checkName() takes good names, which git takes too", async () => {
  assert.deepEqual(GOOD.filter(isRefused), []);
  assert.deepEqual(await refusedByGit(GOOD), []);
});

Deno.test("checkName() refuses what git refuses", async () => {
  assert.deepEqual(BAD.filter((name) => !isRefused(name)), []);
  assert.deepEqual(await refusedByGit(BAD), BAD);
});

Deno.test("checkName() is stricter than git only by the rules that its errors name", async () => {
  for (const [name, rule] of STRICTER) {
    assert.throws(() => checkName("workspace", name), { code: "InvalidNameError", message: rule });
  }
  assert.deepEqual(await refusedByGit(STRICTER.map(([name]) => name)), []);
});

Deno.test("checkName() refuses what can be no argument of git's: NUL and half surrogates", () => {
  assert.ok(isRefused("a\0b"));
  assert.throws(() => checkName("workspace", "a\ud800"), { message: /valid Unicode/ });
});

Deno.test("checkName() takes no random name that git refuses", async () => {
  const seed = Date.now() % 1e9;
  const random = new Random(seed);
  const pieces = [..."ab.-/@{~^:?*[\\ %\x7f\té日", "..", "@{", ".lock", "HEAD", "refs/", "_HEAD"];
  const names = Array.from(
    { length: 3000 },
    () => Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces)).join(""),
  );
  const taken = [...new Set(names)].filter((name) => !isRefused(name)).slice(0, 300);
  assert.deepEqual(await refusedByGit(taken), [], `seed ${seed}`);
});

Deno.test("checkName() says what the name is for, and shows a long one in part", () => {
  assert.throws(() => checkName("snapshot", "a b"), {
    message: 'Cannot name a snapshot "a b": a name has no space, control character or any of ' +
      "~ ^ : ? * [ \\",
  });
  assert.throws(
    () => checkName("workspace", "x".repeat(10_000)),
    ({ message }: Error) => message.length < 200 && message.includes("…"),
  );
});

Deno.test("checkName() names the type of what is no string", () => {
  const wrong: readonly [unknown, string][] = [[5, "number"], [null, "null"], [
    undefined,
    "undefined",
  ], [
    ["a"],
    "array",
  ], [{}, "object"]];
  for (const [value, type] of wrong) {
    assert.throws(() => checkName("workspace", value as string), {
      code: "InvalidNameError",
      message: `Cannot name a workspace: a name is a string, not ${type}`,
    });
  }
});

Deno.test("nameToId() gives each name a file name of its own that fits with prefix and suffix", () => {
  const seed = Date.now() % 1e9;
  const random = new Random(seed);
  const pieces = [..."ab%/~é日👩", "%2F", "%25", "%2f", "x".repeat(60), "é".repeat(40)];
  const ids = new Map<string, string>();
  for (const name of [...GOOD, "a/b", "a%2Fb", "a%252Fb", "x".repeat(199) + "y"]) add(name);
  for (let count = 0; count < 20_000; count++) {
    add(Array.from({ length: 1 + random.below(7) }, () => random.pick(pieces)).join(""));
  }

  function add(name: string): void {
    const id = nameToId(name);
    const other = ids.get(id);
    assert.ok(other === undefined || other === name, `${name} and ${other}, seed ${seed}`);
    ids.set(id, name);
    const bytes = new TextEncoder().encode(`agentfs-${id}.json`).length;
    assert.ok(bytes <= 255, `${name} has ${bytes} bytes, seed ${seed}`);
    assert.doesNotMatch(id, /[/\0\uFFFD]/, `seed ${seed}`);
  }
});

Deno.test("namesCollide() is true for a name and one below it, not for a common beginning", () => {
  assert.ok(namesCollide("a", "a"));
  assert.ok(namesCollide("a", "a/b"));
  assert.ok(namesCollide("a/b/c", "a/b"));
  assert.ok(!namesCollide("a", "ab"));
  assert.ok(!namesCollide("a/b", "a/c"));
  assert.ok(!namesCollide("a-b", "a"));
});

Deno.test("madeUpName() is a good name, sorts by time and does not repeat", () => {
  const names = Array.from({ length: 1000 }, () => madeUpName());
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.filter(isRefused), []);
  const early = madeUpName(new Date("2026-01-02T03:04:05.678Z"));
  assert.match(early, /^20260102-030405-[0-9a-f]{10}$/);
  assert.ok(early < madeUpName(new Date("2026-01-02T03:04:06Z")));
});

Deno.test("compareNames() orders as the bytes of UTF-8 do", () => {
  const names = ["", "a", "a/b", "ab", "é", "\u{ffff}", "\u{10000}", "\u{e000}", "👩", "aé", "a👩"];
  const bytes = (name: string): string =>
    [...new TextEncoder().encode(name)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const expected = names.toSorted((a, b) => bytes(a) < bytes(b) ? -1 : 1);
  assert.deepEqual(names.toSorted(compareNames), expected);
});
