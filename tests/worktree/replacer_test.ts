import * as assert from "node:assert/strict";
import { Replacer } from "../../src/worktree/replacer.ts";
import type { FileNode } from "../../src/worktree/state.ts";
import { type TemporaryDirectory, temporaryDirectory, writeFiles } from "../temporary.ts";
import { stateOf } from "./look.ts";

/** Gives paths in a directory beside the files. */
async function temporaryPaths({ path }: TemporaryDirectory): Promise<() => string> {
  await Deno.mkdir(`${path}/temporary`);
  return () => `${path}/temporary/${crypto.randomUUID()}`;
}

const known = stateOf({ "file": { oid: "1".repeat(40) } }).children.get("file") as FileNode;

Deno.test("Replacer replaces any number of files and leaves nothing of the old ones", async () => {
  await using directory = await temporaryDirectory();
  const temporary = await temporaryPaths(directory);
  const names = Array.from({ length: 600 }, (_, index) => `files/${index}`);
  await writeFiles(directory.path, Object.fromEntries(names.map((name) => [name, "old"])));
  {
    await using replacer = new Replacer(temporary);
    for (const name of names) {
      Deno.writeTextFileSync(replacer.draft, `new ${name}`);
      replacer.replace(`${directory.path}/${name}`, known);
    }
  }
  for (const name of names) {
    assert.equal(Deno.readTextFileSync(`${directory.path}/${name}`), `new ${name}`);
  }
  assert.deepEqual([...Deno.readDirSync(`${directory.path}/temporary`)], []);
});

Deno.test("Replacer lets who has the old file keep it, by a name or open", async () => {
  await using directory = await temporaryDirectory();
  const temporary = await temporaryPaths(directory);
  const file = `${directory.path}/file`;
  await writeFiles(directory.path, { "file": "old" });
  await Deno.link(file, `${directory.path}/other name`);
  using open = await Deno.open(file);
  {
    await using replacer = new Replacer(temporary);
    Deno.writeTextFileSync(replacer.draft, "new");
    replacer.replace(file, known);
  }
  const bytes = new Uint8Array(10);
  const length = open.readSync(bytes) ?? 0;
  assert.equal(new TextDecoder().decode(bytes.subarray(0, length)), "old");
  assert.equal(await Deno.readTextFile(`${directory.path}/other name`), "old");
  assert.equal(await Deno.readTextFile(file), "new");
});

Deno.test("Replacer replaces links and empty directories, makes what was gone, and spares the rest", async () => {
  await using directory = await temporaryDirectory();
  const temporary = await temporaryPaths(directory);
  await writeFiles(directory.path, { "target": "target", "filled/file": "kept" });
  await Deno.symlink("target", `${directory.path}/link`);
  await Deno.mkdir(`${directory.path}/empty`);
  await using replacer = new Replacer(temporary);
  const large = { ...known, size: 1 << 20 };
  for (
    const [name, before] of [["link", known], ["empty", null], ["gone", known], [
      "target",
      large,
    ]] as const
  ) {
    Deno.writeTextFileSync(replacer.draft, name);
    replacer.replace(`${directory.path}/${name}`, before);
    assert.equal(await Deno.readTextFile(`${directory.path}/${name}`), name);
  }
  assert.ok(Deno.lstatSync(`${directory.path}/link`).isFile);
  Deno.writeTextFileSync(replacer.draft, "x");
  assert.throws(() => replacer.replace(`${directory.path}/filled`, null), { code: "ENOTEMPTY" });
  assert.equal(await Deno.readTextFile(`${directory.path}/filled/file`), "kept");
});
