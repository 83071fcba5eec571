import assert from "node:assert/strict";
import { ClosedError, StoreError } from "../../src/errors.ts";
import { EMPTY_TREE, hashObject } from "../../src/git/object.ts";
import { ObjectStore, type ObjectWriter, sweepKeeps } from "../../src/git/store.ts";
import { serializeTree } from "../../src/git/tree.ts";
import { git } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { allObjects, openStore, packFiles, randomContent } from "./corpus.ts";

const encoder = new TextEncoder();

function writeCommit(writer: ObjectWriter, tree: string, message: string): string {
  const who = "O <o@example.com> 1000000000 +0000";
  const text = `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\n${message}\n`;
  return writer.write("commit", encoder.encode(text));
}

/** Writes a commit of one file and returns its id. */
function writeSmallCommit(writer: ObjectWriter, content: string): string {
  const oid = writer.write("blob", encoder.encode(content));
  const tree = writer.write("tree", serializeTree([{ name: "file", mode: 0o100644, oid }]));
  return writeCommit(writer, tree, "one file");
}

function* cut(data: Uint8Array, length: number): Iterable<Uint8Array> {
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length);
}

Deno.test("ObjectWriter writes a pack that git finds nothing wrong with", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path);
  const seed = 21;
  const random = new Random(seed);
  const written = new Map<string, Uint8Array>();
  using writer = store.writer();
  for (let count = 0; count < 300; count++) {
    const data = randomContent(random, random.pick([0, 20, 4000, 100_000]));
    const oid = random.below(3) === 0
      ? await writer.writeStream("blob", data.length, cut(data, 1 + random.below(50_000)))
      : writer.write("blob", data);
    assert.equal(oid, hashObject("blob", data), `seed ${seed}, blob ${count}`);
    assert.ok(writer.has(oid));
    written.set(oid, data);
  }
  const entries = [...written.keys()].map((oid) => ({ name: oid, mode: 0o100644, oid }));
  const empty = writer.write("tree", new Uint8Array());
  assert.equal(empty, EMPTY_TREE);
  const tree = writer.write(
    "tree",
    serializeTree([...entries, { name: "empty", mode: 0o40000, oid: empty }]),
  );
  const commit = writeCommit(writer, tree, "all");
  assert.equal(store.has(commit), false);
  await writer.finish();
  assert.ok(store.has(commit));
  await git(path, "update-ref", "refs/heads/main", commit);
  writer.release();

  assert.equal(await git(path, "fsck", "--strict", "--full"), "");
  const [index] = packFiles(path, ".idx") as [string];
  await git(path, "verify-pack", "-v", index);
  const objects = await allObjects(path);
  assert.equal(objects.size, written.size + 3);
  for (const [oid, data] of written) {
    assert.deepEqual(Uint8Array.from(objects.get(oid)!.data), data);
    assert.deepEqual(Uint8Array.from(store.read(oid).data), data);
  }
  await git(path, "index-pack", "-o", `${path}/git.idx`, packFiles(path, ".pack")[0]!);
  assert.deepEqual(await Deno.readFile(index), await Deno.readFile(`${path}/git.idx`));
  await git(path, "multi-pack-index", "write");
  await git(path, "multi-pack-index", "verify");
  await git(path, "repack", "-adfq");
  assert.equal(await git(path, "fsck", "--strict", "--full"), "");
});

Deno.test("ObjectWriter holds its objects against git gc until they are released", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  await git(path, "commit", "--quiet", "--allow-empty", "--message", "first");
  using store = openStore(path, 0);
  using writer = store.writer();
  const commit = writeSmallCommit(writer, "held");
  await writer.finish();
  const keep = packFiles(path, ".keep");
  assert.equal(await Deno.readTextFile(keep[0]!), "agentfs session\n");
  for (const file of packFiles(path, "")) await Deno.utime(file, 1e9, 1e9);
  await git(path, "gc", "--prune=now", "--quiet");
  assert.ok(store.has(commit));
  await git(path, "update-ref", "refs/agentfs/test", commit);
  writer.release();
  assert.deepEqual(packFiles(path, ".keep"), []);
  await git(path, "gc", "--prune=now", "--quiet");
  assert.ok(store.has(commit));
  await git(path, "update-ref", "-d", "refs/agentfs/test");
  await git(path, "gc", "--prune=now", "--quiet");
  assert.equal(store.has(commit), false);
});

