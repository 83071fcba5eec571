import * as assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hashObject, type ObjectType } from "../../src/git/object.ts";
import { ObjectStore } from "../../src/git/store.ts";
import { serializeTree } from "../../src/git/tree.ts";
import { ByteReader } from "../../src/inside/byte_reader.ts";
import { requireConnected } from "../../src/inside/connected.ts";
import { receive, type Received } from "../../src/inside/received.ts";
import { Refused } from "../../src/inside/refused.ts";
import { git, makeRepository } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const PERSON = "A <a@example.com> 1700000000 +0000";
const EMPTY: Received = { commits: new Map(), trees: new Map(), blobs: new Set() };

/** A stream as `git cat-file --batch` writes it, in pieces of a size that no line ends at. */
async function* stream(...objects: Uint8Array[]): AsyncIterable<Uint8Array> {
  const bytes = Buffer.concat(objects);
  for (let at = 0; at < bytes.length; at += 7) {
    yield await Promise.resolve(bytes.subarray(at, at + 7));
  }
}

function batch(type: ObjectType, data: Uint8Array | string, header?: string): Uint8Array {
  const bytes = Buffer.from(data);
  const said = header ?? `${hashObject(type, bytes)} ${type} ${bytes.length}`;
  return Buffer.concat([Buffer.from(`${said}\n`), bytes, Buffer.from("\n")]);
}

