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

/** Writes a file as a checkout does: only where nothing is. */
function writer(file: string, text: string): () => void {
  return () => Deno.writeTextFileSync(file, text, { createNew: true });
}

Deno.test("Replacer replaces any number of files and leaves nothing of the old ones", async () => {
  await using directory = await temporaryDirectory();
  const temporary = await temporaryPaths(directory);
  const names = Array.from({ length: 600 }, (_, index) => `files/${index}`);
  await writeFiles(directory.path, Object.fromEntries(names.map((name) => [name, "old"])));
  {
    await using replacer = new Replacer(temporary);
    for (const name of names) {
      const file = `${directory.path}/${name}`;
      replacer.replace(file, known, writer(file, `new ${name}`));
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
    replacer.replace(file, known, writer(file, "new"));
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
  for (const name of ["link", "unknown link"]) {
    await Deno.symlink("nowhere", `${directory.path}/${name}`);
  }
  for (const name of ["empty", "no file any more"]) await Deno.mkdir(`${directory.path}/${name}`);
  await using replacer = new Replacer(temporary);
  const replace = (name: string, before: FileNode | null): void => {
    const file = `${directory.path}/${name}`;
    replacer.replace(file, before, writer(file, name));
  };
  const large = { ...known, size: 1 << 30 };
  for (
    const [name, before] of [
      ["link", known],
      ["unknown link", null],
      ["empty", null],
      ["no file any more", known],
      ["gone", known],
      ["new", null],
      ["target", large],
    ] as const
  ) {
    replace(name, before);
    assert.equal(await Deno.readTextFile(`${directory.path}/${name}`), name);
    assert.ok(Deno.lstatSync(`${directory.path}/${name}`).isFile);
  }
  for (const before of [null, known]) {
    assert.throws(() => replace("filled", before), { code: "ENOTEMPTY" });
    assert.equal(await Deno.readTextFile(`${directory.path}/filled/file`), "kept");
  }
});

Deno.test("Replacer puts the old file back where the new one cannot be made", async () => {
  await using directory = await temporaryDirectory();
  const temporary = await temporaryPaths(directory);
  const file = `${directory.path}/file`;
  await writeFiles(directory.path, { "file": "old" });
  const { ino } = Deno.lstatSync(file);
  const full = new Error("No space left");
  const writeHalf = writer(file, "ne");
  {
    await using replacer = new Replacer(temporary);
    const makers: (() => void | Promise<void>)[] = [
      writer(`${directory.path}/nowhere/file`, ""),
      () => {
        writeHalf();
        throw full;
      },
      () => {
        writeHalf();
        return Promise.reject(full);
      },
    ];
    for (const make of makers) {
      for (const before of [known, null]) {
        await assert.rejects(async () => await replacer.replace(file, before, make));
        assert.equal(Deno.lstatSync(file).ino, ino);
      }
    }
  }
  assert.equal(await Deno.readTextFile(file), "old");
  assert.deepEqual([...Deno.readDirSync(`${directory.path}/temporary`)], []);
});
