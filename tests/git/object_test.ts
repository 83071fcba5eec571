import assert from "node:assert/strict";
import { EMPTY_TREE, hashObject, isOid, ObjectHasher } from "../../src/git/object.ts";
import { tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { randomContent } from "./corpus.ts";

Deno.test("hashObject() gives the ids that git gives", async () => {
  const random = new Random(1);
  for (let size = 0; size < 100_000; size = size * 3 + 1) {
    const stdin = randomContent(random, size);
    const { stdout } = await tryGit("/", ["hash-object", "--stdin"], { stdin });
    assert.equal(hashObject("blob", stdin), stdout.trim());
  }
  assert.equal(hashObject("tree", new Uint8Array()), EMPTY_TREE);
});

Deno.test("ObjectHasher gives the same id when the bytes come in pieces", () => {
  const data = randomContent(new Random(2), 10_000);
  const hasher = new ObjectHasher("tag", data.length);
  for (let at = 0; at < data.length; at += 777) hasher.update(data.subarray(at, at + 777));
  assert.equal(hasher.digest(), hashObject("tag", data));
});

Deno.test("isOid() takes 40 lower-case hexadecimal digits and nothing else", () => {
  assert.ok(isOid(EMPTY_TREE));
  for (const text of ["", "4b825dc", EMPTY_TREE.toUpperCase(), EMPTY_TREE + "0", "g".repeat(40)]) {
    assert.ok(!isOid(text), text);
  }
});
