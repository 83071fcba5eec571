import * as assert from "node:assert/strict";
import { HostileDirectory } from "../../src/inside/hostile_directory.ts";
import { temporaryDirectory } from "../temporary.ts";

Deno.test("a HostileDirectory follows no link and waits for no FIFO", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await Deno.mkdir(`${path}/outside`);
  await Deno.writeTextFile(`${path}/outside/file`, "outside");
  await Deno.mkdir(`${path}/in`);
  let count = 0;
  const files = new HostileDirectory(`${path}/in`, () => `${path}/temporary-${count++}`);
  const text = (name: string): string | null => {
    const bytes = files.read(name, 100);
    return bytes && new TextDecoder().decode(bytes);
  };
  await Deno.symlink(`${path}/outside`, `${path}/in/link`);
  await Deno.symlink(`${path}/outside/file`, `${path}/in/file`);
  await new Deno.Command("mkfifo", { args: [`${path}/in/fifo`] }).output();
  await Deno.mkdir(`${path}/in/directory/full`, { recursive: true });
  for (const name of ["link/file", "file", "fifo", "directory", "missing/x", "fifo/x"]) {
    assert.equal(text(name), null, name);
  }
  files.remove("link/file");
  for (const name of ["link/file", "file", "fifo/x", "directory", "new/deep/x"]) {
    files.write(name, name);
    assert.equal(text(name), name);
  }
  assert.equal(files.read("new/deep/x", 3), null);
  files.remove("new");
  assert.equal(text("new/deep/x"), null);
  assert.equal(await Deno.readTextFile(`${path}/outside/file`), "outside");
  assert.deepEqual([...Deno.readDirSync(`${path}/outside`)].map(({ name }) => name), ["file"]);
});