async function withStore(
  work: (store: ObjectStore, path: string) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/r`;
  await makeRepository(path, { "a.txt": "a\n", "d/e.txt": "e\n" });
  const temporary = `${directory.path}/tmp`;
  await Deno.mkdir(temporary);
  using store = new ObjectStore(`${path}/.git/objects`, {
    temporaryDirectory: temporary,
    session: "test",
    cacheBytes: 0,
  });
  await work(store, path);
  assert.deepEqual([...Deno.readDirSync(temporary)], []);
}

Deno.test("receive() takes objects of every size, and what they name", async () => {
  await withStore(async (store) => {
    const big = Buffer.alloc(3 << 20, "big");
    const blob = Buffer.from("small");
    const oids = [hashObject("blob", blob), hashObject("blob", big)] as const;
    const tree = serializeTree([
      { name: "big", mode: 0o100644, oid: oids[1] },
      { name: "small", mode: 0o100755, oid: oids[0] },
    ]);
    const oid = hashObject("tree", tree);
    const commit = `tree ${oid}\nauthor ${PERSON}\ncommitter ${PERSON}\ngpgsig -\n -\n\nMessage\n`;
    using writer = store.writer();
    const received = await receive(
      new ByteReader(
        stream(
          batch("commit", commit),
          batch("tree", tree),
          batch("blob", blob),
          batch("blob", big),
        ),
      ),
      writer,
    );
    const commitOid = hashObject("commit", Buffer.from(commit));
    assert.deepEqual([...received.commits], [[commitOid, { tree: oid, parents: [] }]]);
    assert.deepEqual([...received.trees.keys()], [oid]);
    assert.deepEqual([...received.blobs], [...oids]);
    await requireConnected(received, [commitOid], { store, tips: [], shallow: new Set() });
    await writer.finish();
    assert.deepEqual(store.read(oids[0]).data, new Uint8Array(blob));
    assert.equal(store.header(oids[1])?.size, big.length);
  });
});

Deno.test("receive() refuses what is not as it is said to be", async () => {
  const oid = hashObject("blob", Buffer.from("x"));
  const big = Buffer.alloc(2 << 20);
  const streams: Record<string, Uint8Array[]> = {
    "another id": [batch("blob", "y", `${oid} blob 1`)],
    "another id of a large one": [batch("blob", big, `${oid} blob ${big.length}`)],
    "another type": [batch("blob", "x", `${oid} tree 1`)],
    "a size too small": [batch("blob", "xy", `${oid} blob 1`)],
    "a size too large": [batch("blob", "x", `${oid} blob 1000`)],
    "a large one cut off": [batch("blob", big, `${oid} blob ${big.length + 9}`)],
    "over the limit": [batch("blob", "x", `${oid} blob 5000000000`)],
    "a commit over the limit": [batch("commit", "x", `${oid} commit 300000000`)],
    "a tag": [batch("tag", "x")],
    "a missing one": [Buffer.from(`${oid} missing\n`)],
    "no header": [Buffer.from("what is this\n")],
  };
  for (const [name, objects] of Object.entries(streams)) {
    await withStore(async (store) => {
      using writer = store.writer();
      await assert.rejects(receive(new ByteReader(stream(...objects)), writer), (error: Error) => {
        const isRefusal = error instanceof Refused || /Cannot write an object/.test(error.message);
        assert.ok(isRefusal, `${name}: ${error}`);
        return true;
      });
    });
  }
});

Deno.test("receive() refuses commits that git fsck refuses", async () => {
  const tree = `tree ${"1".repeat(40)}\n`;
  const author = `author ${PERSON}\n`;
  const committer = `committer ${PERSON}\n`;
  const bad = [
    `${author}${committer}\nx\n`,
    `${tree}${committer}\nx\n`,
    `${tree}${author}\nx\n`,
    `${tree}${author}${author}${committer}\nx\n`,
    `${tree}parent x\n${author}${committer}\nx\n`,
    `${tree}author A <a@example.com>\n${committer}\nx\n`,
    `${tree}author A a@example.com 1 +0000\n${committer}\nx\n`,
    `${tree}author A<a@example.com> 1 +0000\n${committer}\nx\n`,
    `${tree}author A <a@example.com> 01 +0000\n${committer}\nx\n`,
    `${tree}author A <a@example.com> 1 +000\n${committer}\nx\n`,
    `${tree}author A <a@example.com> 9999999999999999999 +0000\n${committer}\nx\n`,
    `${tree}${author}${committer}\nx\0\n`,
    `${tree}${author}${committer}encoding x`,
  ];
  await withStore(async (store) => {
    for (const text of bad) {
      using writer = store.writer();
      const reader = new ByteReader(stream(batch("commit", text)));
      await assert.rejects(receive(reader, writer), Refused, text);
    }
  });
});

Deno.test("requireConnected() asks for everything that a commit names", async () => {
  await withStore(async (store, path) => {
    const tip = (await git(path, "rev-parse", "HEAD")).trim();
    const [blob = "", tree = ""] = (await git(path, "rev-parse", "HEAD:a.txt", "HEAD:d")).split(
      "\n",
    );
    const held = { store, tips: [tip], shallow: new Set<string>() };
    const check = async (
      entries: { name: string; mode: number; oid: string }[],
      parents: string[] = [tip],
    ): Promise<void> => {
      const data = serializeTree(entries);
      const root = hashObject("tree", data);
      const commits = new Map([["c".repeat(40), { tree: root, parents }]]);
      await requireConnected({ ...EMPTY, commits, trees: new Map([[root, data]]) }, [
        "c".repeat(40),
      ], held);
    };
    const none = "0123456789".repeat(4);
    await check([{ name: "x", mode: 0o100644, oid: blob }, {
      name: "y",
      mode: 0o40000,
      oid: tree,
    }]);
    await check([{ name: "module", mode: 0o160000, oid: none }]);
    const refused = [
      () => check([{ name: "x", mode: 0o100644, oid: none }]),
      () => check([{ name: "x", mode: 0o100644, oid: tree }]),
      () => check([{ name: "x", mode: 0o40000, oid: none }]),
      () => check([{ name: "x", mode: 0o40000, oid: blob }]),
      () => check([{ name: "x", mode: 0o40000, oid: tip }]),
      () => check([], [none]),
      () => check([], [blob]),
      () => check([], [tip, tree]),
      () => requireConnected(EMPTY, [none], held),
    ];
    for (const attempt of refused) await assert.rejects(attempt);
    // There, and in no history of the host's.
    const loose = (await git(path, "commit-tree", "HEAD^{tree}", "-m", "loose")).trim();
    await assert.rejects(check([], [loose]), Refused);
    await requireConnected(EMPTY, [tip], held);
  });
});
