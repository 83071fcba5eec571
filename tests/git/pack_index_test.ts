import assert from "node:assert/strict";
import { OpenFiles } from "../../src/git/open_files.ts";
import { PackIndex } from "../../src/git/pack_index.ts";
import { type PackedObject, serializePackIndex } from "../../src/git/pack_index_writer.ts";
import { finish } from "../../src/git/steps.ts";
import { Slices } from "../../src/platform/slices.ts";
import { git, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";

const MORE_THAN_IN_MEMORY = 310_000;
const CHECKSUM = "5".repeat(40);

function hexOf(word: number): string {
  return word.toString(16).padStart(8, "0");
}

function randomObjects(random: Random, count: number, lastOffset: number): PackedObject[] {
  return Array.from({ length: count }, (_, at) => ({
    oid: Array.from({ length: 5 }, () => hexOf(random.below(2 ** 32))).join(""),
    offset: 12 + Math.floor(at / count * lastOffset),
    crc: random.below(2 ** 32),
  }));
}

Deno.test("serializePackIndex() writes what git reads, offsets over 2 GiB too", async () => {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  for (const [count, lastOffset] of [[0, 0], [1, 0], [3000, 1e6], [3000, 1e10]] as const) {
    const objects = randomObjects(new Random(count), count, lastOffset);
    const stdin = await finish(serializePackIndex(objects, CHECKSUM), new Slices());
    const { stdout, stderr } = await tryGit(directory.path, ["show-index"], { stdin });
    const lines = objects
      .map(({ oid, offset, crc }) => `${offset} ${oid} (${hexOf(crc)})\n`)
      .sort((a, b) => a.split(" ")[1]! < b.split(" ")[1]! ? -1 : 1);
    assert.equal(stdout, lines.join(""), stderr);
  }
});

Deno.test("PackIndex finds every object, in memory and in a large file", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/x.idx`;
  using files = new OpenFiles(2);
  for (const count of [0, 1, 3000, MORE_THAN_IN_MEMORY]) {
    const random = new Random(count);
    const objects = randomObjects(random, count, 1e10);
    await Deno.writeFile(path, await finish(serializePackIndex(objects, CHECKSUM), new Slices()));
    files.close(path);
    const index = new PackIndex(path, files);
    assert.equal(index.count, count);
    assert.equal(index.packChecksum(), CHECKSUM);
    const sample = objects.filter((_, at) => at % Math.ceil(count / 3000) === 0);
    for (const { oid, offset } of sample) {
      assert.equal(index.find(Uint8Array.fromHex(oid)), offset);
    }
    for (const { oid } of randomObjects(random, 300, 0)) {
      assert.equal(index.find(Uint8Array.fromHex(oid)), null);
    }
    for (const edge of ["00".repeat(20), "ff".repeat(20)]) {
      assert.equal(index.find(Uint8Array.fromHex(edge)), null);
    }
    for (const { oid } of sample.slice(0, 100)) {
      const prefix = oid.slice(0, 5);
      const from = Uint8Array.fromHex(prefix.padEnd(40, "0"));
      const expected = objects.map((o) => o.oid).filter((o) => o.startsWith(prefix)).sort();
      assert.deepEqual([...index.startingWith(prefix, from)], expected);
    }
  }
});
