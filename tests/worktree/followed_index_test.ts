import * as assert from "node:assert/strict";
import type { IndexEntry } from "../../src/git/index_file.ts";
import { finishAtOnce } from "../../src/git/steps.ts";
import { EMPTY_BLOB, followedEntries } from "../../src/worktree/followed_index.ts";
import { absentFile, directoryNode, type Node, stateTree } from "../../src/worktree/state.ts";

const OID = "1".repeat(40);

function entry(path: string, more: Partial<IndexEntry> = {}): IndexEntry {
  return {
    path,
    oid: OID,
    mode: 0o100644,
    stage: 0,
    size: 1,
    mtime: 2,
    ctime: 3,
    ino: 4,
    dev: 5,
    uid: 6,
    gid: 7,
    skipWorktree: false,
    assumeValid: false,
    intentToAdd: false,
    ...more,
  };
}

const file = absentFile(0o100644, OID);
const head = stateTree(
  directoryNode(
    0o755,
    new Map<string, Node>([["a", file], ["d", directoryNode(0o755, new Map([["e", file]]))]]),
  ),
  "files",
);
const own = [entry("a"), entry("d/e")];
function followed(other: IndexEntry[]): IndexEntry[] | null {
  return finishAtOnce(followedEntries(own, other, head));
}

const EVIL = "f".repeat(40);

Deno.test("followedEntries() has nothing to say where both indexes have the same paths", () => {
  const other = [entry("d/e", { oid: EVIL, size: 9 }), entry("a", { mode: 0o100755 })];
  assert.equal(followed(other), null);
});

Deno.test("followedEntries() announces, takes out and leaves out, and believes no id", () => {
  const other = [entry("d/e", { skipWorktree: true, oid: EVIL }), entry("new", { oid: EVIL })];
  const entries = followed(other);
  assert.deepEqual(
    entries?.map(({ path, oid, skipWorktree, intentToAdd }) => ({
      path,
      oid,
      skipWorktree,
      intentToAdd,
    })),
    [
      { path: "d/e", oid: OID, skipWorktree: true, intentToAdd: false },
      { path: "new", oid: EMPTY_BLOB, skipWorktree: false, intentToAdd: true },
    ],
  );
  assert.equal(entries[0]?.ino, 4);
});

Deno.test("followedEntries() leaves out a directory of a sparse index with all that is in it", () => {
  const other = [entry("a"), entry("d/", { mode: 0o40000, oid: EVIL, skipWorktree: true })];
  const entries = followed(other);
  assert.deepEqual(entries?.map(({ path, skipWorktree }) => [path, skipWorktree]), [
    ["a", false],
    ["d/e", true],
  ]);
});

Deno.test("followedEntries() takes over no path that a tree cannot have", () => {
  const bad = [
    "../x",
    "x/../y",
    "/x",
    "x//y",
    ".git/config",
    "x/.GIT/hooks/y",
    "git~1",
    "",
    ".",
    "x\0",
    `${"y/".repeat(3000)}y`,
  ];
  const other = [...own, ...bad.map((path) => entry(path)), entry("m", { mode: 0o160000 })];
  assert.equal(followed(other), null);
  const both = followed([...own, entry("d"), entry("d/e/f")]);
  assert.deepEqual(both?.map(({ path }) => path), ["a", "d/e/f"]);
});
