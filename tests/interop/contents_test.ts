/**
 * What a workspace takes of a base that holds more, or other bytes, than plain tracked files.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS } from "../../mod.ts";
import { git } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { makeConverted, makeSubmodule } from "./bases.ts";
import { assertSound, assertStatus } from "./oracle.ts";
import { cloneProject, makeProject } from "./project.ts";

Deno.test("create() keeps a submodule at its commit, and says that its files are left out", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeSubmodule(directory.path);
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("one");
  const reasons = new Map(workspace.skipped.map(({ path, reason }) => [path, reason]));
  assert.match(reasons.get("/lib/filled") ?? "", /submodule, kept at its commit/);
  assert.match(reasons.get("/lib/empty") ?? "", /submodule, kept at its commit/);

  const links = ["ls-tree", "-r", "HEAD", "lib"];
  const before = await git(path, ...links);
  assert.match(before, /^160000 commit [0-9a-f]{40}\tlib\/empty\n160000 .*\n$/);
  await workspace.writeFile("/lib/filled/stray.txt", "in nobody's tree\n");
  await workspace.writeFile("/new.txt", "new\n");
  await assertStatus(workspace.path, await workspace.status());
  const { changes, skipped } = await workspace.commit("Beside submodules");
  assert.deepEqual(changes.map(({ path }) => path), ["/new.txt"]);
  assert.deepEqual(skipped.map(({ path }) => path).sort(), ["/lib/empty", "/lib/filled"]);
  assert.equal(await git(workspace.path, ...links), before);
  await assertSound(path);
});

Deno.test("create() takes a repository inside the base as plain files", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await makeProject(`${directory.path}/base`);
  await makeProject(`${path}/nested`);
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("one");
  assert.deepEqual(workspace.skipped.map(({ path }) => path), ["/nested/.git"]);
  assert.equal(await workspace.readFile("/nested/README.md"), "# Project\n");
  assert.equal((await workspace.status()).hasChanges, false);
  assert.equal((await workspace.run("git status --porcelain", { check: true })).stdout, "");
  await assertSound(path);
});

Deno.test("a workspace holds what git stores of a clean file, and a changed one as it is", async () => {
  await using directory = await temporaryDirectory();
  const files = { "clean.txt": "a\nb\n", "changed.txt": "a\nb\n" };
  const { path } = await makeConverted("*.txt text eol=crlf\n", files)(directory.path);
  assert.equal(await Deno.readTextFile(`${path}/clean.txt`), "a\r\nb\r\n");
  await writeFiles(path, { "changed.txt": "a\r\nc\r\n" });
  await using afs = new AgentFS(path);
  const workspace = await afs.workspace.create("one");
  assert.equal(await workspace.readFile("/clean.txt"), "a\nb\n");
  assert.equal(await workspace.readFile("/changed.txt"), "a\r\nc\r\n");
  await workspace.writeFile("/written.txt", "a\r\nd\r\n");
  await workspace.commit("As they are");
  assert.equal(await git(workspace.path, "cat-file", "blob", "HEAD:written.txt"), "a\r\nd\r\n");
  assert.equal(await git(workspace.path, "cat-file", "blob", "HEAD:clean.txt"), "a\nb\n");
  await assertSound(path);
});

Deno.test("create() from a commit that a partial clone has not all of says what fetches it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await cloneProject(directory.path, "--filter=blob:none");
  const from = (await git(path, "rev-parse", "HEAD~1")).trim();
  await using afs = new AgentFS(path);
  await assert.rejects(afs.workspace.create("old", { from }), {
    name: "StoreError",
    message:
      /\/docs\/notes\.md: its object [0-9a-f]{40} is missing.*git fetch --refetch --no-filter/,
  });
  assert.equal(await git(path, "for-each-ref", "refs/heads/agentfs", "refs/agentfs"), "");
  await git(path, "fetch", "--quiet", "--refetch", "--no-filter");
  const workspace = await afs.workspace.create("old", { from });
  assert.equal(await workspace.readFile("/docs/notes.md"), "one\n");
  await assertSound(path);
});
