import * as assert from "node:assert/strict";
import { MODE } from "../../src/git/tree.ts";
import { compareTrees, filesOf } from "../../src/worktree/compare.ts";
import { emptyTree, stateTree, storedTree, type TreeView } from "../../src/worktree/state.ts";
import { openStore } from "../git/corpus.ts";
import { git, makeRepository } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { type Directory, stateOf } from "./look.ts";

const ONE = { oid: "1".repeat(40) };
const TWO = { oid: "2".repeat(40) };

function tree(content: Directory): TreeView {
  return stateTree(stateOf(content), "all");
}

async function told(from: Directory, to: Directory): Promise<string[]> {
  const changes = await compareTrees(tree(from), tree(to));
  return changes.map(({ type, path }) => `${type} ${path}`);
}

Deno.test("compareTrees() tells what git diff-tree tells, in git's order", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, {
    "a": "file",
    "b/c": "directory",
    "d": "same",
    "e/f/g": "1",
    "e/f/h": "2",
    "link": "becomes one",
    "mode": "",
    "\uff5e": "1",
    "😀": "1",
  });
  for (const gone of ["a", "b", "link", "e/f/g"]) {
    await Deno.remove(`${path}/${gone}`, { recursive: true });
  }
  await Deno.mkdir(`${path}/a`);
  await Deno.mkdir(`${path}/new/deep`, { recursive: true });
  await Deno.symlink("d", `${path}/link`);
  for (const file of ["a/b", "b", "new/deep/x", "\uff5e", "😀", "a-b"]) {
    await Deno.writeTextFile(`${path}/${file}`, "other");
  }
  await Deno.chmod(`${path}/mode`, 0o755);
  await git(path, "add", "--all");
  await git(path, "commit", "--quiet", "--message", "second");
  const raw = await git(path, "diff-tree", "-r", "-z", "--no-renames", "HEAD~", "HEAD");
  const fields = raw.split("\0").slice(0, -1);
  const expected = [];
  for (let at = 0; at < fields.length; at += 2) {
    const [oldMode, newMode, oldOid, newOid, status] = fields[at]!.slice(1).split(" ");
    const was = status !== "A";
    const is = status !== "D";
    expected.push({
      type: { A: "added", D: "deleted" }[status!] ?? "modified",
      path: `/${fields[at + 1]}`,
      oldPath: null,
      oldOid: was ? oldOid : null,
      newOid: is ? newOid : null,
      oldMode: was ? parseInt(oldMode!, 8) : null,
      newMode: is ? parseInt(newMode!, 8) : null,
    });
  }
  using store = openStore(path);
  const at = async (revision: string): Promise<TreeView> =>
    storedTree(store, (await git(path, "rev-parse", `${revision}^{tree}`)).trim());
  assert.deepEqual(await compareTrees(await at("HEAD~"), await at("HEAD")), expected);
  assert.equal(expected.length, 11);
});

Deno.test("compareTrees() looks into no tree that both sides have", async () => {
  const same = (name: string): TreeView => ({
    oid: "same",
    entries: () => assert.fail(`${name} was read`),
  });
  const holding = (view: TreeView): TreeView => ({
    oid: crypto.randomUUID(),
    entries: () => new Map([["d", { mode: MODE.directory, oid: view.oid, view }]]),
  });
  assert.deepEqual(await compareTrees(holding(same("before")), holding(same("after"))), []);
});

Deno.test("compareTrees() says nothing of empty directories", async () => {
  assert.deepEqual(await told({}, { "a": { "b": {} } }), []);
  assert.deepEqual(await told({ "a": {} }, { "a": ONE }), ["added /a"]);
  assert.deepEqual(await told({ "a": { "b": ONE } }, { "a": {} }), ["deleted /a/b"]);
});

Deno.test("compareTrees() tells a file that became a directory as two things", async () => {
  const [file, directory] = [{ "a": ONE }, { "a": { "b": TWO } }];
  assert.deepEqual(await told(file, directory), ["deleted /a", "added /a/b"]);
  assert.deepEqual(await told(directory, file), ["added /a", "deleted /a/b"]);
  assert.deepEqual(await told(file, { "a": { ...ONE, mode: MODE.symlink } }), ["modified /a"]);
});

Deno.test("filesOf() gives every file, link and submodule", () => {
  const files = [...filesOf(tree({
    "a": ONE,
    "d": { "link": { ...ONE, mode: MODE.symlink }, "module": { ...ONE, mode: MODE.submodule } },
    "empty": {},
  }))];
  assert.deepEqual(files.map(({ path }) => path), ["/a", "/d/link", "/d/module"]);
  assert.deepEqual([...filesOf(emptyTree)], []);
});
