import assert from "node:assert/strict";
import { IgnoreRules } from "../../src/worktree/ignore.ts";
import { git, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Random } from "../random.ts";
import { plantTree, randomGitignore } from "./random_patterns.ts";

/** The texts of `.gitignore` files, by their directories; the root's is "". */
type Gitignores = ReadonlyMap<string, string>;

/** Answers for any path, looking as the scan does: from the root down, never below what is ignored. */
class Walk {
  /** By directory, the rules inside; `null` where it is ignored. */
  readonly #rules = new Map<string, IgnoreRules | null>();
  readonly #gitignores: Gitignores;

  constructor(gitignores: Gitignores, root: IgnoreRules = IgnoreRules.none) {
    this.#gitignores = gitignores;
    const own = gitignores.get("");
    this.#rules.set("", own === undefined ? root : root.withGitignore(own));
  }

  ignores(path: string, isDirectory: boolean): boolean {
    const slash = path.lastIndexOf("/");
    const rules = this.#inside(path.slice(0, Math.max(0, slash)));
    return rules === null || rules.ignores(path.slice(slash + 1), isDirectory);
  }

  #inside(directory: string): IgnoreRules | null {
    const known = this.#rules.get(directory);
    if (known !== undefined) return known;
    const slash = directory.lastIndexOf("/");
    const rules = this.ignores(directory, true) ? null : this.#inside(
      directory.slice(0, Math.max(0, slash)),
    )!.enter(directory.slice(slash + 1), this.#gitignores.get(directory) ?? null);
    this.#rules.set(directory, rules);
    return rules;
  }
}

/** Asks about `paths`, of which those that end in a slash are directories. */
function ignored(gitignores: Record<string, string>, ...paths: string[]): string[] {
  const walk = new Walk(new Map(Object.entries(gitignores)));
  return paths.filter((path) => walk.ignores(path.replace(/\/$/, ""), path.endsWith("/")));
}

/** What git says of `paths` in the repository at `root`, whatever is in its index. */
async function ignoredByGit(root: string, paths: string[]): Promise<Set<string>> {
  const { bytes, code, stderr } = await tryGit(
    root,
    ["check-ignore", "--no-index", "--stdin", "-z", "--verbose", "--non-matching"],
    { stdin: paths.map((path) => `${path}\0`).join("") },
  );
  assert.ok(code < 2, stderr);
  const fields = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\0");
  const ignored = new Set<string>();
  for (let i = 0; i + 3 < fields.length; i += 4) {
    const [source, , pattern, path] = fields.slice(i) as [string, string, string, string];
    if (source !== "" && !pattern.startsWith("!")) ignored.add(path);
  }
  return ignored;
}

Deno.test("IgnoreRules.ignores() says what git check-ignore says of random rules", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  await git(root, "init", "--quiet");
  await git(root, "config", "core.excludesFile", `${root}/.git/excludes`);
  const { directories, files } = await plantTree(root);
  const isDirectory = new Set(directories);
  const paths = [...directories.filter((path) => path !== ""), ...files];

  for (let seed = 1; seed <= 120; seed++) {
    const random = new Random(seed);
    const gitignores = new Map<string, string>();
    for (const path of directories) {
      const file = `${root}/${path}/.gitignore`;
      if (random.below(path === "" ? 2 : 6) === 0) {
        gitignores.set(path, randomGitignore(random));
        await Deno.writeTextFile(file, gitignores.get(path)!);
      } else {
        await Deno.remove(file).catch(() => {});
      }
    }
    const excludesFile = random.below(3) === 0 ? randomGitignore(random) : "";
    const exclude = random.below(3) === 0 ? randomGitignore(random) : "";
    await Deno.writeTextFile(`${root}/.git/excludes`, excludesFile);
    await Deno.writeTextFile(`${root}/.git/info/exclude`, exclude);

    const above = IgnoreRules.from([{ text: excludesFile }, { text: exclude }]);
    const walk = new Walk(gitignores, above);
    const expected = await ignoredByGit(root, paths);
    assert.deepEqual(
      paths.filter((path) => walk.ignores(path, isDirectory.has(path))),
      paths.filter((path) => expected.has(path)),
      `seed ${seed}: ${JSON.stringify({ gitignores: [...gitignores], exclude, excludesFile })}`,
    );
  }
});

