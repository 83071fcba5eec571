import assert from "node:assert/strict";
import { openStream } from "../../src/files/stream.ts";
import { writeFile } from "../../src/files/write.ts";
import { readFile, workshop } from "./workshop.ts";

const MEBIBYTE = 1024 * 1024;
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

Deno.test("openStream() reads a file in pieces, then gives null", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "0123456789");
  await using stream = await openStream(shop, "/file");
  assert.equal(decode(await stream.read(4)), "0123");
  assert.equal(decode(await stream.read(4)), "4567");
  assert.equal(decode(await stream.read(1e15)), "89");
  assert.equal(await stream.read(4), null);
  assert.equal(await stream.read(4), null);
  for (const size of [0, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(stream.read(size), RangeError);
  }
});

Deno.test("openStream() gives different parts to reads that do not wait for each other", async () => {
  await using shop = await workshop();
  const bytes = new Uint8Array(20 * MEBIBYTE).map((_, i) => i >> 16);
  await writeFile(shop, "/file", bytes);
  await using stream = await openStream(shop, "/file");
  const size = 7 * MEBIBYTE + 5;
  const parts = await Promise.all([1, 2, 3, 4].map(() => stream.read(size)));
  const whole = await new Blob(parts.map((part) => new Uint8Array(part ?? []))).bytes();
  assert.equal(parts[3], null);
  assert(whole.length === bytes.length && whole.every((byte, i) => byte === bytes[i]));
});

Deno.test("openStream() iterates over a file and gives it as a web stream", async () => {
  await using shop = await workshop();
  const text = "x".repeat(300_000) + "y";
  await writeFile(shop, "/file", text);
  await using iterated = await openStream(shop, "/file", "r");
  let read = "";
  for await (const piece of iterated) {
    read += decode(piece);
    if (read.length > 100_000) break;
  }
  for await (const piece of iterated) read += decode(piece);
  assert.equal(read, text);
  const stream = await openStream(shop, "/file", "r");
  assert.equal(stream.readable, stream.readable);
  assert.equal(await new Response(stream.readable).text(), text);
  await assert.rejects(stream.read(1), { code: "ClosedError" });
  const cancelled = await openStream(shop, "/file", "r");
  await cancelled.readable.cancel();
  await assert.rejects(cancelled.read(1), { code: "ClosedError" });
});

Deno.test("openStream() goes on reading the file that it opened when another takes its place", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "old content");
  await using stream = await openStream(shop, "/file");
  await stream.read(4);
  await writeFile(shop, "/file", "new content");
  assert.equal(decode(await stream.read(100)), "content");
  assert.equal(await readFile(shop, "/file"), "new content");
});

// What it takes in memory is measured in a process of its own, by tests/memory_test.ts.
Deno.test("openStream() reads a big file in small pieces", async () => {
  await using shop = await workshop();
  const size = 256 * MEBIBYTE;
  using file = await Deno.create(shop.at("/file"));
  await file.truncate(size);
  await using stream = await openStream(shop, "/file");
  let length = 0;
  let longest = 0;
  for await (const piece of stream) {
    length += piece.length;
    longest = Math.max(longest, piece.length);
  }
  assert.equal(length, size);
  assert(longest <= MEBIBYTE, `a piece of ${longest} bytes`);
});

Deno.test("openStream() shows what is written when it is closed, whole", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "old", { mode: 0o750 });
  const stream = await openStream(shop, "/file", "w");
  await stream.write("new ");
  await stream.write(encode("content"));
  assert.equal(await readFile(shop, "/file"), "old");
  await stream.close();
  await stream.close();
  assert.equal(await readFile(shop, "/file"), "new content");
  assert.equal((await Deno.stat(shop.at("/file"))).mode! & 0o777, 0o750);
  {
    await using made = await openStream(shop, "/new/dir/file", "w");
    await made.write("made");
    await assert.rejects(Deno.stat(shop.at("/new")), Deno.errors.NotFound);
  }
  assert.equal(await readFile(shop, "/new/dir/file"), "made");
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("openStream() keeps the order of writes that do not wait for each other", async () => {
  await using shop = await workshop();
  const stream = await openStream(shop, "/file", "w");
  const parts = ["a".repeat(5 * MEBIBYTE), "b", "c".repeat(3 * MEBIBYTE), "d"];
  await Promise.all([...parts.map((part) => stream.write(part)), stream.close()]);
  assert(await readFile(shop, "/file") === parts.join(""));
});

