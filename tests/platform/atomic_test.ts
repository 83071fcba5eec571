import assert from "node:assert/strict";
import { writeAtomic, writeTextAtomic } from "../../src/platform/atomic.ts";
import { temporaryDirectory } from "../temporary.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const names = (path: string): string[] => [...Deno.readDirSync(path)].map(({ name }) => name);

Deno.test("writeAtomic() makes a file, and replaces one, in a step", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  for (const durable of [true, false]) {
    for (const text of ["one", "", "two"]) {
      const before = await Deno.stat(path).catch(() => null);
      writeAtomic(path, bytes(text), { temporary: `${path}.new`, durable });
      assert.equal(await Deno.readTextFile(path), text);
      assert.notEqual((await Deno.stat(path)).ino, before?.ino ?? null);
    }
  }
  assert.deepEqual(names(directory.path), ["file"]);
});

Deno.test("writeAtomic() writes parts one after the other, and sets the mode whatever the umask", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  const parts = [bytes("a"), new Uint8Array(), bytes("bc")];
  const umask = Deno.umask(0o077);
  try {
    writeAtomic(path, parts, { temporary: `${path}.new`, durable: false, mode: 0o664 });
  } finally {
    Deno.umask(umask);
  }
  assert.equal(await Deno.readTextFile(path), "abc");
  assert.equal((await Deno.stat(path)).mode! & 0o7777, 0o664);
});

Deno.test("writeAtomic() that fails leaves the old file, and no temporary one", async () => {
  await using directory = await temporaryDirectory();
  await Deno.mkdir(`${directory.path}/taken/full`, { recursive: true });
  const temporary = `${directory.path}/new`;
  assert.throws(
    () => writeAtomic(`${directory.path}/taken`, bytes("x"), { temporary, durable: false }),
  );
  assert.throws(
    () => writeAtomic(`${directory.path}/missing/file`, bytes("x"), { temporary, durable: false }),
    Deno.errors.NotFound,
  );
  assert.deepEqual(names(directory.path), ["taken"]);
});

Deno.test("writeAtomic() follows no link that is in its place", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/target`, "old");
  await Deno.symlink("target", `${path}/link`);
  writeAtomic(`${path}/link`, bytes("new"), { temporary: `${path}/new`, durable: false });
  assert.equal(await Deno.readTextFile(`${path}/target`), "old");
  assert.equal((await Deno.lstat(`${path}/link`)).isFile, true);
});

Deno.test("writeAtomic() shows a reader the old bytes or the new, never a part", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/file`;
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(300_000));
  await Deno.writeTextFile(path, texts[0]!);
  let writing = true;
  const reader = (async () => {
    for (let count = 0;; count++) {
      const text = await Deno.readTextFile(path);
      assert.ok(texts.includes(text), `${text.length} bytes`);
      if (!writing) return count;
    }
  })();
  for (let round = 0; round < 60; round++) {
    writeAtomic(path, bytes(texts[round % 3]!), { temporary: `${path}.new`, durable: false });
    await new Promise((resolve) => setTimeout(resolve));
  }
  writing = false;
  assert.ok(await reader > 0);
});

Deno.test("writeTextAtomic() makes the directories above", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a/b/file`;
  writeTextAtomic(path, "日本\n", { temporary: `${directory.path}/new`, durable: true });
  assert.equal(await Deno.readTextFile(path), "日本\n");
});
