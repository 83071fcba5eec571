import * as assert from "node:assert/strict";
import { hashObject } from "../../src/git/object.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { FileChanged } from "../../src/worktree/content.ts";
import { type SaveOptions, saveState } from "../../src/worktree/save.ts";
import { type DirectoryNode, stateTree, storedTree } from "../../src/worktree/state.ts";
import { openStore } from "../git/corpus.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { look } from "./look.ts";

const FILES = { "a": "a", "d/b": "b", "d/e/c": "c" };

/** A repository, its files as a state, and a store of it. */
async function ground(path: string): Promise<{ store: ObjectStore; state: DirectoryNode }> {
  await makeRepository(path, {});
  await writeFiles(path, FILES);
  return { store: openStore(path), state: await stateAt(path) };
}

async function stateAt(path: string): Promise<DirectoryNode> {
  return (await look(path, { omit: new Set([`${path}/.git`]) })).root;
}

/** Saves a state; returns the id of its tree and what had to be written. */
async function save(
  store: ObjectStore,
  state: DirectoryNode,
  options: Partial<SaveOptions> & Pick<SaveOptions, "directory">,
): Promise<{ tree: string; written: string[] }> {
  using writer = store.writer();
  const written: string[] = [];
  const write = writer.write.bind(writer);
  writer.write = (type, data) => {
    const oid = write(type, data);
    written.push(oid);
    return oid;
  };
  const tree = await saveState(state, { flavour: "all", held: [], writer, ...options });
  await writer.finish();
  return { tree, written };
}

Deno.test("saveState() writes every object of a state, and git finds nothing wrong with it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { store } = await ground(path);
  using _ = store;
  await Deno.symlink("gone", `${path}/link`);
  await Deno.mkdir(`${path}/empty`);
  const big = crypto.getRandomValues(new Uint8Array(65536));
  const content = new Uint8Array(3 * 1024 * 1024 + 5);
  for (let at = 0; at < content.length; at += 65536) {
    content.set(big.subarray(0, content.length - at), at);
  }
  await Deno.writeFile(`${path}/big`, content);
  const state = await stateAt(path);
  const { tree } = await save(store, state, { directory: path });
  assert.equal(tree, state.tree);
  const listed = await git(path, "ls-tree", "-r", "-t", "--name-only", tree);
  assert.deepEqual(listed.trim().split("\n"), [
    "a",
    "big",
    "d",
    "d/b",
    "d/e",
    "d/e/c",
    "empty",
    "link",
  ]);
  const { bytes } = await tryGit(path, ["cat-file", "blob", `${tree}:big`]);
  assert.equal(hashObject("blob", bytes), hashObject("blob", content));
  const files = await save(store, state, { directory: path, flavour: "files" });
  assert.equal(files.tree, state.filesTree);
  await git(path, "fsck", "--strict", files.tree, tree);
});

Deno.test("saveState() writes nothing that a held tree has, though the store has the rest too", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { store, state } = await ground(path);
  using _ = store;
  const { tree, written } = await save(store, state, { directory: path });
  assert.equal(written.length, 6);
  const held = [storedTree(store, tree)];
  assert.deepEqual((await save(store, state, { directory: path, held })).written, []);
  await Deno.writeTextFile(`${path}/d/b`, "another");
  const changed = await stateAt(path);
  const again = await save(store, changed, { directory: path, held });
  // The file, and the two directories above it.
  assert.equal(again.written.length, 3);
  // Written by us once, but held by nobody: git may be about to collect it.
  assert.equal((await save(store, changed, { directory: path, held })).written.length, 3);
  const both = [...held, storedTree(store, again.tree)];
  assert.deepEqual((await save(store, changed, { directory: path, held: both })).written, []);
});

Deno.test("saveState() refuses a file that is not as the state says any more", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { store, state } = await ground(path);
  using _ = store;
  const refused = (): Promise<void> =>
    assert.rejects(save(store, state, { directory: path }), FileChanged);
  await Deno.writeTextFile(`${path}/d/b`, "B");
  await refused();
  await Deno.remove(`${path}/d/b`);
  await refused();
  await Deno.symlink("b", `${path}/d/b`);
  await refused();
  await Deno.remove(`${path}/d/b`);
  await Deno.mkdir(`${path}/d/b`);
  await refused();
});

Deno.test("saveState() copies from the source what git's filters made another thing of on disk", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/base`;
  const { store: source, state } = await ground(path);
  using _ = source;
  await save(source, state, { directory: path });
  await Deno.writeTextFile(`${path}/a`, "A\r\n");
  const other = `${directory.path}/other`;
  await makeRepository(other, {});
  using store = openStore(other);
  const { tree } = await save(store, state, { directory: path, source });
  assert.equal(await git(other, "show", `${tree}:a`), "a");
  await git(other, "fsck", "--strict", tree);
});

Deno.test("saveState() leaves out nothing of a state when the tree of one of its parts is held", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const { store, state } = await ground(path);
  using _ = store;
  const { children } = state;
  const part = children.get("d");
  assert.ok(part?.kind === "directory");
  const { written } = await save(store, state, { directory: path, held: [stateTree(part, "all")] });
  // What is held elsewhere is written again, which costs little and is never wrong.
  assert.ok(written.includes(state.tree));
});
