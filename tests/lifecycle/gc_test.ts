/** What `gc()` takes away, and what it never does. */

import assert from "node:assert/strict";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "../everything.ts";
import { HAS_BUBBLEWRAP } from "../exec/each_sandbox.ts";
import { git, tryGit } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { Random } from "../random.ts";

const LONG_AGO = "20200101-000000-0123456789";
const DAY_MS = 86_400_000;

function storeOf({ path }: Project, repository: boolean): string {
  return repository ? `${path}/.git` : `${path}/.agentfs/store.git`;
}

/** Makes all objects look as though they had been written so many days ago. */
async function age(store: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * DAY_MS);
  for (const { name, isDirectory } of Deno.readDirSync(`${store}/objects`)) {
    if (!isDirectory) continue;
    for (const file of Deno.readDirSync(`${store}/objects/${name}`)) {
      await Deno.utime(`${store}/objects/${name}/${file.name}`, then, then);
    }
  }
}

async function allObjects(store: string): Promise<string[]> {
  const format = "--batch-check=%(objectname)";
  return (await git(store, "cat-file", "--batch-all-objects", format)).trim().split("\n");
}

async function isThere(store: string, oid: string): Promise<boolean> {
  return (await tryGit(store, ["cat-file", "-e", oid])).code === 0;
}

async function refNames(store: string): Promise<string[]> {
  return (await git(store, "for-each-ref", "--format=%(refname)")).trim().split("\n");
}

/** Takes a snapshot with one file of this content, deletes it again, and returns the file's id. */
async function forgottenBlob(workspace: Workspace, content: string): Promise<string> {
  await workspace.writeFile("/forgotten.txt", content);
  const snapshot = await workspace.snapshot.create();
  const { changes } = await workspace.diff();
  await workspace.snapshot.delete(snapshot.name);
  await workspace.delete("/forgotten.txt");
  return changes[0]!.newOid!;
}

for (const repository of [true, false]) {
  const where = repository ? "the owner's repository" : "a store of our own";

  Deno.test(`gc() drops what was deleted over 30 days ago and old undo points, in ${where}`, async () => {
    await using project = await makeProject({ repository });
    const store = storeOf(project, repository);
    const { afs } = project;
    const workspace = await afs.workspace.create("w");
    const { oid } = await workspace.snapshot.create("s");
    await workspace.writeFile("/a.txt", "changed\n");
    await workspace.snapshot.restore("s");
    await afs.workspace.create("deleted");
    await afs.workspace.delete("deleted");
    const old = [
      `refs/agentfs/trash/a/b/${LONG_AGO}/branch`,
      `refs/agentfs/trash/a/b/${LONG_AGO}/snapshots/s`,
      `refs/agentfs/w/undo/${LONG_AGO}`,
    ];
    const before = await refNames(store);
    for (const ref of [...old, "refs/agentfs/w/snapshots/" + LONG_AGO]) {
      await git(store, "update-ref", ref, oid);
    }
    assert.deepEqual((await afs.gc({ dryRun: true })).refs.sort(), old);
    assert.deepEqual((await afs.gc()).refs.sort(), old);
    const after = [...before, "refs/agentfs/w/snapshots/" + LONG_AGO].sort();
    assert.deepEqual(await refNames(store), after);
    assert.deepEqual((await afs.gc()).refs, []);
    // The newest undo point stays, however few days are asked for.
    await git(store, "update-ref", `refs/agentfs/w/undo/${LONG_AGO}`, oid);
    assert.deepEqual((await afs.gc({ undoDays: 0 })).refs, [`refs/agentfs/w/undo/${LONG_AGO}`]);
    assert.deepEqual(await refNames(store), after);
  });

  Deno.test(`gc() makes one pack of many, which git takes, in ${where}`, async () => {
    await using project = await makeProject({ repository });
    const store = storeOf(project, repository);
    const workspace = await project.afs.workspace.create("w");
    const seed = Date.now();
    const random = new Random(seed);
    const lines = Array.from({ length: 400 }, () => `${random.below(1e9)} some words\n`);
    const states = new Map<string, string>();
    for (let count = 0; count < 40; count++) {
      lines.splice(random.below(lines.length), random.below(3), `${random.below(1e9)} new\n`);
      await workspace.writeFile("/lines.txt", lines.join(""));
      states.set((await workspace.snapshot.create(`s${count}`)).name, lines.join(""));
    }
    await workspace.run("git log >/dev/null");
    const objects = await allObjects(store);
    const { before, after, pruned } = await project.afs.gc();
    assert.ok(before.packs >= 5 && after.packs <= 2, `${before.packs} packs became ${after.packs}`);
    assert.ok(after.bytes < before.bytes / 4, `${before.bytes} bytes became ${after.bytes}`);
    assert.equal(pruned, 0);
    assert.deepEqual(await allObjects(store), objects, `seed ${seed}`);
    assert.equal(await git(store, "fsck", "--strict", "--full", "--no-dangling"), "");
    for (const { name } of Deno.readDirSync(`${store}/objects/pack`)) {
      if (name.endsWith(".idx")) await git(`${store}/objects/pack`, "verify-pack", name);
    }
    await using again = new AgentFS(project.path, { cacheSize: 1 });
    const reopened = await again.workspace.get("w");
    for (const [name, text] of states) {
      await reopened.snapshot.restore(name);
      assert.equal(await reopened.readFile("/lines.txt"), text, `${name}, seed ${seed}`);
    }
    // As git would have it, within a third.
    const copy = `${project.directory}/copy.git`;
    await git(project.directory, "clone", "--quiet", "--mirror", store, copy);
    await git(copy, "repack", "-adfq");
    const [pack] = [...Deno.readDirSync(`${copy}/objects/pack`)]
      .filter(({ name }) => name.endsWith(".pack"));
    const { size } = await Deno.stat(`${copy}/objects/pack/${pack!.name}`);
    assert.ok(after.bytes < 2 * size, `${after.bytes} bytes, and git needs ${size}`);
  });
}

