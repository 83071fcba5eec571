import * as assert from "node:assert/strict";
import { finishAtOnce } from "../../src/git/steps.ts";
import { EMPTY_TREE } from "../../src/git/object.ts";
import { MODE } from "../../src/git/tree.ts";
import {
  absentDirectory,
  absentPart,
  distrusted,
  emptyState,
  emptyTree,
  entryAt,
  limitedTo,
  nodeAt,
  settled,
  stateOfTree,
  stateTree,
  storedTree,
  type TreeView,
} from "../../src/worktree/state.ts";
import { openStore } from "../git/corpus.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { listed, look, stateOf } from "./look.ts";

const ONE = { oid: "1".repeat(40) };
const TWO = { oid: "2".repeat(40) };

Deno.test("a state has the tree ids that git mktree gives, with and without empty directories", async () => {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  const mktree = async (lines: string): Promise<string> =>
    (await tryGit(directory.path, ["mktree", "--missing"], { stdin: lines })).stdout.trim();
  // The order that is not the alphabet's: a directory sorts as though its name ended in a slash.
  const state = stateOf({
    "a": { "b": ONE },
    "a-b": { ...ONE, mode: MODE.executable },
    "a.": ONE,
    "a0": { ...ONE, mode: MODE.symlink },
    "empty": { "below": {} },
    "😀": ONE,
    "\uff5e": ONE,
  });
  const files = await mktree([
    `040000 tree ${await mktree(`100644 blob ${ONE.oid}\tb\n`)}\ta`,
    `100755 blob ${ONE.oid}\ta-b`,
    `100644 blob ${ONE.oid}\ta.`,
    `120000 blob ${ONE.oid}\ta0`,
    `100644 blob ${ONE.oid}\t😀`,
    `100644 blob ${ONE.oid}\t\uff5e`,
  ].join("\n"));
  assert.equal(state.filesTree, files);
  const { stdout } = await tryGit(directory.path, ["ls-tree", files]);
  const below = await mktree(`040000 tree ${EMPTY_TREE}\tbelow\n`);
  assert.equal(state.tree, await mktree(`${stdout}040000 tree ${below}\tempty\n`));
});

Deno.test("a state of empty directories alone has no files", () => {
  const state = stateOf({ "a": { "b": {} } });
  assert.equal(state.filesTree, null);
  assert.equal(stateTree(state, "files").oid, EMPTY_TREE);
  assert.deepEqual([...stateTree(state, "files").entries()], []);
  assert.deepEqual([...stateTree(state, "all").entries().keys()], ["a"]);
  assert.equal(emptyState.tree, EMPTY_TREE);
});

Deno.test("storedTree() and stateTree() show the same tree alike", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "a": "1", "d/b": "2", "d/e/c": "3" });
  using store = openStore(path);
  const { root } = await look(path, { omit: new Set([`${path}/.git`]) });
  const shown = (tree: TreeView): unknown =>
    [...tree.entries()].map(([name, { mode, oid, view }]) => [name, mode, oid, view && shown(view)])
      .sort();
  const stored = storedTree(store, (await git(path, "rev-parse", "HEAD^{tree}")).trim());
  assert.deepEqual(shown(stateTree(root, "files")), shown(stored));
  assert.deepEqual(shown(stateTree(root, "all")), shown(stored));
  assert.deepEqual(shown(stateTree(finishAtOnce(stateOfTree(stored)), "all")), shown(stored));
  assert.equal(
    entryAt(stored, ["d", "e", "c"])?.oid,
    entryAt(stateTree(root, "all"), ["d", "e", "c"])?.oid,
  );
});

Deno.test("nodeAt() and entryAt() give null where a path leads nowhere or through a file", () => {
  const state = stateOf({ "d": { "a": ONE } });
  const tree = stateTree(state, "all");
  assert.equal(nodeAt(state, []), state);
  assert.equal(entryAt(tree, [])?.oid, state.tree);
  assert.equal(nodeAt(state, ["d", "a"])?.kind, "file");
  for (const path of [["x"], ["d", "x"], ["d", "a", "x"], ["__proto__"], ["x", "y"]]) {
    assert.equal(nodeAt(state, path), null);
    assert.equal(entryAt(tree, path), null);
  }
});

Deno.test("settled() believes what is older than the clock, distrusted() nothing", async () => {
  await using directory = await temporaryDirectory();
  await Deno.mkdir(`${directory.path}/d`);
  await Deno.writeTextFile(`${directory.path}/d/old`, "");
  await Deno.utime(`${directory.path}/d/old`, 1, 1);
  const { root } = await look(directory.path);
  const node = nodeAt(root, ["d", "old"]);
  assert.ok(node?.kind === "file" && !node.trusted);
  const trusts = (state: typeof root): boolean => {
    const node = nodeAt(state, ["d", "old"]);
    return node?.kind === "file" && node.trusted;
  };
  assert.equal(trusts(finishAtOnce(settled(root, node.ctime))), false);
  assert.equal(trusts(finishAtOnce(settled(root, node.ctime + 1))), true);
  assert.equal(trusts(distrusted(finishAtOnce(settled(root, node.ctime + 1)))), false);
  assert.equal(finishAtOnce(settled(root, node.ctime + 1)).tree, root.tree);
});

Deno.test("absentDirectory() takes of the sparse paths those that the head has, as it has them", () => {
  const sparse = stateTree(stateOf({ "a": ONE, "d": { "b": ONE }, "gone": ONE }), "files");
  const head = stateTree(stateOf({ "a": TWO, "d": { "b": TWO, "c": TWO } }), "files");
  const absent = absentDirectory(sparse, head);
  assert.deepEqual(listed(absent), ["/a 100644", "/d/", "/d/b 100644"]);
  const node = nodeAt(absent, ["d", "b"]);
  assert.ok(node?.kind === "file" && node.oid === TWO.oid && node.permissions === null);
});

Deno.test("absentPart() is what of a state is not on disk, submodules aside", () => {
  const away = { ...ONE, permissions: null };
  const state = stateOf({
    "a": ONE,
    "d": { "away": away, "here": ONE },
    "e": { "here": ONE },
    "m": { ...away, mode: MODE.submodule },
  });
  assert.deepEqual(listed(absentPart(state)!), ["/d/", "/d/away 100644"]);
  assert.equal(absentPart(stateOf({ "a": ONE })), null);
});

Deno.test("limitedTo() keeps the paths that one of the trees has", () => {
  const tree = (names: Parameters<typeof stateOf>[0]): TreeView => stateTree(stateOf(names), "all");
  const state = stateOf({ "a": ONE, "b": ONE, "d": { "e": ONE, "f": ONE }, "g": { "h": ONE } });
  const limited = limitedTo(state, [
    tree({ "a": TWO, "d": { "f": TWO } }),
    tree({ "b": { "x": TWO } }),
  ]);
  assert.deepEqual(listed(limited), ["/a 100644", "/b 100644", "/d/", "/d/f 100644"]);
  assert.deepEqual(listed(limitedTo(state, [emptyTree])), []);
});
