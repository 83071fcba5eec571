import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { applyDelta } from "../../src/git/delta.ts";
import { findDelta } from "../../src/git/delta_writer.ts";
import { Random } from "../random.ts";
import { randomContent } from "./corpus.ts";

/** `base` with a few parts of it taken out, put in, moved or repeated. */
function edited(base: Uint8Array, random: Random): Uint8Array {
  let parts = [base];
  for (let edit = random.below(6); edit > 0; edit--) {
    parts = parts.flatMap((part) => {
      const cut = random.below(part.length + 1);
      const halves = [part.subarray(0, cut), part.subarray(cut)];
      const other = random.pick([
        [halves[1]!, halves[0]!],
        [halves[0]!, randomContent(random, 40), halves[1]!],
        [halves[0]!, halves[1]!.subarray(random.below(40))],
        [part, halves[0]!],
      ]);
      return random.below(3) === 0 ? other : [part];
    });
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("findDelta() gives what applyDelta() makes the same of", () => {
  const seed = Date.now();
  const random = new Random(seed);
  let found = 0;
  for (let round = 0; round < 1_000; round++) {
    const base = randomContent(random, random.pick([10, 100, 5_000, 80_000]));
    const target = random.below(4) === 0 ? randomContent(random, 1000) : edited(base, random);
    const limit = random.pick([50, 1000, 1e6]);
    const delta = findDelta(base, target, limit);
    if (delta === null) continue;
    found++;
    assert.ok(delta.length <= limit, `seed ${seed}, round ${round}`);
    assert.ok(
      Buffer.from(applyDelta(base, delta) ?? []).equals(target),
      `seed ${seed}, round ${round}`,
    );
  }
  assert.ok(found > 200, `only ${found} deltas, seed ${seed}`);
});

Deno.test("findDelta() writes little where little has changed", () => {
  const random = new Random(3);
  const base = Uint8Array.from({ length: 300_000 }, () => random.below(256));
  const changed = base.slice();
  for (const at of [0, 1000, 150_000, 299_999]) changed[at]! ^= 1;
  assert.ok(findDelta(base, changed, 1000)!.length < 150);
  assert.ok(findDelta(base, base, 100)!.length < 30);
  // Hashes that are all the same must not make it slow.
  const zeros = new Uint8Array(1 << 20);
  assert.ok(findDelta(zeros, zeros.with(5, 1), 1000)!.length < 150);
});

Deno.test("findDelta() gives up beyond its limit", () => {
  const random = new Random(4);
  const noise = () => Uint8Array.from({ length: 10_000 }, () => random.below(256));
  const base = noise();
  assert.equal(findDelta(base, noise(), 9_000), null);
  assert.equal(findDelta(base, new Uint8Array(5), 100), null);
  assert.equal(findDelta(new Uint8Array(5), base, 100), null);
});
