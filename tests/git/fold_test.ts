import assert from "node:assert/strict";
import { isOurPack, listPacks } from "../../src/git/pack_files.ts";
import { ObjectStore, sweepKeeps } from "../../src/git/store.ts";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { openStore, packFiles } from "./corpus.ts";

const MOST_PACKS = 33;
const encoder = new TextEncoder();

/** A repository with a store that keeps its packs few. */
async function foldingStore(path: string): Promise<ObjectStore> {
  await git(path, "init", "--quiet");
  openStore(path)[Symbol.dispose]();
  return new ObjectStore(`${path}/.git/objects`, {
    temporaryDirectory: `${path}/.git/agentfs/tmp`,
    session: "session",
    cacheBytes: 0,
    packsLock: `${path}/.git/agentfs/locks/@packs`,
  });
}

/** Writes one blob in a pack of its own, and returns its id. */
async function transact(store: ObjectStore, content: string): Promise<string> {
  using writer = store.writer();
  const oid = writer.write("blob", encoder.encode(content));
  await writer.finish();
  writer.release();
  return oid;
}

function ourPacks(path: string): string[] {
  return packFiles(path, ".pack").map((file) => file.slice(file.lastIndexOf("/") + 1, -5))
    .filter(isOurPack);
}

Deno.test("packs stay few however many transactions there are, and nothing is lost", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  using store = await foldingStore(path);
  // Who opened its packs before must find its way as well.
  using other = openStore(path, 0);
  const oids: string[] = [];
  for (let count = 0; count < 150; count++) {
    oids.push(await transact(store, `transaction ${count}\n`.repeat(1 + count % 40)));
    assert.equal(other.read(oids[count >> 1]!).type, "blob");
    assert.ok(ourPacks(path).length <= MOST_PACKS);
  }
  for (const oid of oids) assert.equal(other.read(oid).type, "blob");
  for (const index of packFiles(path, ".idx")) await git(path, "verify-pack", index);
  assert.equal(await git(path, "fsck", "--strict", "--full", "--no-dangling"), "");
  const listed = await git(path, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)");
  assert.deepEqual(listed.trim().split("\n"), oids.toSorted());
});

Deno.test("only packs of ours that nobody holds become one, and what is in them stays as old", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  using store = await foldingStore(path);
  await git(path, "commit", "--quiet", "--allow-empty", "--message", "first");
  await git(path, "repack", "-adq");
  const theirs = packFiles(path, ".pack");
  using held = store.writer();
  held.write("blob", encoder.encode("held"));
  await held.finish();
  await transact(store, "in an index of many packs");
  await git(path, "multi-pack-index", "write");
  const untouched = new Set(packFiles(path, "").filter((file) => /\.(pack|idx)$/.test(file)));
  const others = () =>
    listPacks(`${path}/.git/objects`, isOurPack)
      .filter(({ path }) => !untouched.has(`${path}.pack`));
  const old = 1_700_000_000;
  let count = 0;
  for (; others().length === count; count++) {
    assert.ok(count < 40, "nothing was put together");
    await transact(store, `${count}`);
    for (const pack of others()) {
      if (pack.mtime > 1.75e12) await Deno.utime(`${pack.path}.pack`, old, old + count);
    }
  }
  const [folded, last] = others().sort((a, b) => a.mtime - b.mtime);
  assert.equal(folded?.mtime, (old + count - 2) * 1000);
  assert.equal(last?.mtime, (old + count - 1) * 1000);
  for (const file of [...theirs, ...untouched]) assert.ok(await Deno.stat(file), file);
  await git(path, "multi-pack-index", "verify");
  assert.equal(await git(path, "fsck", "--strict", "--full", "--no-dangling"), "");
});

Deno.test("a damaged pack keeps no transaction from being finished, and is not made to look sound", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  using store = await foldingStore(path);
  const oid = await transact(store, "damaged\n".repeat(50));
  const [pack] = packFiles(path, ".pack") as [string];
  const bytes = await Deno.readFile(pack);
  bytes[20]! ^= 1;
  await Deno.chmod(pack, 0o644);
  await Deno.writeFile(pack, bytes);
  const oids: string[] = [];
  for (let count = 0; count < 40; count++) oids.push(await transact(store, `${count}`));
  for (const oid of oids) assert.equal(store.read(oid).type, "blob");
  assert.throws(() => store.read(oid), { code: "StoreError", message: /damaged/ });
  assert.deepEqual([...Deno.readDirSync(`${path}/.git/agentfs/tmp`)], []);
});

Deno.test("what is left of a pack that was being taken away is swept, and nothing else", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  using store = await foldingStore(path);
  await transact(store, "whole");
  const [whole] = packFiles(path, ".pack") as [string];
  const half = await transact(store, "half");
  const gone = packFiles(path, ".pack").find((file) => file !== whole)!;
  await Deno.remove(gone.replace(/pack$/, "idx"));
  // Not ours: git tells by other means what to do with it.
  const theirs = `${path}/.git/objects/pack/pack-${"a".repeat(40)}.pack`;
  await Deno.writeTextFile(theirs, "PACK");
  sweepKeeps(`${path}/.git/objects`, () => false);
  assert.deepEqual(packFiles(path, ".pack").sort(), [theirs, whole].sort());
  assert.equal(store.has(half), false);
});
