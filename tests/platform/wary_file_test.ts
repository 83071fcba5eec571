import assert from "node:assert/strict";
import { errorCode, lstat } from "../../src/platform/fs.ts";
import { openSeen, readFileWarily, WaryFile } from "../../src/platform/wary_file.ts";
import { temporaryDirectory } from "../temporary.ts";

/** Puts a file and a link in turn at `f`, and says when the first is there. */
const SWAP = `
import os
for turn in range(10 ** 9):
    open("new", "w").write("mine") if turn % 2 == 0 else os.symlink("secret", "new")
    os.rename("new", "f")
    if turn == 1: print("begun", flush=True)
`;

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
  assert.throws(() => new WaryFile(at("missing")), (error) => errorCode(error) === "ENOENT");
  const found = ["fifo", "link", "missing", "."].map((name) => readFileWarily(at(name)));
  assert.deepEqual(found, [null, null, null, null]);
});

Deno.test("readFileWarily() follows no link while one comes and goes", async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  await Deno.writeTextFile(at("secret"), "secret");
  const swapping = new Deno.Command("python3", {
    args: ["-c", SWAP],
    cwd: directory.path,
    stdout: "piped",
  }).spawn();
  const output = swapping.stdout.getReader();
  await output.read();
  let read = 0;
  const start = performance.now();
  try {
    while (read < 500 && performance.now() - start < 20_000) {
      const bytes = readFileWarily(at("f"));
      if (bytes === null) continue;
      assert.notEqual(new TextDecoder().decode(bytes), "secret");
      read++;
    }
  } finally {
    swapping.kill("SIGKILL");
    await swapping.status;
    await output.cancel();
  }
  assert.ok(read > 0);
});

Deno.test("openSeen() opens nothing when another file took the place", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  await Deno.writeTextFile(path, "seen");
  await Deno.writeTextFile(`${directory.path}/other`, "other");
  const seen = lstat(path)!;
  openSeen(path, seen)!.close();
  await Deno.remove(path);
  assert.equal(openSeen(path, seen), null);
  await Deno.symlink("other", path);
  assert.equal(openSeen(path, seen), null);
});