Deno.test("openStream() appends to what is there when it is closed", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/log", "start\n");
  const streams = await Promise.all(["a", "b", "c"].map(() => openStream(shop, "/log", "a")));
  await Promise.all(streams.map((stream, i) => stream.write(`${i}\n`)));
  await writeFile(shop, "/log", "meanwhile\n", { append: true });
  for (const stream of streams) await stream.close();
  assert.equal(await readFile(shop, "/log"), "start\nmeanwhile\n0\n1\n2\n");
  {
    await using made = await openStream(shop, "/made", "a");
    await made.write("x");
  }
  assert.equal(await readFile(shop, "/made"), "x");
});

Deno.test("openStream() takes a web stream, and leaves nothing when that fails or is aborted", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "old");
  const copied = await openStream(shop, "/file", "w");
  await ReadableStream.from([encode("from "), encode("a stream")]).pipeTo(copied.writable);
  assert.equal(await readFile(shop, "/file"), "from a stream");

  const failure = new Error("the source failed");
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield encode("half");
    throw await Promise.resolve(failure);
  }
  await using piped = await openStream(shop, "/file", "w");
  await assert.rejects(ReadableStream.from(failing()).pipeTo(piped.writable), failure);

  await using aborted = await openStream(shop, "/new", "w");
  const writer = aborted.writable.getWriter();
  const writing = writer.write(new Uint8Array(30 * MEBIBYTE));
  const aborting = writer.abort();
  await aborted.close();
  await Promise.allSettled([writing, aborting]);
  await assert.rejects(aborted.write("x"), { code: "ClosedError" });

  assert.equal(await readFile(shop, "/file"), "from a stream");
  await assert.rejects(readFile(shop, "/new"), { code: "FileNotFoundError" });
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("openStream() publishes nothing when a write has failed", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "old");
  const stream = await openStream(shop, "/file", "w");
  await stream.write("new");
  await assert.rejects(stream.write("\ud800"), { code: "EncodingError" });
  await assert.rejects(stream.write("more"), { code: "EncodingError" });
  await assert.rejects(stream.close(), { code: "EncodingError" });
  const disposed = async () => {
    await using stream = await openStream(shop, "/file", "w");
    const data: unknown = 1;
    await stream.write(data as string);
  };
  await assert.rejects(disposed, TypeError);
  assert.equal(await readFile(shop, "/file"), "old");
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("openStream() never writes through a hard link", async () => {
  await using shop = await workshop();
  const before = shop.outsideNow();
  await Deno.link(`${shop.outside}/secret`, shop.at("/linked"));
  for (const mode of ["a", "w"] as const) {
    await using stream = await openStream(shop, "/linked", mode);
    await stream.write("changed");
  }
  assert.equal(await readFile(shop, "/linked"), "changed");
  assert.deepEqual(shop.outsideNow(), before);
});

Deno.test("openStream() refuses the wrong side, and use after close", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "content");
  const reading = await openStream(shop, "/file", "r");
  await assert.rejects(reading.write("x"), TypeError);
  assert.throws(() => reading.writable, TypeError);
  await reading.close();
  await reading.close();
  await assert.rejects(reading.read(1), { code: "ClosedError", message: /stream is closed/ });
  await assert.rejects(reading.readable.getReader().read(), { code: "ClosedError" });

  for (const mode of ["w", "a"] as const) {
    const writing = await openStream(shop, "/new", mode);
    await assert.rejects(writing.read(1), TypeError);
    assert.throws(() => writing.readable, TypeError);
    assert.throws(() => writing[Symbol.asyncIterator](), TypeError);
    await writing.close();
    await assert.rejects(writing.write("x"), { code: "ClosedError" });
  }
  const mode: unknown = "rb";
  await assert.rejects(openStream(shop, "/file", mode as "r"), TypeError);
});

Deno.test("openStream() says what is wrong with a path, and leaves nothing", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await new Deno.Command("mkfifo", { args: [shop.at("/fifo")] }).output();
  await assert.rejects(openStream(shop, "/gone"), { code: "FileNotFoundError" });
  for (const mode of ["r", "w", "a"] as const) {
    await assert.rejects(openStream(shop, "/dir", mode), { code: "IsADirectoryError" });
    await assert.rejects(openStream(shop, "/fifo", mode), { code: "PathError" });
    await assert.rejects(openStream(shop, "/../x", mode), { code: "PathError" });
  }
  const stream = await openStream(shop, "/new", "w");
  await Deno.mkdir(shop.at("/new"));
  await assert.rejects(stream.close(), { code: "IsADirectoryError" });
  assert.deepEqual(shop.leftovers(), []);
});
