import assert from "node:assert/strict";
import { readBytes } from "../../src/files/read.ts";
import { readFile, workshop } from "./workshop.ts";

const MEBIBYTE = 1024 * 1024;

Deno.test("readFile() gives text as it is, byte order mark included", async () => {
  await using shop = await workshop();
  for (const text of ["", "plain\n", "\ufeffmarked", "a\r\nb", "héllo 🦕\0"]) {
    await Deno.writeTextFile(shop.at("/file"), text);
    assert.equal(await readFile(shop, "/file"), text);
    assert.equal(await readFile(shop, "file"), text);
  }
});

Deno.test("readFile() gives big text whole when characters lie across slices", async () => {
  await using shop = await workshop();
  for (const shift of ["", "x", "xx", "xxx"]) {
    const text = shift + "🦕".repeat(MEBIBYTE);
    await Deno.writeTextFile(shop.at("/file"), text);
    assert(await readFile(shop, "/file") === text);
  }
});

Deno.test("readFile() throws an EncodingError when the bytes are not UTF-8", async () => {
  await using shop = await workshop();
  const big = new Uint8Array(3 * MEBIBYTE).fill(97);
  const examples = [
    Uint8Array.of(0xff, 0xfe),
    Uint8Array.of(0xed, 0xa0, 0x80),
    big.with(2 * MEBIBYTE, 0xc3),
    big.with(3 * MEBIBYTE - 1, 0xc3),
  ];
  for (const bytes of examples) {
    await Deno.writeFile(shop.at("/file"), bytes);
    await assert.rejects(readFile(shop, "file"), { code: "EncodingError", path: "/file" });
    assert.deepEqual(await readBytes(shop, "/file"), bytes);
  }
});

Deno.test("readBytes() gives the bytes of small and big files", async () => {
  await using shop = await workshop();
  for (const size of [0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE + 3]) {
    const bytes = new Uint8Array(size).map((_, i) => i * 31 >> 3);
    await Deno.writeFile(shop.at("/file"), bytes);
    const read = await readBytes(shop, "/file");
    assert.equal(read.buffer.byteLength, size);
    assert(read.every((byte, i) => byte === bytes[i]));
  }
});

Deno.test("readBytes() reads on when the file grows meanwhile", async () => {
  await using shop = await workshop();
  const size = 64 * MEBIBYTE;
  await Deno.writeFile(shop.at("/file"), new Uint8Array(size));
  const reading = readBytes(shop, "/file");
  using file = await Deno.open(shop.at("/file"), { append: true });
  await file.write(new Uint8Array(3).fill(1));
  const bytes = await reading;
  assert.equal(bytes.length, size + 3);
  assert.deepEqual(bytes.subarray(size - 1), Uint8Array.of(0, 1, 1, 1));
});

Deno.test("readBytes() leaves the event loop free when the file is big", async () => {
  await using shop = await workshop();
  await Deno.writeFile(shop.at("/file"), new Uint8Array(128 * MEBIBYTE));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await readBytes(shop, "/file");
  clearInterval(timer);
  assert(turns > 0, `${turns} turns`);
});

Deno.test("readFile() says what is wrong when there is no file", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await Deno.writeTextFile(shop.at("/file"), "");
  await new Deno.Command("mkfifo", { args: [shop.at("/fifo")] }).output();
  using _listener = Deno.listen({ transport: "unix", path: shop.at("/socket") });
  const table: [path: string, code: string][] = [
    ["/gone", "FileNotFoundError"],
    ["/gone/deeper", "FileNotFoundError"],
    ["/dir", "IsADirectoryError"],
    ["/dir/", "IsADirectoryError"],
    ["/", "IsADirectoryError"],
    ["", "IsADirectoryError"],
    ["/file/", "NotADirectoryError"],
    ["/file/x", "NotADirectoryError"],
    ["/fifo", "PathError"],
    ["/socket", "PathError"],
    ["/.git", "PathError"],
    ["/\0", "PathError"],
    ["/\ud800", "PathError"],
    ["/" + "x".repeat(256), "PathError"],
    ["/" + "x/".repeat(5000), "PathError"],
  ];
  for (const [path, code] of table) {
    for (const read of [readFile, readBytes]) {
      await assert.rejects(read(shop, path), { code }, JSON.stringify(path));
    }
  }
  await Deno.remove(shop.root, { recursive: true });
  await assert.rejects(readFile(shop, "/file"), { code: "StoreError" });
});
