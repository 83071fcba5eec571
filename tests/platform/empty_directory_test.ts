import assert from "node:assert/strict";
import { removeEmptyDirectory } from "../../src/platform/empty_directory.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

Deno.test("removeEmptyDirectory() removes an empty directory and nothing else", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await Deno.mkdir(`${path}/empty`);
  await Deno.symlink("empty", `${path}/link`);
  await writeFiles(path, { "file": "f", "full/file": "f" });

  assert.equal(removeEmptyDirectory(`${path}/file`), false);
  assert.equal(removeEmptyDirectory(`${path}/full`), false);
  assert.equal(removeEmptyDirectory(`${path}/link`), false);
  assert.equal(removeEmptyDirectory(`${path}/empty`), true);
  assert.equal(removeEmptyDirectory(`${path}/empty`), true);
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["file", "full", "link"]);
});