Deno.test("gc() in the owner's repository lets no object go, not even one that nobody needs", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const store = `${project.path}/.git`;
  const forgotten = await forgottenBlob(workspace, "nobody needs it\n");
  const loose = (await git(project.path, "hash-object", "-w", "a.txt")).trim();
  await git(project.path, "repack", "-dq");
  const theirs = [...Deno.readDirSync(`${store}/objects/pack`)].map(({ name }) => name);
  await workspace.snapshot.create("kept");
  await age(store, 100);
  const before = await allObjects(store);
  assert.equal((await project.afs.gc()).pruned, 0);
  assert.deepEqual(await allObjects(store), before);
  for (const oid of [forgotten, loose]) assert.ok(await isThere(store, oid));
  const left = new Set([...Deno.readDirSync(`${store}/objects/pack`)].map(({ name }) => name));
  assert.ok(theirs.filter((name) => left.has(name)).length >= 2, "git's own pack has gone");
  // As old as it was, so that the owner's git gc can let it go.
  await git(project.path, "gc", "--quiet", "--prune=2.weeks.ago");
  assert.equal(await isThere(store, forgotten), false);
  await workspace.snapshot.restore("kept");
});

Deno.test("gc() in a store of our own lets old objects go that nothing leads to", async () => {
  await using project = await makeProject();
  const store = storeOf(project, false);
  const workspace = await project.afs.workspace.create("w");
  const old = await forgottenBlob(workspace, "old\n");
  await git(workspace.path, "commit", "--quiet", "--allow-empty", "--message", "loose");
  const loose = (await git(workspace.path, "hash-object", "-w", "/dev/null")).trim();
  await age(store, 15);
  const young = await forgottenBlob(workspace, "young\n");
  const { pruned } = await project.afs.gc({ dryRun: true });
  assert.ok(pruned > 1);
  assert.ok(await isThere(store, old));
  assert.equal((await project.afs.gc()).pruned, pruned);
  assert.deepEqual(
    [await isThere(store, old), await isThere(store, loose), await isThere(store, young)],
    [false, false, true],
  );
  assert.equal(await git(store, "fsck", "--strict", "--full", "--no-dangling"), "");
  assert.equal((await project.afs.gc()).after.loose, 0);
  assert.equal((await workspace.log())[0]?.message, "loose\n");
  // It got no younger by being written anew.
  await age(store, 8);
  for (let week = 0; week < 2; week++) await project.afs.gc();
  assert.ok(await isThere(store, young));
  await age(store, 15);
  await project.afs.gc();
  assert.equal(await isThere(store, young), false);
});

Deno.test("gc() spares what an index, a log, a HEAD or an operation under way names", async () => {
  await using project = await makeProject();
  const store = storeOf(project, false);
  const workspace = await project.afs.workspace.create("w");
  const inside = (...args: string[]) => git(workspace.path, ...args);
  await workspace.writeFile("/staged.txt", "staged only\n");
  await inside("add", "staged.txt");
  const staged = (await inside("rev-parse", ":staged.txt")).trim();
  await workspace.delete("/staged.txt");
  const tree = (await inside("write-tree")).trim();
  const commit = async (text: string): Promise<string> =>
    (await inside("commit-tree", "-m", text, tree)).trim();
  const [head, merging, logged, nobodys] = [
    await commit("head"),
    await commit("merging"),
    await commit("logged"),
    await commit("nobody's"),
  ] as [string, string, string, string];
  const gitDirectory = (await inside("rev-parse", "--absolute-git-dir")).trim();
  await inside("update-ref", "--no-deref", "HEAD", head);
  await Deno.writeTextFile(`${gitDirectory}/MERGE_HEAD`, `${merging}\n`);
  await inside("update-ref", "--create-reflog", "refs/heads/x", logged);
  await inside("update-ref", "refs/heads/x", head);
  await age(store, 100);
  assert.ok((await project.afs.gc()).pruned > 0);
  for (const oid of [staged, tree, head, merging, logged]) {
    assert.ok(await isThere(store, oid), await git(store, "cat-file", "-t", oid));
  }
  assert.equal(await isThere(store, nobodys), false);
  assert.equal(await inside("fsck", "--strict", "--full", "--no-dangling"), "");
});

