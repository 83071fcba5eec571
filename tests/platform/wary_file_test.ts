import assert from "node:assert/strict";
import { errorCode, lstat } from "../../src/platform/fs.ts";
import { readFileWarily, WaryFile } from "../../src/platform/wary_file.ts";
import { temporaryDirectory } from "../temporary.ts";

Deno.test("WaryFile reads a file, and says of it what lstat() says", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  await Deno.writeTextFile(path, "0123456789", { mode: 0o640 });
  await Deno.utime(path, 1.5, -1.25);
  using file = new WaryFile(path);
  assert.deepEqual(file.stat(), lstat(path));
  const buffer = new Uint8Array(4);
  const read = () => new TextDecoder().decode(buffer.subarray(0, file.read(buffer)));
  file.seek(3);
  assert.deepEqual([read(), read(), read()], ["3456", "789", ""]);
});

Deno.test("WaryFile neither waits for a FIFO nor follows a link", async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  await new Deno.Command("mkfifo", { args: [at("fifo")] }).output();
  await Deno.symlink("fifo", at("link"));
  {
    using fifo = new WaryFile(at("fifo"));
    assert.equal(fifo.stat().isFile, false);
  }
  assert.throws(() => new WaryFile(at("link")), (error) => errorCode(error) === "ELOOP");
  assert.throws(() => new WaryFile(at("missing")), (error) => errorCode(error) === "ENOENT");
  const found = ["fifo", "link", "missing", "."].map((name) => readFileWarily(at(name)));
  assert.deepEqual(found, [null, null, null, null]);
});