Deno.test("IgnoreRules.none ignores nothing", () => {
  assert.equal(IgnoreRules.none.ignores("a", false), false);
  assert.equal(IgnoreRules.none.enter("a", null), IgnoreRules.none);
  assert.equal(IgnoreRules.from([{ text: "# nothing\n\n" }]), IgnoreRules.none);
});

Deno.test("IgnoreRules.ignores() lets the last pattern that fits decide", () => {
  const text = "*.log\n!keep.log\nkeep.log/\n";
  assert.deepEqual(ignored({ "": text }, "a.log", "keep.log", "keep.log/", "a/b.log"), [
    ...["a.log", "keep.log/", "a/b.log"],
  ]);
});

Deno.test("IgnoreRules.ignores() lets the deeper file decide", () => {
  const gitignores = { "": "*.o\n!b.o\n", a: "!*.o\nb.o\n" };
  assert.deepEqual(ignored(gitignores, "a.o", "b.o", "a/a.o", "a/b.o", "a/b/b.o"), [
    ...["a.o", "a/b.o", "a/b/b.o"],
  ]);
});

Deno.test("IgnoreRules.ignores() takes nothing back below an ignored directory", () => {
  assert.deepEqual(ignored({ "": "a/\n!a/b\n", a: "!*\n" }, "a/", "a/b"), ["a/", "a/b"]);
  assert.deepEqual(ignored({ "": "a/*\n!a/b\n" }, "a/", "a/a", "a/b"), ["a/a"]);
});

Deno.test("IgnoreRules.enter() takes patterns with slashes along as far as they fit", () => {
  const text = "/top\nx/y\nd/**/e\n**/p/q\nl/**\n";
  const paths = ["top", "a/top", "x/y", "a/x/y", "d/e", "d/a/e", "d/a/b/e", "e", "a/p/q", "p/q/r"];
  assert.deepEqual(ignored({ "": text }, ...paths, "l/", "l/a", "p/a/q", "p/p/q"), [
    ...["top", "x/y", "d/e", "d/a/e", "d/a/b/e", "a/p/q", "p/q/r", "l/a", "p/p/q"],
  ]);
});

Deno.test("IgnoreRules.enter() costs nothing where no pattern has slashes", () => {
  const rules = IgnoreRules.none.withGitignore("node_modules\n*.log\n/dist\n");
  const inside = rules.enter("src", null);
  assert.equal(inside.ignores("dist", true), false);
  assert.equal(inside.enter("deeper", null), inside);
});

Deno.test("IgnoreRules hold the patterns of an enclosing repository's directories", () => {
  const enclosing = IgnoreRules.from([{ text: "*.tmp\n" }])
    .withGitignore("/packages/app/out\n")
    .enter("packages", "app/cache\n");
  const rules = enclosing.enter("app", "!a.tmp\n");
  const names = ["out", "cache", "a.tmp", "b.tmp", "src"];
  assert.deepEqual(names.filter((name) => rules.ignores(name, false)), ["out", "cache", "b.tmp"]);
});

Deno.test("IgnoreRules read lines as git does", () => {
  const text = "\ufeffa\r\n#b\n\\#b\n\\!c\nd  \ne\\ \nf\t\n  g\nh \\ \\  \ni\0j\nk\\\\  \n\nlast";
  const paths = ["a", "#b", "b", "!c", "d", "d  ", "e ", "e", "f", "f\t", "  g", "g", "h    "];
  assert.deepEqual(ignored({ "": text }, ...paths, "h   ", "i", "k\\", "last"), [
    ...["a", "#b", "!c", "d", "e ", "f\t", "  g", "h   ", "i", "k\\", "last"],
  ]);
});

Deno.test("toGitignore() says the same rules in the words of this directory", () => {
  const lines = [
    "*.log",
    "/packages/app/dist",
    "packages/*/out/",
    "!keep.log",
    "**/x/y",
    "ü*",
    "\\ sp\\ ",
    "\\#d",
    "other/z",
    "packages/**",
  ];
  const rules = IgnoreRules.from([{ text: lines.join("\n") }]).enter("packages", null)
    .enter("app", "tmp/\n");
  assert.equal(
    rules.toGitignore(),
    "/**/*.log\n/dist\n/out/\n!/**/keep.log\n/**/x/y\n/**/ü*\n/**/\\ sp\\ \n/**/\\#d\n/**\n/**/tmp/\n",
  );
  const again = IgnoreRules.from([{ text: rules.toGitignore() }]);
  assert.equal(again.toGitignore(), rules.toGitignore());
});