Deno.test({
  name: "gc() spares what an agent's own repository leads to",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    await using project = await makeProject();
    const store = storeOf(project, false);
    const workspace = await project.afs.workspace.create("w");
    const run = (script: string) => workspace.run(script, { check: true });
    const start = (await workspace.log())[0]!.oid;
    // A stash on a commit on the first one, and then a new beginning: only commits that never were the
    // host's lead to that.
    await run(
      "git checkout -qb side; echo side > side; git add side; " +
        "git commit -qm side; echo stashed > a.txt; git stash -q; " +
        "git checkout -q agentfs/w; echo second > a.txt; git commit -qam second; " +
        "git branch second; git checkout -q --orphan new; git commit -qm new; " +
        "git branch -f agentfs/w; git checkout -q agentfs/w; git repack -adlq; git prune; " +
        'cd "$(git rev-parse --git-dir)"; rm -r logs/HEAD logs/refs/heads',
    );
    for (const ref of await refNames(store)) {
      if (ref.startsWith("refs/agentfs/@base/")) await git(store, "update-ref", "-d", ref);
    }
    const forgotten = await forgottenBlob(workspace, "nothing names it\n");
    await age(store, 100);
    assert.equal((await workspace.log()).length, 1);
    assert.ok((await project.afs.gc()).pruned > 0);
    assert.equal(await isThere(store, forgotten), false);
    assert.ok(await isThere(store, start));
    const { stdout } = await run(
      "git fsck --full --no-dangling; git log --format=%s side second; git show stash@{0}:a.txt",
    );
    assert.match(stdout, /side\n/);
    assert.match(stdout, /stashed\n$/);
  },
});

Deno.test("gc() lets nothing go while a command runs, which may know of anything", async () => {
  await using project = await makeProject();
  const store = storeOf(project, false);
  const workspace = await project.afs.workspace.create("w");
  const forgotten = await forgottenBlob(workspace, "old\n");
  await age(store, 100);
  await using process = await workspace.spawn("sleep 1000");
  if ((await workspace.run("true")).sandbox !== "none") {
    assert.equal((await project.afs.gc()).pruned, 0);
    assert.ok(await isThere(store, forgotten));
  }
  process.kill();
  await process.status;
  assert.ok((await project.afs.gc()).pruned > 0);
});

Deno.test("gc() can be stopped, and refuses what it cannot make sense of", async () => {
  await using project = await makeProject({ repository: true, config: { lockTimeout: 200 } });
  const { afs } = project;
  const workspace = await afs.workspace.create("w");
  for (let count = 0; count < 5; count++) await workspace.snapshot.create();
  const before = everythingBelow(project.path);
  await assert.rejects(afs.gc({ signal: AbortSignal.abort("stopped") }), (reason) => {
    return reason === "stopped";
  });
  const controller = new AbortController();
  const gc = afs.gc({ signal: controller.signal });
  setTimeout(() => controller.abort(new Error("stopped")), 1);
  await gc.catch((error) => assert.equal(error.message, "stopped"));
  await assert.rejects(afs.gc({ undoDays: -1 }), { name: "RangeError" });
  await assert.rejects(afs.gc({ undoDays: NaN }), { name: "RangeError" });
  await assert.rejects(afs.gc({ days: 1 } as never), { name: "TypeError" });

  await Deno.writeTextFile(`${project.path}/.git/gc.pid`, "1 elsewhere");
  await assert.rejects(afs.gc(), { code: "BusyError", holder: "git gc" });
  await Deno.remove(`${project.path}/.git/gc.pid`);
  await afs.gc();
  const changed = (all: Record<string, string>): string[] =>
    Object.keys(all).filter((path) => !path.includes("/objects/pack/"));
  assert.deepEqual(changed(everythingBelow(project.path)), changed(before));
  await afs.close();
  await assert.rejects(afs.gc(), { code: "ClosedError" });
});

Deno.test("gc() takes nothing away where one of the packs is damaged", async () => {
  await using project = await makeProject({ repository: true });
  const { afs } = project;
  const workspace = await afs.workspace.create("w");
  await workspace.writeFile("/noise", crypto.getRandomValues(new Uint8Array(5000)));
  await workspace.snapshot.create("s");
  await workspace.snapshot.create("t");
  const directory = `${project.path}/.git/objects/pack`;
  const [pack] = [...Deno.readDirSync(directory)]
    .filter(({ name }) => name.endsWith(".pack"))
    .map(({ name }) => `${directory}/${name}`)
    .filter((path) => Deno.statSync(path).size > 5000);
  const bytes = await Deno.readFile(pack!);
  bytes[2500]! ^= 1;
  await Deno.chmod(pack!, 0o644);
  await Deno.writeFile(pack!, bytes);
  const before = everythingBelow(project.path);
  await assert.rejects(afs.gc(), { code: "StoreError", message: /damaged/ });
  assert.deepEqual(everythingBelow(project.path), before);
});
