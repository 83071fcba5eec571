import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { hexOf } from "../../src/audit/chain.ts";
import { keepHead, keptHeads } from "../../src/audit/head_ref.ts";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { openBase } from "../registry/opened.ts";
import { draft, FIX, Ground, openLog } from "./ground.ts";

Deno.test("keepHead() keeps the newest head in a ref that git is happy with", async () => {
  await using ground = await Ground.make();
  await ground.log.append(draft());
  await keepHead(ground.base, ground.log, "fix");
  const { hash } = await ground.audit.head();
  const ref = "refs/agentfs/fix/audit";
  assert.equal(await git(ground.path, "cat-file", "blob", ref), `1 ${hash}\n`);
  const first = ground.base.refs.read(ref);
  await keepHead(ground.base, ground.log, "fix");
  assert.equal(ground.base.refs.read(ref), first);
  await ground.log.append(draft());
  await keepHead(ground.base, ground.log, "fix");
  await keepHead(ground.base, ground.log, "other/deep");
  assert.deepEqual(keptHeads(ground.base).map(({ id }) => id), [2, 2]);
  assert.equal(
    await git(ground.path, "for-each-ref", "--format=%(refname) %(objecttype)", "refs/agentfs"),
    `${ref} blob\nrefs/agentfs/other/deep/audit blob\n`,
  );
  assert.equal(await git(ground.path, "fsck", "--strict", "--no-dangling"), "");
  await git(ground.path, "gc", "--quiet", "--prune=now");
  assert.equal((await ground.audit.verify()).ok, true);
  // A ref that is ahead is left.
  ground.tamper((db) => db.exec("DELETE FROM audit WHERE id = 2"));
  const second = ground.base.refs.read(ref);
  await ground.reopen();
  await keepHead(ground.base, ground.log, "fix");
  assert.equal(ground.base.refs.read(ref), second);
  assert.deepEqual(await ground.audit.verify(), { ok: false, entries: 1, brokenAt: 2 });
});

Deno.test("keepHead() of several at once leaves the newest", async () => {
  await using ground = await Ground.make();
  const logs = await Promise.all(Array.from({ length: 4 }, () => openLog(ground.file)));
  await Promise.all(logs.map(async (log) => {
    for (let index = 0; index < 5; index++) {
      await log.append(draft());
      await keepHead(ground.base, log, FIX.name);
    }
    log[Symbol.dispose]();
  }));
  assert.deepEqual(keptHeads(ground.base).map(({ id }) => id), [20]);
});

Deno.test("the head of a deleted workspace is known from the trash; a snapshot of that name is none", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("work");
  await workspace.writeFile("/b.txt", "b");
  await workspace.snapshot.create("audit");
  await using base = await openBase(project.path);
  using log = await openLog(base.layout.database);
  await log.append(draft({ workspace: "work" }));
  await keepHead(base, log, "work");
  const { id, hash } = await log.head();
  await project.afs.workspace.delete("work");
  assert.equal(base.refs.read("refs/agentfs/work/audit"), null);
  const refs = base.refs.list("refs/agentfs/trash/work/").map(({ ref }) => ref);
  assert.equal(refs.filter((ref) => ref.endsWith("/audit")).length, 2);
  const heads = keptHeads(base);
  assert.deepEqual(heads.map((head) => [head.id, hexOf(head.hash)]), [[id, hexOf(hash)]]);
  assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");
  await using afs = new AgentFS(project.path);
  assert.deepEqual(await afs.workspace.list(), []);
});

Deno.test("a ref that holds no head is an error that names it", async () => {
  await using ground = await Ground.make();
  const oid = (await git(ground.path, "hash-object", "-w", "a.txt")).trim();
  await git(ground.path, "update-ref", "refs/agentfs/fix/audit", oid);
  const error = {
    code: "StoreError",
    message:
      /Cannot read the ref refs\/agentfs\/fix\/audit: it holds no head of the audit log; find/,
  };
  await assert.rejects(ground.audit.verify(), error);
  await assert.rejects(keepHead(ground.base, ground.log, "fix"), error);
});
