import assert from "node:assert/strict";
import { branchName, Layout, refNames } from "../../src/registry/layout.ts";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const layout = new Layout({
  base: "/base",
  commonDirectory: "/base/.git",
  dataDirectory: "/base/.agentfs",
});

/** Names that could be mistaken for one another. */
const NAMES = [
  "a",
  "a/b",
  "a%2Fb",
  "a.json",
  "a.write",
  "a.run",
  "a.write.run",
  "A",
  "tmp",
  "x".repeat(200),
];

Deno.test("Layout keeps records outside of the data directory, and files outside of the store", () => {
  assert.ok(layout.records.startsWith("/base/.git/agentfs/"));
  assert.ok(layout.journal.startsWith("/base/.git/agentfs/"));
  assert.equal(layout.files("a/b"), "/base/.agentfs/workspaces/a%2Fb");
  assert.equal(layout.admin("a/b"), "/base/.git/worktrees/agentfs-a%2Fb");
});

Deno.test("Layout gives every workspace paths of its own", () => {
  const paths = NAMES.flatMap((name) => [
    layout.writerLock(name),
    layout.commandLock(name),
    layout.statCache(name),
    layout.record(name),
    layout.files(name),
    layout.home(name),
    layout.admin(name),
  ]);
  paths.push(layout.registryLock, layout.statCache("@base"));
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths) {
    for (const part of path.split("/")) assert.ok(new TextEncoder().encode(part).length <= 255);
  }
});

Deno.test("refNames are refs that git can hold together, for every name", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  await git(path, "commit", "--quiet", "--allow-empty", "--message", "x");
  const names = ["a", "ab", "b/c", "x".repeat(200), "日本"];
  for (const name of names) {
    assert.equal(refNames.branch(name), `refs/heads/${branchName(name)}`);
    for (const place of [refNames.snapshots(name), refNames.undos(name)]) {
      assert.ok(place.startsWith(refNames.all(name)));
      await git(path, "update-ref", `${place}snapshot/one`, "HEAD");
    }
    await git(path, "update-ref", refNames.sparse(name), "HEAD^{tree}");
    await git(path, "update-ref", refNames.branch(name), "HEAD");
    await git(path, "update-ref", `${refNames.trash}${name}/id/branch`, "HEAD");
  }
  await git(path, "update-ref", refNames.base("main"), "HEAD");
  await git(path, "update-ref", refNames.base("worktrees/x"), "HEAD");
  assert.equal(await git(path, "fsck", "--strict"), "");
});
