import assert from "node:assert/strict";
import { ByteCache } from "../../src/git/byte_cache.ts";

Deno.test("ByteCache forgets what was used least recently when its bound is passed", () => {
  const cache = new ByteCache<number>(80);
  for (let key = 0; key < 8; key++) cache.set(`${key}`, key, 10);
  assert.equal(cache.get("0"), 0);
  cache.set("8", 8, 10);
  assert.equal(cache.get("0"), 0);
  assert.equal(cache.get("1"), undefined);
  assert.equal(cache.get("8"), 8);
});

Deno.test("ByteCache does not keep a value over an eighth of its bound", () => {
  const cache = new ByteCache<string>(80);
  cache.set("fits", "a", 10);
  cache.set("large", "b", 11);
  assert.equal(cache.get("fits"), "a");
  assert.equal(cache.get("large"), undefined);
});

Deno.test("ByteCache counts a value once when it is set again", () => {
  const cache = new ByteCache<number>(80);
  for (let round = 0; round < 100; round++) cache.set("same", round, 10);
  for (let key = 0; key < 7; key++) cache.set(`${key}`, key, 10);
  assert.equal(cache.get("same"), 99);
});

Deno.test("ByteCache keeps nothing of any weight when its bound is 0", () => {
  const cache = new ByteCache<number>(0);
  cache.set("a", 1, 1);
  assert.equal(cache.get("a"), undefined);
});
