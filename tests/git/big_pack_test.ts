import assert from "node:assert/strict";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { packFiles } from "./corpus.ts";

const PACK_BYTES = 256 << 20;
const BLOB_BYTES = 2 << 20;
const MOST_RESIDENT = 200e6;
const READERS = 100;
const MOST_FOR_READERS = 150e6;
const encoder = new TextEncoder();

/** What `git fast-import` makes one pack of: many blobs of noise, and a small file among them. */
function* history(): Iterable<Uint8Array> {
  const noise = crypto.getRandomValues(new Uint8Array(1 << 16));
  const blobs = PACK_BYTES / BLOB_BYTES;
  yield encoder.encode("commit refs/heads/main\ncommitter O <o@example.com> 1 +0000\ndata 0\n");
  for (let blob = 0; blob < blobs; blob++) {
    if (blob === blobs / 2) yield encoder.encode("M 100644 inline small\ndata 6\nsmall\n\n");
    yield encoder.encode(`M 100644 inline ${blob}\ndata ${BLOB_BYTES}\n`);
    for (let at = 0; at < BLOB_BYTES; at += noise.length) {
      noise.set([blob, blob >> 8, at >> 16]);
      yield noise.slice();
    }
    yield encoder.encode("\n");
  }
}

async function importHistory(path: string): Promise<void> {
  await git(path, "init", "--quiet");
  const uncompressed = ["-c", "core.compression=0", "-c", "pack.compression=0"];
  const child = new Deno.Command("git", {
    args: [...uncompressed, "fast-import", "--quiet", "--depth=0"],
    cwd: path,
    stdin: "piped",
  }).spawn();
  await ReadableStream.from(history()).pipeTo(child.stdin);
  assert.ok((await child.status).success);
}

Deno.test("ObjectStore.read() takes little memory when the pack is large", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await importHistory(path);
  const [pack] = packFiles(path, ".pack") as [string];
  assert.ok((await Deno.stat(pack)).size > PACK_BYTES);
  const child = new URL("./children/read_one.ts", import.meta.url).pathname;
  for (const [file, size] of [["small", 6], ["7", BLOB_BYTES]] as const) {
    const oid = (await git(path, "rev-parse", `main:${file}`)).trim();
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", child, path, oid],
    }).output();
    const result = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(result.size, size);
    assert.ok(result.resident < MOST_RESIDENT, `${result.resident} bytes for ${file}`);
  }
});

Deno.test("a hundred readers of a large pack at once take little memory", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await importHistory(path);
  const tree = await git(path, "ls-tree", "-r", "--format=%(objectname) %(objectsize)", "main");
  const oids = tree.split("\n").filter((line) => line.endsWith(` ${BLOB_BYTES}`))
    .map((line) => line.slice(0, 40)).slice(0, READERS);
  const child = new URL("./children/read_many.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", child, path, ...oids],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  const { size, bytes } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(size, READERS * BLOB_BYTES);
  assert.ok(bytes < MOST_FOR_READERS, `${bytes} bytes`);
});
