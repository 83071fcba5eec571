import assert from "node:assert/strict";
import { discardTree } from "../../src/worktree/discard.ts";
import { everythingBelow } from "../everything.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

Deno.test("discardTree() removes a link, and nothing of what it leads to", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(`${path}/owner`, { "a.txt": "one\n", "d/b.txt": "two\n" });
  const before = everythingBelow(`${path}/owner`);
  await Deno.symlink(`${path}/owner`, `${path}/link`);
  await writeFiles(`${path}/tree`, { "d/a.txt": "one\n" });
  await Deno.symlink(`${path}/owner`, `${path}/tree/d/link`);
  for (const name of ["link", "tree", "missing"]) await discardTree(`${path}/${name}`);
  assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["owner"]);
  assert.deepEqual(everythingBelow(`${path}/owner`), before);
});
