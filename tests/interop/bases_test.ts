/**
 * The whole life of a workspace on every kind of base: git finds nothing wrong with it at any moment,
 * and the owner finds nothing changed.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS, type Workspace } from "../../mod.ts";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { type BaseKind, baseKinds } from "./bases.ts";
import { assertFilesAre, assertSound, assertStatus, filesOnDisk, treeOnDisk } from "./oracle.ts";
import { assertUntouched, ownersView } from "./owners_view.ts";
import type { Base } from "./project.ts";

const NAME = "fix/typo";
const AUTHOR = "Ada Agent <ada@example.com>";

for (const kind of baseKinds) {
  Deno.test(`a workspace lives a whole life on ${kind.name}`, async () => {
    await using directory = await temporaryDirectory();
    const base = await kind.make(directory.path);
    const start = await expectedStart(kind, base);
    const before = ownersView(base);
    {
      await using afs = new AgentFS(base.path, base.config);
      const workspace = await afs.workspace.create(NAME);
      await assertStartsWith(workspace, start);
      await work(workspace);
      await assertListed(base, workspace);
      assertUntouched(base, before);
    }
    if (kind.clean) await assertMerges(base);
    await git(base.store, "gc", "--quiet", "--prune=now");
    const then = ownersView(base);
    await using afs = new AgentFS(base.path, base.config);
    await assertKept(await afs.workspace.get(NAME));
    await afs.workspace.delete(NAME);
    await assertSound(base.store);
    assert.equal(await git(base.store, "for-each-ref", "refs/heads/agentfs"), "");
    assert.doesNotMatch(await git(base.store, "worktree", "list"), /\[agentfs\//);
    assertUntouched(base, then);
  });
}

/** The tree that a new workspace is to have. */
async function expectedStart(kind: BaseKind, base: Base): Promise<string> {
  // Converted files keep the ids that the index has, which git has just written from them.
  if (kind.converted) return (await git(base.path, "write-tree")).trim();
  return await treeOnDisk(base.path);
}

async function assertStartsWith(workspace: Workspace, tree: string): Promise<void> {
  assert.equal((await git(workspace.path, "rev-parse", "HEAD^{tree}")).trim(), tree);
  assert.equal((await workspace.status()).hasChanges, false);
  await assertClean(workspace);
  await assertFilesAre(workspace.path, tree);
  await check(workspace);
}

/** Everything that an agent does. */
async function work(workspace: Workspace): Promise<void> {
  await workspace.writeFile("/new/by api.txt", "by the API\n");
  await workspace.writeFile("/README.md", "rewritten\n");
  await workspace.writeFile("/moved.txt", "moved\n");
  await workspace.move("/moved.txt", "/new/moved.txt");
  await workspace.writeFile("/tool2.sh", "#!/bin/sh\n", { mode: 0o755 });
  await workspace.symlink("README.md", "/new/link");
  await workspace.chmod("/README.md", 0o600);
  await workspace.mkdir("/new/empty/directory");
  await workspace.writeFile("/ignored.log", "ignored or not\n");
  if (await workspace.exists("/src/main.ts")) await workspace.delete("/src", { recursive: true });

  const { changes } = await workspace.run(
    "printf 'by a command\\n' > command.txt && chmod +x README.md && ln -s nowhere dangling &&" +
      " mv new/moved.txt 'moved again.txt' && printf '\\0\\377' > binary && chmod 640 tool2.sh",
    { check: true },
  );
  const changed = changes.map(({ path }) => path);
  for (const path of ["/README.md", "/command.txt", "/new/moved.txt", "/moved again.txt"]) {
    assert.ok(changed.includes(path), `${path} is not among ${changed}`);
  }
  await check(workspace);

  const then = filesOnDisk(workspace.path);
  const snapshot = await workspace.snapshot.create("before/all");
  assert.equal((await git(workspace.path, "rev-parse", snapshot.ref)).trim(), snapshot.oid);
  await assertSound(workspace.path);

  await workspace.run(
    "rm -rf new README.md; mkdir README.md; echo x > README.md/x; chmod 755 binary",
  );
  const commit = await workspace.commit("Work\n\nin two lines", { author: AUTHOR });
  assert.ok(commit.created);
  const format = ["log", "-1", "--format=%H%n%an <%ae>%n%B"];
  assert.equal(
    await git(workspace.path, ...format, workspace.branch),
    `${commit.oid}\n${AUTHOR}\nWork\n\nin two lines\n\n`,
  );
  await assertClean(workspace);
  await check(workspace);
  const log = await git(workspace.path, "log", "--format=%H");
  assert.deepEqual((await workspace.log()).map(({ oid }) => `${oid}\n`).join(""), log);

  await workspace.snapshot.restore("before/all");
  assert.deepEqual(filesOnDisk(workspace.path), then);
  await check(workspace);

  await workspace.snapshot.delete("before/all");
  await workspace.commit("Back");
  await assertClean(workspace);
  await workspace.snapshot.create("at-the-end");
  await check(workspace);
}

/** What was there before `git gc` is there after it. */
async function assertKept(workspace: Workspace): Promise<void> {
  const files = filesOnDisk(workspace.path);
  await workspace.run("rm -rf binary command.txt dangling new README.md", { check: true });
  await workspace.snapshot.restore("at-the-end");
  assert.deepEqual(filesOnDisk(workspace.path), files);
  await check(workspace);
}

/** Fails where git sees a difference from the last commit; the index is the one that we left. */
async function assertClean(workspace: Workspace): Promise<void> {
  const { stdout } = await workspace.run("git status --porcelain", { check: true, changes: false });
  assert.equal(stdout, "");
}

async function check(workspace: Workspace): Promise<void> {
  await assertStatus(workspace.path, await workspace.status());
  await assertSound(workspace.path);
}

async function assertListed(base: Base, workspace: Workspace): Promise<void> {
  const list = await git(base.store, "worktree", "list", "--porcelain", "-z");
  const entry = list.split("\0\0").find((entry) =>
    entry.startsWith(`worktree ${workspace.path}\0`)
  );
  assert.match(entry ?? list, new RegExp(`\0branch refs/heads/agentfs/${NAME}\0`));
  assert.match(entry ?? list, /\0locked/);
}

async function assertMerges({ path }: Base): Promise<void> {
  await git(path, "merge", "--quiet", `agentfs/${NAME}`);
  assert.equal(
    await git(path, "rev-parse", "HEAD^{tree}"),
    await git(path, "rev-parse", `agentfs/${NAME}^{tree}`),
  );
  const merged = await Deno.readTextFile(`${path}/command.txt`);
  assert.equal(merged.replace("\r", ""), "by a command\n");
  assert.equal(await git(path, "status", "--porcelain"), "");
}
