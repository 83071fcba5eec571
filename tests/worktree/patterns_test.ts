import assert from "node:assert/strict";
import { Selection } from "../../src/worktree/patterns.ts";
import { git, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Random } from "../random.ts";
import { plantTree, randomPattern } from "./random_patterns.ts";

/** Which of `paths` are chosen. */
function chosen(lists: { include?: string[]; exclude?: string[] }, paths: string[]): string[] {
  const selection = new Selection(lists);
  return paths.filter((path) => selection.has(path));
}

const PATHS = [
  "/README.md",
  "/docs/a.md",
  "/docs/api/b.ts",
  "/lib/docs/c.md",
  "/lib/.env",
  "/docs.txt",
];

Deno.test("Selection.has() reads patterns as gitignore does", () => {
  const include = (...include: string[]) => chosen({ include }, PATHS);
  assert.deepEqual(include("*.md"), ["/README.md", "/docs/a.md", "/lib/docs/c.md"]);
  assert.deepEqual(include("docs/**"), ["/docs/a.md", "/docs/api/b.ts"]);
  assert.deepEqual(include("docs"), ["/docs/a.md", "/docs/api/b.ts", "/lib/docs/c.md"]);
  assert.deepEqual(include("docs/"), include("docs"));
  assert.deepEqual(include("/docs"), include("docs/**"));
  assert.deepEqual(include("docs*/"), include("docs"));
  assert.deepEqual(include("*"), PATHS);
  assert.deepEqual(include("lib/*"), ["/lib/docs/c.md", "/lib/.env"]);
  assert.deepEqual(include("*.[mt"), []);
  assert.deepEqual(include("*.md", "!README.md"), ["/docs/a.md", "/lib/docs/c.md"]);
  assert.deepEqual(include("docs", "!docs/api"), include("docs"), "no way back below a directory");
  assert.deepEqual(include("docs/*", "!docs/api"), ["/docs/a.md"]);
});

Deno.test("Selection.has() takes the excluded from the included", () => {
  assert.deepEqual(chosen({}, PATHS), PATHS);
  assert.deepEqual(chosen({ include: [], exclude: [] }, PATHS), PATHS);
  assert.deepEqual(chosen({ exclude: ["docs", ".*"] }, PATHS), ["/README.md", "/docs.txt"]);
  assert.deepEqual(chosen({ include: ["docs"], exclude: ["*.md"] }, PATHS), ["/docs/api/b.ts"]);
  assert.deepEqual(chosen({ include: ["docs"], exclude: ["*"] }, PATHS), []);
});

Deno.test("Selection.has() takes a path with and without its first slash", () => {
  const selection = new Selection({ include: ["/docs/a.md"] });
  assert.ok(selection.has("docs/a.md"));
  assert.ok(selection.has("/docs/a.md"));
});

Deno.test("Selection takes a pattern as it is, not as a line of a file", () => {
  assert.deepEqual(chosen({ include: ["#a"] }, ["/#a", "/a"]), ["/#a"]);
  assert.deepEqual(chosen({ include: ["a "] }, ["/a ", "/a"]), ["/a "]);
  assert.deepEqual(chosen({ include: [""] }, ["/a"]), []);
});

Deno.test("Selection.has() chooses what git ls-files does by random patterns", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  await git(root, "init", "--quiet");
  const { files } = await plantTree(root);
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const patterns = Array.from({ length: 1 + random.below(4) }, () => randomPattern(random));
    const options = patterns.map((pattern) => `--exclude=${pattern}`);
    const { bytes } = await tryGit(root, ["ls-files", "--others", "--ignored", "-z", ...options]);
    // A name of the tree starts with what would be a byte order mark.
    const output = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const expected = output.split("\0").filter((path) => path !== "").sort();
    const message = `seed ${seed}: ${JSON.stringify(patterns)}`;
    assert.deepEqual(chosen({ include: patterns }, files).sort(), expected, message);
    const others = new Set(expected);
    assert.deepEqual(
      chosen({ exclude: patterns }, files),
      files.filter((path) => !others.has(path)),
      message,
    );
  }
});

Deno.test("Selection refuses what is no pattern", () => {
  const refuses = (pattern: unknown, message: RegExp) => {
    for (const key of ["include", "exclude"]) {
      assert.throws(() => new Selection({ [key]: [pattern] }), { name: "TypeError", message });
    }
  };
  refuses(7, /^Cannot use number as a pattern: a pattern is a string$/);
  refuses(null, /^Cannot use null as a pattern: /);
  refuses("a\0b", /^Cannot use the pattern "a\\u0000b": a pattern holds no NUL$/);
  refuses("é".repeat(2049), /^Cannot use the pattern "é+…": a pattern has at most 4096 bytes$/);
  assert.doesNotThrow(() => new Selection({ include: ["é".repeat(2048)] }));
  assert.throws(() => new Selection({ include: "*.md" as unknown as string[] }), TypeError);
});

/** Patterns of up to 4096 bytes, each the worst for one part of the matcher. */
const HOSTILE = [
  "*".repeat(4096),
  "a*".repeat(2047) + "b",
  `*${"a".repeat(120)}b*`,
  `*${"?".repeat(120)}b*`,
  `*${"[a]".repeat(120)}b*`,
  `*${"a".repeat(2047)}b*`,
  `*${"[!b]".repeat(1000)}b*`,
  `**/${"*/".repeat(2040)}b`,
  `${"**/a/".repeat(800)}b`,
  `${"/a/**".repeat(800)}/b`,
];

Deno.test("Selection.has() refuses a pattern before it has cost much", () => {
  const names = Array.from({ length: 2000 }, (_, index) => "a".repeat(200 + index % 50) + index);
  const long = Array.from({ length: 100 }, (_, index) => "a".repeat(4090) + index);
  const deep = Array.from({ length: 5 }, (_, index) => `${index}${"/a".repeat(2040)}`);
  let refused = 0;
  for (const pattern of HOSTILE) {
    for (const paths of [names, long, deep]) {
      const start = performance.now();
      try {
        chosen({ exclude: [pattern] }, paths);
      } catch (error) {
        assert.ok(error instanceof RangeError);
        assert.match(error.message, /^Cannot use the pattern ".+…": it costs over 100 ms on these/);
        refused++;
      }
      const duration = performance.now() - start;
      assert.ok(duration < 2000, `${pattern.slice(0, 20)} took ${duration} ms`);
    }
  }
  assert.ok(refused >= 5, `${refused}`);
});

Deno.test("Selection.has() refuses no ordinary pattern, however many the paths", () => {
  const include = ["*controller*", "src/**/test_*.[jt]s", "*/*/*_[0-9]*?*.ts", "*_lon?_*_wit*_wor"];
  const selection = new Selection({ include });
  const name = "a_rather_long_name_with_some_cont_and_controlled_words_".repeat(4);
  for (let i = 0; i < 100_000; i++) assert.ok(!selection.has(`src/app/${name}${i}.js`));
});
