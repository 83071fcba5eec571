import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { StoreError } from "../../src/errors.ts";
import { hashObject } from "../../src/git/object.ts";
import { serializePackIndex } from "../../src/git/pack_index_writer.ts";
import { finish } from "../../src/git/steps.ts";
import { Slices } from "../../src/platform/slices.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { git, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { allObjects, makeHistory, openStore, packFiles, unpackAll } from "./corpus.ts";

/** Ways to damage a file; none leaves it as it was. */
const DAMAGE: Record<string, (bytes: Uint8Array, at: number) => Uint8Array | null> = {
  flipped: (bytes, at) => bytes.with(at, bytes[at]! ^ 0xff),
  truncated: (bytes, at) => bytes.slice(0, at),
  deleted: () => null,
};

async function replaceFile(file: string, bytes: Uint8Array | null): Promise<void> {
  await Deno.remove(file);
  if (bytes !== null) await Deno.writeFile(file, bytes);
}

/** Reads all objects; each is either right or a StoreError that names it and the file. */
function countDamaged(store: ObjectStore, oids: Iterable<string>, file: string | null): number {
  let damaged = 0;
  for (const oid of oids) {
    try {
      const { type, data } = store.read(oid);
      assert.equal(hashObject(type, data), oid);
    } catch (error) {
      assert.ok(error instanceof StoreError, `${error}`);
      assert.ok(error.message.includes(oid), error.message);
      if (file !== null) assert.ok(error.message.includes(file), error.message);
      damaged++;
    }
  }
  return damaged;
}

for (const [kind, damage] of Object.entries(DAMAGE)) {
  Deno.test(`ObjectStore.read() never serves damage when a pack is ${kind}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const seed = 11;
    const random = new Random(seed);
    await makeHistory(path, random, { commits: 20, files: 6 });
    await git(path, "repack", "-adfq");
    const oids = [...(await allObjects(path)).keys()];
    const [pack] = packFiles(path, ".pack") as [string];
    const good = await Deno.readFile(pack);
    const rounds = kind === "deleted" ? 1 : 40;
    for (let round = 0; round < rounds; round++) {
      const at = random.below(good.length);
      await replaceFile(pack, damage(good, at));
      using store = openStore(path, 0);
      const found = countDamaged(store, oids, pack);
      assert.ok(found > 0, `seed ${seed}: byte ${at} of ${good.length} was ${kind}`);
    }
  });

  Deno.test(`ObjectStore.read() never serves damage when an index is ${kind}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const random = new Random(12);
    await makeHistory(path, random, { commits: 5, files: 6 });
    const oids = [...(await allObjects(path)).keys()];
    const [index] = packFiles(path, ".idx") as [string];
    const good = await Deno.readFile(index);
    for (let round = 0; round < 30; round++) {
      await replaceFile(index, damage(good, random.below(good.length)));
      using store = openStore(path, 0);
      const named = kind === "deleted" ? null : index;
      assert.equal(countDamaged(store, oids, named), oids.length);
      for (const oid of oids) assert.equal(store.has(oid), false);
      await replaceFile(index, good).catch(() => Deno.writeFile(index, good));
    }
  });

  Deno.test(`ObjectStore.read() never serves damage when a loose file is ${kind}`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const random = new Random(13);
    await makeHistory(path, random, { commits: 10, files: 6 });
    await unpackAll(path);
    const oids = [...(await allObjects(path)).keys()];
    for (const oid of oids) {
      const file = `${path}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
      const good = await Deno.readFile(file);
      const at = random.below(good.length);
      await replaceFile(file, damage(good, at));
      using store = openStore(path, 0);
      const named = kind === "deleted" ? null : file;
      assert.equal(countDamaged(store, [oid], named), 1, `byte ${at} of ${file}`);
      await Deno.writeFile(file, good);
    }
  });
}

Deno.test("ObjectStore.read() uses another copy when one is damaged", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeHistory(path, new Random(14), { commits: 4, files: 4 });
  const [pack] = packFiles(path, ".pack") as [string];
  const stdin = await Deno.readFile(pack);
  const objects = await allObjects(path);
  const other = `${path}/other`;
  await git(path, "init", "--quiet", other);
  await tryGit(other, ["unpack-objects", "-q"], { stdin });
  for (const { name } of [...Deno.readDirSync(`${other}/.git/objects`)]) {
    if (name.length > 2) continue;
    await Deno.rename(`${other}/.git/objects/${name}`, `${path}/.git/objects/${name}`);
  }
  await replaceFile(pack, stdin.with(stdin.length >> 1, stdin[stdin.length >> 1]! ^ 1));
  using store = openStore(path, 0);
  for (const [oid, { type }] of objects) assert.equal(store.read(oid).type, type);
});

Deno.test("ObjectStore.read() says so when a pack is not its index's", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeHistory(path, new Random(15), { commits: 2, files: 2 });
  const oids = [...(await allObjects(path)).keys()];
  const [pack] = packFiles(path, ".pack") as [string];
  const other = `${path}/other`;
  await makeHistory(other, new Random(16), { commits: 2, files: 2 });
  await replaceFile(pack, await Deno.readFile(packFiles(other, ".pack")[0]!));
  using store = openStore(path, 0);
  assert.equal(countDamaged(store, oids, pack), oids.length);
});

/** Writes a pack of two deltas, each of which has the other as its base. */
async function writeCircle(path: string, a: string, b: string): Promise<void> {
  const delta = deflateSync(Uint8Array.of(0, 0));
  const entry = (base: string) => [Uint8Array.of(0x72), Uint8Array.fromHex(base), delta];
  const header = Uint8Array.of(0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2, 0, 0, 0, 2);
  const content = Buffer.concat([header, ...entry(b), ...entry(a)]);
  const checksum = createHash("sha1").update(content).digest();
  const offsets = [12, 12 + 21 + delta.length];
  const objects = [a, b].map((oid, at) => ({ oid, offset: offsets[at]!, crc: 0 }));
  const pack = `${path}/.git/objects/pack/pack-${"0".repeat(40)}`;
  await Deno.writeFile(`${pack}.pack`, Buffer.concat([content, checksum]));
  await Deno.writeFile(
    `${pack}.idx`,
    await finish(serializePackIndex(objects, checksum.toString("hex")), new Slices()),
  );
}

Deno.test("ObjectStore.read() says so when deltas go in circles", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path, 0);
  const a = "aa".repeat(20);
  const b = "bb".repeat(20);
  await writeCircle(path, a, b);
  for (const oid of [a, b]) {
    assert.throws(() => store.read(oid), /damaged at byte \d+: its deltas go in circles/);
    assert.throws(() => store.header(oid), /damaged at byte \d+: its deltas go in circles/);
  }
});
