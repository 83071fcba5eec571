import * as assert from "node:assert/strict";
import { lstat } from "../../src/platform/fs.ts";
import { Slices } from "../../src/platform/slices.ts";
import { FileChanged, hashFile, SMALL_FILE } from "../../src/worktree/content.ts";
import { blobId } from "../property/photo.ts";
import { temporaryDirectory } from "../temporary.ts";

/** What may become of a file between the look at it and the reading. */
const CHANGES: Record<string, (path: string, content: Uint8Array) => void> = {
  "longer": (path) => Deno.writeTextFileSync(path, "more", { append: true }),
  "shorter": (path, content) => Deno.truncateSync(path, content.length - 1),
  "rewritten with the same size": (path, content) => {
    Deno.writeFileSync(path, content.toReversed());
    // As late as a look and a write are apart on a clock of milliseconds.
    Deno.utimeSync(path, new Date(), new Date(Date.now() + 1));
  },
  "gone": (path) => Deno.removeSync(path),
  "another file": (path, content) => {
    Deno.writeFileSync(`${path}.new`, content);
    Deno.renameSync(`${path}.new`, path);
  },
  "a link to another file": (path, content) => {
    Deno.writeFileSync(`${path}.other`, content);
    Deno.removeSync(path);
    Deno.symlinkSync(`${path}.other`, path);
  },
};

for (const [size, length] of [["small", 3000], ["large", SMALL_FILE + 3000]] as const) {
  Deno.test(`hashFile() gives the id of a ${size} file, unless it is not the one that was looked at`, async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/file`;
    const content = Uint8Array.from({ length }, (_, at) => at % 251);
    await Deno.writeFile(path, content);
    const { oid, content: given } = await hashFile(path, lstat(path)!, new Slices());
    assert.equal(oid, blobId(content));
    assert.deepEqual(given === null, size === "large");
    for (const [what, change] of Object.entries(CHANGES)) {
      await Deno.remove(path).catch(() => {});
      await Deno.writeFile(path, content);
      const stat = lstat(path)!;
      change(path, content);
      await assert.rejects(hashFile(path, stat, new Slices()), FileChanged, what);
    }
  });
}

Deno.test("hashFile() gives the id of a link's target, unless it is no link any more", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/link`;
  await Deno.symlink("\ufeffnowhere 😀", path);
  const stat = lstat(path)!;
  const { oid } = await hashFile(path, stat, new Slices());
  assert.equal(oid, blobId(new TextEncoder().encode("\ufeffnowhere 😀")));
  await Deno.remove(path);
  await assert.rejects(hashFile(path, stat, new Slices()), FileChanged);
  await Deno.writeTextFile(path, "");
  await assert.rejects(hashFile(path, stat, new Slices()), FileChanged);
});
