import * as assert from "node:assert/strict";
import type { Change } from "../../src/changes.ts";
import { EMPTY_TREE } from "../../src/git/object.ts";
import { MODE } from "../../src/git/tree.ts";
import { compareTrees } from "../../src/worktree/compare.ts";
import { emptyTree, stateTree, storedTree, type TreeView } from "../../src/worktree/state.ts";
import { editTree } from "../../src/worktree/tree_edit.ts";
import { openStore } from "../git/corpus.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { type Directory, stateOf } from "./look.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);

function change(path: string, newOid: string | null): Change {
  const newMode = newOid === null ? null : 0o100644;
  return { type: "modified", path, oldPath: null, oldOid: null, oldMode: null, newOid, newMode };
}

Deno.test("editTree() makes the tree that git update-index makes of any part of 40 random changes", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, {});
  using store = openStore(path);
  const seed = 7;
  const random = new Random(seed);
  let tree: TreeView = emptyTree;
  for (let round = 0; round < 40; round++) {
    const target = stateTree(stateOf(randomDirectory(random, 3)), "files");
    const changes = (await compareTrees(tree, target)).filter(() => random.below(3) > 0);
    using writer = store.writer();
    const edited = editTree(tree, changes, writer);
    await writer.finish();
    // What goes makes room for what comes, as in a sorted list of modes.
    const lines = changes.map(({ path, newMode, newOid }) =>
      `${newMode?.toString(8) ?? "0"} ${newOid ?? ONE}\t${path.slice(1)}\n`
    ).sort();
    await git(path, "read-tree", tree.oid);
    const update = ["update-index", "--add", "--replace", "--index-info"];
    const { code, stderr } = await tryGit(path, update, { stdin: lines.join("") });
    assert.equal(code, 0, stderr);
    const expected = (await git(path, "write-tree", "--missing-ok")).trim();
    assert.equal(edited, expected, `seed ${seed}, round ${round}: ${lines}`);
    tree = storedTree(store, edited);
  }
});

function randomDirectory(random: Random, depth: number): Directory {
  const names = ["a", "b", "a-b", "a.b"].filter(() => random.below(2) === 0);
  return Object.fromEntries(names.map((name) => [
    name,
    depth > 0 && random.below(2) === 0
      ? randomDirectory(random, depth - 1)
      : { oid: random.pick([ONE, TWO]), mode: random.pick([MODE.file, MODE.executable]) },
  ]));
}

Deno.test("editTree() leaves no empty directory behind, and makes the empty tree of nothing", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "d/e/a": "", "b": "" });
  using store = openStore(path);
  const tree = storedTree(store, (await git(path, "rev-parse", "HEAD^{tree}")).trim());
  using writer = store.writer();
  const one = editTree(tree, [change("/d/e/a", null)], writer);
  const none = editTree(tree, [change("/d/e/a", null), change("/b", null)], writer);
  const same = editTree(tree, [], writer);
  await writer.finish();
  assert.equal(await git(path, "ls-tree", "--name-only", one), "b\n");
  assert.equal(none, EMPTY_TREE);
  assert.equal(same, tree.oid);
});

Deno.test("editTree() takes any part of the changes from a file to a directory, and back", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "a": "1\n", "keep": "" });
  using store = openStore(path);
  const file = storedTree(store, (await git(path, "rev-parse", "HEAD^{tree}")).trim());
  using first = store.writer();
  const made = editTree(
    file,
    [change("/a", null), change("/a/b", ONE), change("/a/c", ONE)],
    first,
  );
  await first.finish();
  const directories = storedTree(store, made);
  const forth = await compareTrees(file, directories);
  const back = await compareTrees(directories, file);
  using writer = store.writer();
  const edit = (tree: TreeView, changes: Change[]): string => editTree(tree, changes, writer);
  const results = [
    edit(file, forth.filter(({ path }) => path === "/a/b")),
    edit(file, forth.filter(({ path }) => path === "/a")),
    edit(directories, back.filter(({ path }) => path === "/a")),
    edit(directories, back.filter(({ path }) => path === "/a/b")),
    edit(directories, back),
  ];
  await writer.finish();
  const listed = [];
  for (const tree of results) {
    listed.push(
      (await git(path, "ls-tree", "-r", "--name-only", tree)).trim().split("\n").join(" "),
    );
  }
  assert.deepEqual(listed, ["a/b keep", "keep", "a keep", "a/c keep", "a keep"]);
  assert.equal(results[4], file.oid);
});