Deno.test("ObjectWriter writes again what the store has, but once in one transaction", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path);
  for (let count = 1; count <= 3; count++) {
    using writer = store.writer();
    for (let again = 0; again < 3; again++) {
      writer.write("blob", encoder.encode("the same"));
      await writer.writeStream("blob", 8, [encoder.encode("the same")]);
    }
    await writer.finish();
    writer.release();
    assert.equal(packFiles(path, ".pack").length, count);
  }
  for (const index of packFiles(path, ".idx")) {
    assert.match(await git(path, "verify-pack", "-v", index), /non delta: 1 object\b/);
  }
});

Deno.test("ObjectWriter leaves nothing behind when it is discarded or was not used", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path);
  const files = () => [...Deno.readDirSync(`${path}/.git/agentfs/tmp`), ...packFiles(path, "")];
  const idle = store.writer();
  await idle.finish();
  idle.release();
  const aborted = store.writer();
  const oid = aborted.write("blob", encoder.encode("aborted"));
  assert.equal(files().length, 1);
  aborted.abort();
  aborted.abort();
  {
    using forgotten = store.writer();
    forgotten.write("blob", encoder.encode("forgotten"));
  }
  assert.deepEqual(files(), []);
  assert.equal(store.has(oid), false);
  for (const writer of [idle, aborted]) {
    assert.throws(() => writer.write("blob", new Uint8Array()), ClosedError);
    await assert.rejects(writer.writeStream("blob", 0, []), ClosedError);
    await assert.rejects(writer.finish(), ClosedError);
  }
});

Deno.test("ObjectWriter.abort() leaves the objects to git gc when they were visible", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path, 0);
  const writer = store.writer();
  const commit = writeSmallCommit(writer, "seen by others");
  await writer.finish();
  writer.abort();
  assert.deepEqual(packFiles(path, ".keep"), []);
  assert.ok(store.has(commit));
  await git(path, "gc", "--prune=now", "--quiet");
  assert.equal(store.has(commit), false);
});

Deno.test("ObjectWriter.writeStream() takes its part back when the stream fails", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path);
  using writer = store.writer();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const large = new Uint8Array(2_000_000).map((_, at) => noise[at % noise.length]! ^ (at >> 16));
  const before = writer.write("blob", encoder.encode("before"));
  const streaming = (size: number) => writer.writeStream("blob", size, cut(large, 65_536));
  await assert.rejects(streaming(large.length - 1), /2000000|1999999 bytes: there are more/);
  await assert.rejects(streaming(large.length + 1), /there are only 2000000/);
  const failure = new Error("the disk is gone");
  await assert.rejects(
    writer.writeStream(
      "blob",
      large.length,
      (function* () {
        yield large.subarray(0, 1_000_000);
        throw failure;
      })(),
    ),
    failure,
  );
  const streamed = await streaming(large.length);
  assert.equal(await streaming(large.length), streamed);
  const commit = writeSmallCommit(writer, "after");
  await writer.finish();
  await git(path, "update-ref", "refs/heads/main", commit);
  assert.deepEqual(await git(path, "fsck", "--strict", "--full", "--no-dangling"), "");
  const oids = [...(await allObjects(path)).keys()];
  assert.equal(oids.length, 5);
  for (const oid of [before, streamed]) assert.ok(oids.includes(oid));
});

Deno.test("ObjectWriter.writeStream() is done with a chunk when it asks for the next", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path);
  using writer = store.writer();
  const buffer = new Uint8Array(100_000);
  const oid = await writer.writeStream(
    "blob",
    20 * buffer.length,
    (async function* () {
      for (let round = 0; round < 20; round++) {
        buffer.fill(round);
        yield buffer;
        await Promise.resolve();
      }
    })(),
  );
  await writer.finish();
  assert.deepEqual(
    store.read(oid).data,
    Uint8Array.from({ length: 20 * buffer.length }, (_, at) => Math.floor(at / buffer.length)),
  );
});

