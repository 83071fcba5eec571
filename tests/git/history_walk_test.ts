import assert from "node:assert/strict";
import { readShallow, walkCommits, walkHistory } from "../../src/git/history_walk.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { openStore } from "./corpus.ts";

const NO_COMMITS: ReadonlySet<string> = new Set();

async function logOfGit(path: string, ...args: string[]): Promise<string[]> {
  return (await git(path, "log", "--format=%H", ...args)).split("\n").filter((line) => line !== "");
}

function shown(store: ObjectStore, from: string, path?: readonly string[]): string[] {
  return [...walkCommits(store, [from], { shallow: NO_COMMITS, path })]
    .flatMap(({ commit, isShown }) => isShown ? [commit.oid] : []);
}

/** Commits with many merges, equal times, and children that are older than their parents. */
async function makeRandomHistory(path: string, random: Random, commits: number): Promise<string> {
  let stream = "";
  for (let mark = 1; mark <= commits; mark++) {
    const isEarly = mark < commits / 2;
    const count = mark === 1 ? 0 : random.rarely(20, isEarly ? 0 : 2, 1 + random.below(3));
    if (count === 0) stream += "reset refs/heads/random\n";
    stream += `commit refs/heads/random\nmark :${mark}\n`;
    stream += `committer A <a@b> ${1000 + random.below(commits >> 2)} +0000\ndata 0\n`;
    const parents = new Set(
      Array.from({ length: count }, () => mark - 1 - random.below(Math.min(mark - 1, 12))),
    );
    for (const [at, parent] of [...parents].entries()) {
      stream += `${at === 0 ? "from" : "merge"} :${parent}\n`;
    }
    for (let edits = random.below(3); edits > 0; edits--) {
      const file = random.pick(["a", "d/x", "d/y", "d/e/z", "Ü"]);
      if (random.below(4) === 0) stream += `D ${file}\n`;
      else {stream += `M 100${random.pick(["644", "755"])} inline ${file}\ndata 1\n${
          random.below(2)
        }\n`;}
    }
    stream += "\n";
  }
  const { code, stderr } = await tryGit(path, ["fast-import", "--quiet", "--force"], {
    stdin: stream,
  });
  assert.equal(code, 0, stderr);
  return (await git(path, "rev-parse", "random")).trim();
}

Deno.test("walkCommits() orders commits as `git log` does, and picks those of a path as it does", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, {});
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let history = 0; history < 5; history++) {
    const from = await makeRandomHistory(path, random, 150);
    using store = openStore(path);
    const expected = await logOfGit(path, "random");
    assert.deepEqual(shown(store, from), expected, `seed ${seed}`);
    assert.deepEqual([...walkHistory(store, [from], NO_COMMITS)], expected, `seed ${seed}`);
    for (const name of ["a", "d", "d/x", "d/e", "d/e/z", "Ü", "a/b", "none", "."]) {
      const components = name.split("/").filter((part) => part !== ".");
      const ofPath = await logOfGit(path, "random", "--", name);
      assert.deepEqual(shown(store, from, components), ofPath, `seed ${seed}, path ${name}`);
    }
  }
});

Deno.test("walkCommits() shows this project's history as `git log` does", async () => {
  await using directory = await temporaryDirectory();
  const project = decodeURIComponent(new URL("../..", import.meta.url).pathname);
  await git(directory.path, "clone", "--quiet", "--no-checkout", project, "clone");
  const path = `${directory.path}/clone`;
  using store = openStore(path);
  const expected = await logOfGit(path);
  assert.deepEqual(shown(store, expected[0]!), expected);
  for (const name of ["src/workspace.ts", "src/git", "tests", "README.md"]) {
    const ofPath = await logOfGit(path, "--", name);
    assert.deepEqual(shown(store, expected[0]!, name.split("/")), ofPath, name);
  }
});

Deno.test("walkHistory() goes from several commits at once", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, {});
  const seed = Math.floor(Math.random() * 2 ** 31);
  await makeRandomHistory(path, new Random(seed), 100);
  using store = openStore(path);
  const all = await logOfGit(path, "random");
  const from = [2, 4, 2, 8].map((part) => all[Math.floor(all.length / part)]!);
  const expected = await logOfGit(path, ...from);
  assert.deepEqual(
    new Set(walkHistory(store, from, NO_COMMITS)),
    new Set(expected),
    `seed ${seed}`,
  );
});

Deno.test("walkCommits() reads no further than it is asked to", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  const parent = (await git(path, "rev-parse", "HEAD")).trim();
  await git(path, "commit", "--quiet", "--allow-empty", "-m", "2");
  const head = (await git(path, "rev-parse", "HEAD")).trim();
  await Deno.remove(`${path}/.git/objects/${parent.slice(0, 2)}/${parent.slice(2)}`);
  using store = openStore(path);
  const walk = walkCommits(store, [head], { shallow: NO_COMMITS });
  assert.equal(walk.next().value.commit.oid, head);
  assert.throws(() => walk.next(), { code: "StoreError", message: RegExp(parent) });
});

Deno.test("walkHistory() ends where a shallow clone ends, and names a commit that is missing", async () => {
  await using directory = await temporaryDirectory();
  const origin = `${directory.path}/origin`;
  await makeRepository(origin, { "f": "f" });
  for (const n of [2, 3, 4]) await git(origin, "commit", "--quiet", "--allow-empty", "-m", `${n}`);
  const path = `${directory.path}/clone`;
  await git(directory.path, "clone", "--quiet", "--depth", "2", `file://${origin}`, "clone");
  using store = openStore(path);
  const expected = await logOfGit(path);
  assert.equal(expected.length, 2);
  const shallow = readShallow(`${path}/.git`);
  assert.deepEqual([...walkHistory(store, [expected[0]!], shallow)], expected);
  const ofPath = [...walkCommits(store, [expected[0]!], { shallow, path: ["f"] })]
    .filter(({ isShown }) => isShown);
  assert.deepEqual(ofPath.map(({ commit }) => commit.oid), await logOfGit(path, "--", "f"));

  await Deno.remove(`${path}/.git/shallow`);
  const missing = (await git(origin, "rev-parse", "HEAD~2")).trim();
  const walk = walkHistory(store, [expected[0]!], readShallow(`${path}/.git`));
  assert.throws(() => [...walk], { code: "StoreError", message: RegExp(missing) });
});
