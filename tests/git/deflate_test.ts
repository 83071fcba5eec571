import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync, inflateSync } from "node:zlib";
import { Deflater, deflateWhole } from "../../src/git/deflate.ts";
import { deflatedBound, inflateStart, inflateWhole } from "../../src/git/inflate.ts";
import { Random } from "../random.ts";

const PIECE_BYTES = 256 << 10;

Deno.test("Deflater writes what zlib inflates, wherever the pieces end", () => {
  const random = new Random(1);
  for (const size of [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]) {
    const data = Uint8Array.from({ length: size }, () => random.below(256) & 0x9f);
    for (const step of [size || 1, 100_000, PIECE_BYTES]) {
      const deflater = new Deflater();
      const deflated: Uint8Array[] = [];
      for (let at = 0; at < size; at += step) {
        deflated.push(...deflater.push(data.subarray(at, at + step)));
      }
      deflated.push(...deflater.finish());
      assert.ok(Buffer.from(data).equals(inflateSync(Buffer.concat(deflated))), `${size}, ${step}`);
    }
  }
});

Deno.test("inflateWhole() wants the right size, and does not mind what follows", () => {
  const data = new TextEncoder().encode("some text, some text, some text");
  const deflated = Uint8Array.of(...deflateWhole("blob", data), 1, 2, 3);
  assert.deepEqual(inflateWhole(deflated, data.length), data);
  for (const size of [0, 1, data.length - 1, data.length + 1, 2 ** 31, 2 ** 60, Infinity]) {
    assert.equal(inflateWhole(deflated, size), null, `${size}`);
  }
  assert.equal(inflateWhole(new Uint8Array(), 0), null);
  assert.deepEqual(inflateWhole(deflateWhole("blob", new Uint8Array()), 0), new Uint8Array());
});

Deno.test("inflateWhole() gives small objects a buffer of their own", () => {
  const data = inflateWhole(deflateWhole("blob", new Uint8Array(10)), 10);
  assert.equal(data?.buffer.byteLength, 10);
});

Deno.test("inflateStart() gives the first bytes of what is cut off", () => {
  const data = Uint8Array.from({ length: 50_000 }, (_, at) => at * at >> 5);
  const start = inflateStart(deflateWhole("blob", data).subarray(0, 512));
  assert.ok(start !== null && start.length > 100);
  assert.deepEqual(start, data.subarray(0, start.length));
  assert.equal(inflateStart(Uint8Array.of(1, 2, 3, 4)), null);
});

Deno.test("deflatedBound() holds for every level, whatever the bytes are", () => {
  const random = new Random(2);
  for (const size of [0, 1, 100, 10_000, 1 << 20]) {
    // Bytes from 0x90 on are those that take nine bits.
    const data = Uint8Array.from({ length: size }, () => 0x90 + random.below(0x70));
    for (let level = 0; level <= 9; level++) {
      const { length } = deflateSync(data, { level });
      assert.ok(length <= deflatedBound(size), `${size} bytes at level ${level} are ${length}`);
    }
  }
});
