import assert from "node:assert/strict";
import { StoreError } from "../../src/errors.ts";
import { ObjectHasher } from "../../src/git/object.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { git, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { openStore, packFiles } from "./corpus.ts";

/** Content that deflates a little. */
function largeContent(size: number): Uint8Array {
  const noise = crypto.getRandomValues(new Uint8Array(50_000));
  return new Uint8Array(size).map((_, at) => (noise[at % noise.length]! + (at >> 12)) & 0x3f);
}

async function addBlob(path: string, content: Uint8Array): Promise<string> {
  await git(path, "init", "--quiet");
  return (await tryGit(path, ["hash-object", "-w", "--stdin"], { stdin: content })).stdout.trim();
}

/** Reads a blob in pieces; returns its id and the largest of them. */
async function readInPieces(store: ObjectStore, oid: string, size: number) {
  const hasher = new ObjectHasher("blob", size);
  let largest = 0;
  for await (const chunk of store.readChunks(oid)) {
    hasher.update(chunk);
    largest = Math.max(largest, chunk.length);
  }
  return { oid: hasher.digest(), largest };
}

Deno.test("ObjectStore.readChunks() gives a large blob in pieces, loose and packed", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const content = largeContent(3_000_000);
  const oid = await addBlob(path, content);
  using store = openStore(path);
  for (const layout of ["loose", "packed"]) {
    const read = await readInPieces(store, oid, content.length);
    assert.equal(read.oid, oid, layout);
    assert.ok(read.largest <= 1 << 18, `${layout}: ${read.largest}`);
    await git(path, "update-ref", "refs/tags/blob", oid);
    await git(path, "repack", "-adq");
    store.refresh();
  }
});

Deno.test("ObjectStore.readChunks() gives small blobs and large deltas", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const content = largeContent(2_000_000);
  const changed = content.with(1_000_000, 0x7f);
  const oids = [await addBlob(path, content), await addBlob(path, changed)];
  oids.push(await addBlob(path, new Uint8Array()), await addBlob(path, content.slice(0, 10)));
  for (const oid of oids) await git(path, "update-ref", `refs/tags/${oid}`, oid);
  await git(path, "repack", "-adfq");
  assert.match(await git(path, "verify-pack", "-v", packFiles(path, ".idx")[0]!), /chain length/);
  using store = openStore(path);
  const sizes = [content.length, changed.length, 0, 10];
  for (const [at, oid] of oids.entries()) {
    assert.equal((await readInPieces(store, oid, sizes[at]!)).oid, oid);
  }
});

Deno.test("ObjectStore.readChunks() closes its file when the loop is left", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const oid = await addBlob(path, largeContent(3_000_000));
  using store = openStore(path);
  for await (const chunk of store.readChunks(oid)) {
    assert.ok(chunk.length > 0);
    break;
  }
  await assert.rejects(async () => {
    for await (const _ of store.readChunks(oid)) throw new RangeError("the reader gave up");
  }, RangeError);
});

Deno.test("ObjectStore.readChunks() throws a StoreError when the blob is damaged", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const content = largeContent(3_000_000);
  const oid = await addBlob(path, content);
  const file = `${path}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
  const good = await Deno.readFile(file);
  const other = await addBlob(path, content.with(2_500_000, 0x7f));
  const swapped = await Deno.readFile(
    `${path}/.git/objects/${other.slice(0, 2)}/${other.slice(2)}`,
  );
  const middle = good.length >> 1;
  const damaged = [
    good.with(middle, good[middle]! ^ 0xff),
    good.with(good.length - 1, good.at(-1)! ^ 0xff),
    good.slice(0, middle),
    good.slice(0, good.length - 1),
    swapped,
  ];
  await Deno.chmod(file, 0o644);
  for (const [at, bytes] of damaged.entries()) {
    await Deno.writeFile(file, bytes);
    using store = openStore(path);
    await assert.rejects(readInPieces(store, oid, content.length), (error: Error) => {
      const named = error.message.includes(oid) && error.message.includes(file);
      return error instanceof StoreError && named;
    }, `damage ${at}`);
  }
  await Deno.remove(file);
  using store = openStore(path);
  await assert.rejects(readInPieces(store, oid, content.length), StoreError);
});
