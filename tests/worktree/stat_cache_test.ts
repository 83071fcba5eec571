import * as assert from "node:assert/strict";
import { finishAtOnce } from "../../src/git/steps.ts";
import { nodeAt } from "../../src/worktree/state.ts";
import { readStatCache, reliable, writeStatCache } from "../../src/worktree/stat_cache.ts";
import { type TemporaryDirectory, temporaryDirectory, writeFiles } from "../temporary.ts";
import { fileClock, lookLater } from "./look.ts";

/** A cached state of some odd files, and where it is. */
async function cached(directory: TemporaryDirectory): Promise<{ path: string; files: string }> {
  const files = `${directory.path}/files`;
  await writeFiles(files, { "a": "1", 'd/😀\n"': "2", "d/empty": "" });
  await Deno.mkdir(`${files}/e/f`, { recursive: true });
  await Deno.symlink("gone", `${files}/link`);
  const { root } = await lookLater(files);
  const path = `${directory.path}/cache/of this`;
  finishAtOnce(writeStatCache(path, { root, clock: 7 }, `${directory.path}/temporary`));
  return { path, files };
}

Deno.test("readStatCache() gives the state that writeStatCache() wrote, so that nothing is read again", async () => {
  await using directory = await temporaryDirectory();
  const { path, files } = await cached(directory);
  const { root, clock } = finishAtOnce(readStatCache(path))!;
  assert.equal(clock, 7);
  const { root: again, hashed } = await lookLater(files, { previous: root });
  assert.equal(again, root);
  assert.equal(hashed, 0);
  assert.deepEqual([...Deno.readDirSync(directory.path)].map(({ name }) => name).sort(), [
    "cache",
    "files",
  ]);
});

Deno.test("readStatCache() takes no cache that is missing, cut off, scribbled over or of another version", async () => {
  await using directory = await temporaryDirectory();
  const { path } = await cached(directory);
  const bytes = await Deno.readFile(path);
  const damaged: Uint8Array[] = [new Uint8Array(), new TextEncoder().encode("[1]\n[]")];
  for (let length = 0; length < bytes.length; length += 37) damaged.push(bytes.slice(0, length));
  for (let at = 0; at < bytes.length; at += 17) {
    // One flipped bit can leave it good JSON, with another object id in it.
    const copy = bytes.slice();
    copy[at]! ^= 1;
    damaged.push(copy);
  }
  for (const content of damaged) {
    await Deno.writeFile(path, content);
    assert.equal(finishAtOnce(readStatCache(path)), null);
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
  }
  assert.equal(finishAtOnce(readStatCache(path)), null);
});

Deno.test("reliable() believes nothing once the clock was set back", async () => {
  await using directory = await temporaryDirectory();
  const { files } = await cached(directory);
  const clock = fileClock(files) + 60;
  const { root } = await lookLater(files, { clock });
  const trusts = (now: number): boolean => {
    const node = nodeAt(reliable({ root, clock }, now), ["a"]);
    return node?.kind === "file" && node.trusted;
  };
  assert.deepEqual([trusts(clock - 1), trusts(clock), trusts(clock + 1)], [false, true, true]);
});
