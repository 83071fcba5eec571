import assert from "node:assert/strict";
import { chmod } from "../../src/files/mode.ts";
import { writeFiles } from "../temporary.ts";
import { workshop } from "./workshop.ts";

Deno.test("chmod() sets the permission bits of files and directories, links followed", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "dir/file": "" });
  await Deno.symlink("dir/file", shop.at("/link"));
  const { ino } = await Deno.stat(shop.at("/dir/file"));
  const table: [path: string, mode: number, changed: string][] = [
    ["/dir/file", 0o755, "/dir/file"],
    ["/link", 0o4700, "/dir/file"],
    ["/dir", 0o2750, "/dir"],
    ["/dir/file", 0, "/dir/file"],
    ["/", 0o700, "/"],
  ];
  for (const [path, mode, changed] of table) {
    await chmod(shop, path, mode);
    assert.equal((await Deno.stat(shop.at(changed))).mode! & 0o7777, mode, path);
  }
  assert.equal((await Deno.stat(shop.at("/dir/file"))).ino, ino);
  assert((await Deno.lstat(shop.at("/link"))).isSymlink);
});

Deno.test("chmod() gives a hard-linked file a copy of its own", async () => {
  await using shop = await workshop();
  await Deno.utime(`${shop.outside}/secret`, 1, 1000);
  const before = shop.outsideNow();
  await Deno.link(`${shop.outside}/secret`, shop.at("/linked"));
  await chmod(shop, "/linked", 0o755);
  const { mode, mtime } = await Deno.stat(shop.at("/linked"));
  assert.deepEqual([mode! & 0o7777, mtime], [0o755, new Date(1_000_000)]);
  assert.equal(await Deno.readTextFile(shop.at("/linked")), "secret");
  assert.deepEqual(shop.outsideNow(), before);
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("chmod() says what is wrong, and changes nothing", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "" });
  await Deno.symlink("../outside/secret", shop.at("/out"));
  const before = shop.outsideNow();
  for (const mode of [-1, 0o10000, 1.5, NaN, Infinity]) {
    await assert.rejects(chmod(shop, "/file", mode), RangeError);
  }
  await assert.rejects(chmod(shop, "/gone", 0o600), { code: "FileNotFoundError" });
  await assert.rejects(chmod(shop, "/file/", 0o600), { code: "NotADirectoryError" });
  await assert.rejects(chmod(shop, "/out", 0o777), { code: "PathError" });
  await assert.rejects(chmod(shop, "/.git", 0o777), { code: "PathError" });
  assert.deepEqual(shop.outsideNow(), before);
});
