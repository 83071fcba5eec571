import assert from "node:assert/strict";
import { parsePattern } from "../../src/worktree/glob.ts";
import { git } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

/** Which of `names` fit a pattern without slashes. */
function fitting(pattern: string, ...names: string[]): string[] {
  const glob = parsePattern(pattern)?.steps.at(0)?.name;
  return names.filter((name) => glob?.matches(name));
}

/** The steps of a pattern: `…` for any depth, `~` for a name with wildcards. */
function shape(text: string): string | null {
  const pattern = parsePattern(text);
  if (pattern === null) return null;
  const { negated, directoryOnly, steps } = pattern;
  const names = steps.map(({ anyDepth, name }) => `${anyDepth ? "…" : ""}${name.literal ?? "~"}`);
  return `${negated ? "!" : ""}${names.join(" ")}${directoryOnly ? "/" : ""}`;
}

Deno.test("parsePattern() reads slashes and stars as gitignore(5) does", () => {
  const expected = {
    "a": "…a",
    "!a/": "!…a/",
    "/a": "a",
    "a/b": "a b",
    "a\\/b": "a b",
    "a/*": "a ~",
    "**": "…~",
    "**/a": "…a",
    "**/**/***/a": "…a",
    "a/**/b": "a …b",
    "a/**": "a …~",
    "/**": "…~",
    "a/**/": "a …~/",
    "a**/b": "~ b",
    "**a/b": "~ b",
    "*/b": "~ b",
    "a[/]b/c": "~ c",
    "\\!\\a": "…!a",
    // Before `\/`, a `**` does not stand for nothing.
    "**\\/a": "…~ a",
  };
  for (const [pattern, steps] of Object.entries(expected)) {
    assert.equal(shape(pattern), steps, pattern);
  }
});

Deno.test("parsePattern() gives null for what can never fit", () => {
  const never = ["", "/", "!", "!/", "//", "//a", "a//b", "a//", "\\", "a\\", "a\\/", "\\/a"];
  const classes = ["[", "[]", "[a", "[!", "[!]", "[a-", "[\\]", "[a/b", "[[:alpha:]", "[[:alpha"];
  for (const pattern of [...never, ...classes, "[[:bogus:]]", "[[::]]", "[[:Alpha:]]"]) {
    assert.equal(shape(pattern), null, pattern);
  }
});

Deno.test("NameGlob.matches() gives each star what it needs", () => {
  assert.deepEqual(fitting("*.md", ".md", "a.md", "a.md.md", "md", "a.mdx"), [
    ".md",
    "a.md",
    "a.md.md",
  ]);
  assert.deepEqual(fitting("a*", "a", "ab", "ba"), ["a", "ab"]);
  assert.deepEqual(fitting("a*a", "a", "aa", "aba", "abab"), ["aa", "aba"]);
  assert.deepEqual(fitting("*ab*", "ab", "aab", "aabb", "acb"), ["ab", "aab", "aabb"]);
  assert.deepEqual(fitting("*aab*ba*", "aaabba", "aabaab", "aabba"), ["aaabba", "aabba"]);
  assert.deepEqual(fitting("*ab*ba", "aba", "abba", "ababa"), ["abba", "ababa"]);
  assert.deepEqual(fitting("a***b", "ab", "acb", "a"), ["ab", "acb"]);
  assert.deepEqual(fitting("*?*b", "b", "ab", "cab"), ["ab", "cab"]);
});

Deno.test("NameGlob.matches() takes ? and classes for one byte, as git does", () => {
  assert.deepEqual(fitting("?", "a", "é", ""), ["a"]);
  assert.deepEqual(fitting("??", "ab", "é", "日"), ["ab", "é"]);
  assert.deepEqual(fitting("[é]", "é", "e"), []);
  assert.deepEqual(fitting("[é][é]", "é", "e"), ["é"]);
  assert.deepEqual(fitting("*[!a]", "aé", "ba", "b"), ["aé", "b"]);
  assert.deepEqual(fitting("é*日", "é日", "é.日", "日é"), ["é日", "é.日"]);
});

Deno.test("NameGlob.matches() reads classes as git does", () => {
  assert.deepEqual(fitting("[a-c]", ..."abcd-"), [..."abc"]);
  assert.deepEqual(fitting("[!a-c]", ..."abcd-"), [..."d-"]);
  assert.deepEqual(fitting("[^a]", ..."ab^"), [..."b^"]);
  assert.deepEqual(fitting("[]a]", ..."]ab"), [..."]a"]);
  assert.deepEqual(fitting("[!]a]", ..."]ab"), ["b"]);
  assert.deepEqual(fitting("[a-]", ..."ab-"), [..."a-"]);
  assert.deepEqual(fitting("[-a]", ..."ab-"), [..."a-"]);
  assert.deepEqual(fitting("[c-a]", ..."abc-"), ["c"]);
  assert.deepEqual(fitting("[a-c-e]", ..."abcde-"), [..."abce-"]);
  assert.deepEqual(fitting("[a\\]]", ..."a]\\"), [..."a]"]);
  assert.deepEqual(fitting("[\\a-\\c]", ..."abc\\"), [..."abc"]);
  assert.deepEqual(fitting("[[:digit:]-a]", ..."5-a6"), [..."5-a6"]);
  assert.deepEqual(fitting("[[:a]", ..."[:a]"), [..."[:a"]);
});

Deno.test("NameGlob.matches() knows the bytes of every POSIX class as git does", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  await git(root, "init", "--quiet");
  const bytes = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
  const names = [...bytes.filter((byte) => byte !== "/"), "é"].map((byte) => `x${byte}`);
  await writeFiles(root, Object.fromEntries(names.map((name) => [name, ""])));
  const classes = "alnum alpha blank cntrl digit graph lower print punct space upper xdigit";
  for (const name of classes.split(" ")) {
    for (const pattern of [`x[[:${name}:]]`, `x[![:${name}:]]`]) {
      const output = await git(root, "ls-files", "--others", "--ignored", "-z", `-x${pattern}`);
      const expected = output.split("\0").filter((path) => path !== "");
      assert.deepEqual(fitting(pattern, ...names).sort(), expected.sort(), pattern);
    }
  }
});

Deno.test("parsePattern() tells of work beyond one walk over a name", () => {
  let told = 0;
  const glob = parsePattern(`*${"a".repeat(100)}b*`, (comparisons) => told += comparisons)!
    .steps[0]!.name;
  glob.matches("a_rather_ordinary_name.spec.ts".repeat(5));
  assert.equal(told, 0);
  glob.matches("a".repeat(200));
  assert.ok(told > 5_000 && told < 20_000, `${told}`);
});
