import * as assert from "node:assert/strict";
import { parseIndex, serializeIndex } from "../../src/git/index_file.ts";
import { finishAtOnce } from "../../src/git/steps.ts";
import {
  type IndexedState,
  indexedState,
  indexEntries,
  isLeftOut,
  pathsLeftOut,
} from "../../src/worktree/git_index.ts";
import { compareTrees, filesOf } from "../../src/worktree/compare.ts";
import { nodeAt, stateTree, storedTree, type TreeView } from "../../src/worktree/state.ts";
import { openStore } from "../git/corpus.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { fileClock, lookLater } from "./look.ts";

const FILES = { "a": "a", "a-b": "", "d/b": "b", "d/e/c": "c", "d/e/f": "f", "x.sh": "x" };

/** What the index of the repository at `path` says. */
async function readIndex(
  path: string,
  options: { isSparse?: boolean } = {},
): Promise<IndexedState & { leftOut: TreeView | null }> {
  using store = openStore(path);
  const file = `${path}/.git/index`;
  const entries = [...parseIndex(await Deno.readFile(file))];
  const written = (await Deno.stat(file)).mtime!.getTime();
  const state = finishAtOnce(
    indexedState(entries, store, { written, isSparse: false, ...options }),
  );
  return { ...state, leftOut: finishAtOnce(pathsLeftOut(entries.filter(isLeftOut), store)) };
}

function paths(tree: TreeView | null): string[] | null {
  return tree && [...filesOf(tree)].map(({ path }) => path).sort();
}

Deno.test("indexEntries() make an index that git takes as its own, and need not look into", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, FILES);
  await Deno.symlink("gone", `${path}/link`);
  await Deno.chmod(`${path}/x.sh`, 0o755);
  await git(path, "add", "--all");
  await git(path, "commit", "--quiet", "--message", "second");
  using store = openStore(path);
  const head = storedTree(store, (await git(path, "rev-parse", "HEAD^{tree}")).trim());
  const clock = fileClock(path) + 60;
  const { root } = await lookLater(path, { clock, omit: new Set([`${path}/.git`]) });
  const { uid, gid } = await Deno.stat(path);
  const entries = [...indexEntries(head, root, { clock, owner: { uid: uid!, gid: gid! } })];
  await Deno.writeFile(`${path}/.git/index`, finishAtOnce(serializeIndex(entries)));
  assert.equal((await git(path, "write-tree")).trim(), head.oid);
  // The plumbing believes what the index says of the files, and refreshes nothing.
  assert.equal(await git(path, "diff-files", "--raw"), "");
  await Deno.writeTextFile(`${path}/d/b`, "other");
  await Deno.remove(`${path}/a-b`);
  assert.equal(await git(path, "diff-files", "--name-status"), "D\ta-b\nM\td/b\n");
});

Deno.test("indexEntries() give no stat data for what differs from the head, or is not to be believed", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, FILES);
  using store = openStore(path);
  const head = storedTree(store, (await git(path, "rev-parse", "HEAD^{tree}")).trim());
  await Deno.writeTextFile(`${path}/a`, "b");
  await Deno.chmod(`${path}/x.sh`, 0o700);
  await Deno.remove(`${path}/d/e`, { recursive: true });
  const { root } = await lookLater(path, { omit: new Set([`${path}/.git`]) });
  const entries = [...indexEntries(head, root, { clock: 0, owner: { uid: 0, gid: 0 } })];
  const known = entries.filter(({ ino }) => ino !== 0).map(({ path }) => path);
  assert.deepEqual(known.sort(), ["a-b", "d/b"]);
  assert.ok(entries.every(({ skipWorktree }) => !skipWorktree));
  // Its content is older than the scan, but its other time is not: git must compare.
  const distrusted = await lookLater(path, { clock: 0, omit: new Set([`${path}/.git`]) });
  const clock = fileClock(path) + 60;
  const unsure = [...indexEntries(head, distrusted.root, { clock, owner: { uid: 0, gid: 0 } })];
  assert.ok(unsure.every(({ size }) => size === 0));
});

Deno.test("indexedState() has the tree that git would write", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, FILES);
  await writeFiles(path, { "d/new": "staged", "d/b": "staged too" });
  await git(path, "add", "--all");
  await writeFiles(path, { "d/new": "not staged" });
  const { root, absent, kept, leftOut } = await readIndex(path);
  assert.equal(root.tree, (await git(path, "write-tree")).trim());
  assert.deepEqual([absent, leftOut, kept.size], [null, null, 0]);
});

Deno.test("indexedState() lets the next scan read only what the index does not call clean", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, FILES);
  await writeFiles(path, { "d/b": "changed" });
  // As though git had written its index long after the files.
  const later = new Date(Date.now() + 60_000);
  await Deno.utime(`${path}/.git/index`, later, later);
  const { root } = await readIndex(path);
  const found = await lookLater(path, { previous: root, omit: new Set([`${path}/.git`]) });
  assert.equal(found.hashed, 1);
  const changes = await compareTrees(stateTree(root, "files"), stateTree(found.root, "files"));
  assert.deepEqual(changes.map(({ path }) => path), ["/d/b"]);
});

Deno.test("indexedState() takes neither unmerged paths nor such as are only announced", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "a": "1", "b": "" });
  await git(path, "checkout", "--quiet", "-b", "other");
  await writeFiles(path, { "a": "2" });
  await git(path, "commit", "--quiet", "--all", "--message", "other");
  await git(path, "checkout", "--quiet", "main");
  await writeFiles(path, { "a": "3" });
  await git(path, "commit", "--quiet", "--all", "--message", "main");
  assert.equal((await tryGit(path, ["merge", "other"])).code, 1);
  await writeFiles(path, { "announced": "" });
  await git(path, "add", "--intent-to-add", "announced");
  const { root } = await readIndex(path);
  assert.deepEqual([...root.children.keys()], ["b"]);
});

Deno.test("indexedState() and pathsLeftOut() know what a sparse checkout leaves out, also as directories", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, FILES);
  for (const [mode, isWhole] of [["--no-sparse-index", false], ["--sparse-index", true]] as const) {
    await git(path, "sparse-checkout", "set", "--cone", mode);
    const entries = [...parseIndex(await Deno.readFile(`${path}/.git/index`))];
    assert.equal(entries.some(({ mode }) => mode === 0o040000), isWhole);
    const { root, absent, leftOut, kept } = await readIndex(path, { isSparse: true });
    const expected = ["/d/b", "/d/e/c", "/d/e/f"];
    assert.deepEqual(paths(absent && stateTree(absent, "all")), expected);
    assert.deepEqual(paths(leftOut), expected);
    assert.equal(kept.size, 0);
    assert.equal(root.tree, (await git(path, "rev-parse", "HEAD^{tree}")).trim());
  }
});

Deno.test("indexedState() keeps what the owner told git not to look at", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, FILES);
  await git(path, "update-index", "--assume-unchanged", "a");
  await git(path, "update-index", "--skip-worktree", "d/b");
  await writeFiles(path, { "a": "changed", "d/b": "changed" });
  const { root, kept } = await readIndex(path);
  assert.deepEqual(kept, new Set([nodeAt(root, ["a"]), nodeAt(root, ["d", "b"])]));
  const found = await lookLater(path, { previous: root, kept, omit: new Set([`${path}/.git`]) });
  assert.equal(found.root.filesTree, root.filesTree);
});