Deno.test("ObjectWriter refuses to write while a stream is being written", async () => {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  using store = openStore(directory.path);
  using writer = store.writer();
  const streaming = writer.writeStream("blob", 6, [encoder.encode("stream")]);
  assert.throws(() => writer.write("blob", new Uint8Array()), /await writeStream\(\) first/);
  await assert.rejects(writer.writeStream("blob", 0, []), /await writeStream\(\) first/);
  const oid = await streaming;
  await writer.finish();
  assert.equal(store.read(oid).data.length, 6);
});

Deno.test("ObjectWriter and readChunks() do not hold the event loop for a large blob", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path);
  using writer = store.writer();
  const size = 24 << 20;
  const noise = crypto.getRandomValues(new Uint8Array(1 << 16));
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const chunks = Array.from({ length: size / noise.length }, () => noise);
  const oid = await writer.writeStream("blob", size, chunks);
  await writer.finish();
  let read = 0;
  for await (const chunk of store.readChunks(oid)) read += chunk.length;
  clearInterval(timer);
  assert.equal(read, size);
  assert.ok(longest > 0 && longest < 500, `held the event loop for ${longest} ms`);
});

Deno.test("ObjectWriter makes read-only files that belong to the repository's owner", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  const isRoot = Deno.uid() === 0;
  const owner = isRoot ? 12345 : Deno.uid();
  if (isRoot) await Deno.chown(`${path}/.git/objects`, owner, owner);
  await Deno.remove(`${path}/.git/objects/pack`);
  using store = openStore(path);
  using writer = store.writer();
  writer.write("blob", encoder.encode("owned"));
  await writer.finish();
  const files = packFiles(path, "");
  assert.equal(files.length, 3);
  for (const file of [`${path}/.git/objects/pack`, ...files]) {
    const { uid, mode } = await Deno.stat(file);
    assert.equal(uid, owner, file);
    if (/\.(pack|idx)$/.test(file)) assert.equal(mode! & 0o777, 0o444, file);
  }
});

Deno.test("ObjectWriter throws a StoreError when it cannot write", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  const options = { temporaryDirectory: `${path}/missing`, session: "s", cacheBytes: 0 };
  using astray = new ObjectStore(`${path}/.git/objects`, options);
  assert.throws(() => astray.writer().write("blob", new Uint8Array()), StoreError);
  using store = openStore(path);
  using writer = store.writer();
  const oid = writer.write("blob", encoder.encode("nowhere to go"));
  await Deno.remove(`${path}/.git/objects/pack`);
  await Deno.writeTextFile(`${path}/.git/objects/pack`, "a file");
  await assert.rejects(writer.finish(), StoreError);
  assert.deepEqual([...Deno.readDirSync(`${path}/.git/agentfs/tmp`)], []);
  assert.equal(store.has(oid), false);
});

Deno.test("sweepKeeps() lets go of the packs of dead sessions only", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  const objectsDirectory = `${path}/.git/objects`;
  const temporaryDirectory_ = `${path}/.git/agentfs/tmp`;
  await Deno.mkdir(temporaryDirectory_, { recursive: true });
  for (const session of ["dead", "alive"]) {
    const options = { temporaryDirectory: temporaryDirectory_, session, cacheBytes: 0 };
    using store = new ObjectStore(objectsDirectory, options);
    const writer = store.writer();
    writer.write("blob", encoder.encode(session));
    await writer.finish();
  }
  const pack = `${objectsDirectory}/pack/pack-`;
  const neverIndexed = `${pack}${"1".repeat(40)}`;
  await Deno.writeTextFile(`${neverIndexed}.keep`, "agentfs dead\n");
  await Deno.writeTextFile(`${neverIndexed}.pack`, "half");
  await Deno.writeTextFile(`${pack}${"2".repeat(40)}.keep`, "fetch-pack 1 on host\n");
  await Deno.writeTextFile(`${pack}${"3".repeat(40)}.keep`, "");
  for (let round = 0; round < 2; round++) {
    sweepKeeps(objectsDirectory, (session) => session === "dead");
    const texts = packFiles(path, ".keep").map((file) => Deno.readTextFileSync(file)).sort();
    assert.deepEqual(texts, ["", "agentfs alive\n", "fetch-pack 1 on host\n"]);
    assert.equal(packFiles(path, ".pack").length, 2);
    assert.equal(packFiles(path, ".idx").length, 2);
  }
  sweepKeeps(`${path}/missing`, () => true);
});
