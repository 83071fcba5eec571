import * as assert from "node:assert/strict";
import { type FileStat, lstat } from "../../src/platform/fs.ts";
import { Slices } from "../../src/platform/slices.ts";
import {
  FileChanged,
  hashLarge,
  isSmall,
  SMALL_FILE,
  smallContent,
} from "../../src/worktree/content.ts";
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

/** The id of what is there, by the way that its size takes. */
async function idOf(path: string, stat: FileStat): Promise<string> {
  if (isSmall(stat)) return blobId(smallContent(path, stat));
  return await hashLarge(path, stat, new Slices());
}

for (const [size, length] of [["small", 3000], ["large", SMALL_FILE + 3000]] as const) {
  Deno.test(`a ${size} file is read, unless it is not the one that was looked at`, async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/file`;
    const content = Uint8Array.from({ length }, (_, at) => at % 251);
    await Deno.writeFile(path, content);
    assert.equal(isSmall(lstat(path)!), size === "small");
    assert.equal(await idOf(path, lstat(path)!), blobId(content));
    for (const [what, change] of Object.entries(CHANGES)) {
      await Deno.remove(path).catch(() => {});
      await Deno.writeFile(path, content);
      const stat = lstat(path)!;
      change(path, content);
      await assert.rejects(idOf(path, stat), FileChanged, what);
    }
  });
}

Deno.test("a link's target is read, unless it is no link any more", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/link`;
  await Deno.symlink("\ufeffnowhere 😀", path);
  const stat = lstat(path)!;
  assert.equal(await idOf(path, stat), blobId(new TextEncoder().encode("\ufeffnowhere 😀")));
  await Deno.remove(path);
  await assert.rejects(idOf(path, stat), FileChanged);
  await Deno.writeTextFile(path, "");
  await assert.rejects(idOf(path, stat), FileChanged);
});
