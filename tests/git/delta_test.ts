import assert from "node:assert/strict";
import { applyDelta, deltaResultSize } from "../../src/git/delta.ts";
import { Random } from "../random.ts";

const BASE = Uint8Array.from({ length: 300 }, (_, at) => at & 0xff);
/** 300 bytes become 5: three copied from 256 on, then two inserted. */
const DELTA = Uint8Array.of(0xac, 0x02, 5, 0x93, 0x00, 0x01, 3, 2, 0x61, 0x62);

Deno.test("applyDelta() copies and inserts", () => {
  assert.deepEqual(applyDelta(BASE, DELTA), Uint8Array.of(0, 1, 2, 0x61, 0x62));
  assert.equal(deltaResultSize(DELTA), 5);
});

Deno.test("applyDelta() reads a copy of no length as one of 64 KiB", () => {
  const base = new Uint8Array(70_000).fill(7);
  const delta = Uint8Array.of(0xf0, 0xa2, 0x04, 0x80, 0x80, 0x04, 0x80);
  assert.deepEqual(applyDelta(base, delta), new Uint8Array(0x10000).fill(7));
});

Deno.test("applyDelta() gives null when the delta is not one of this base", () => {
  assert.equal(applyDelta(BASE.subarray(1), DELTA), null);
  for (let length = 3; length < DELTA.length; length++) {
    assert.equal(applyDelta(BASE, DELTA.subarray(0, length)), null, `${length} bytes`);
  }
  const damaged = {
    "an instruction of 0": DELTA.with(7, 0),
    "a larger result": DELTA.with(2, 6),
    "a smaller result": DELTA.with(2, 4),
    "a copy from behind the end": DELTA.with(5, 2),
    "an insert behind the end": DELTA.with(7, 3),
    "a result of over 4 GiB": Uint8Array.of(0xac, 0x02, ...Array(6).fill(0xff), 0x01),
  };
  for (const [what, delta] of Object.entries(damaged)) {
    assert.equal(applyDelta(BASE, delta), null, what);
  }
});

Deno.test("applyDelta() never throws on random bytes", () => {
  const seed = Date.now();
  const random = new Random(seed);
  for (let round = 0; round < 20_000; round++) {
    const noise = Array.from({ length: random.below(20) }, () => random.below(256));
    const delta = Uint8Array.of(0xac, 0x02, random.below(128), ...noise);
    assert.doesNotThrow(() => applyDelta(BASE, delta), `seed ${seed}, round ${round}: ${delta}`);
  }
});
