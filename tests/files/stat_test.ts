import assert from "node:assert/strict";
import { exists, stat } from "../../src/files/stat.ts";
import { workshop } from "./workshop.ts";

Deno.test("stat() says what is at a path, links followed", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await Deno.writeTextFile(shop.at("/dir/file"), "12345");
  await Deno.chmod(shop.at("/dir/file"), 0o4751);
  await Deno.utime(shop.at("/dir/file"), 1, 1_700_000_000.123);
  await Deno.symlink("dir/file", shop.at("/link"));
  const expected = {
    isFile: true,
    isDirectory: false,
    isSymlink: false,
    size: 5,
    mtime: new Date(1_700_000_000_123),
    mode: 0o4751,
  };
  assert.deepEqual(await stat(shop, "dir//./file"), {
    name: "file",
    path: "/dir/file",
    ...expected,
  });
  assert.deepEqual(await stat(shop, "/link"), { name: "link", path: "/link", ...expected });
  const root = await stat(shop, "/");
  assert.deepEqual([root.name, root.path, root.isDirectory], ["", "/", true]);
});

Deno.test("stat() gives the path in its shortest spelling", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/a/b"), { recursive: true });
  await Deno.writeTextFile(shop.at("/a/file"), "");
  await Deno.symlink("a/b", shop.at("/link"));
  await Deno.symlink("a/file", shop.at("/file"));
  const table: [asked: string, path: string][] = [
    ["", "/"],
    [".", "/"],
    ["a/..", "/"],
    ["/a/../a/./b/", "/a/b"],
    ["/link/../file", "/a/file"],
    ["/a/../link/../file", "/a/file"],
    ["/a/../file", "/file"],
  ];
  for (const [asked, path] of table) assert.equal((await stat(shop, asked)).path, path, asked);
});

Deno.test("stat() tells kinds apart", async () => {
  await using shop = await workshop();
  await new Deno.Command("mkfifo", { args: [shop.at("/fifo")] }).output();
  const { isFile, isDirectory, isSymlink } = await stat(shop, "/fifo");
  assert.deepEqual([isFile, isDirectory, isSymlink], [false, false, false]);
});

Deno.test("stat() and exists() say what is wrong with a path", async () => {
  await using shop = await workshop();
  await Deno.writeTextFile(shop.at("/file"), "");
  await Deno.symlink("gone", shop.at("/dangling"));
  await Deno.symlink("loop", shop.at("/loop"));
  await Deno.symlink("../outside", shop.at("/out"));
  const table: [path: string, code: string][] = [
    ["/gone", "FileNotFoundError"],
    ["/gone/../file", "FileNotFoundError"],
    ["/dangling", "FileNotFoundError"],
    ["/file/x", "NotADirectoryError"],
    ["/file/", "NotADirectoryError"],
    ["/loop", "PathError"],
    ["/out", "PathError"],
    ["/out/secret", "PathError"],
    ["/.git", "PathError"],
    ["/../workspace", "PathError"],
  ];
  for (const [path, code] of table) {
    await assert.rejects(stat(shop, path), { code }, path);
    if (code === "PathError") await assert.rejects(exists(shop, path), { code }, path);
    else assert.equal(await exists(shop, path), false, path);
  }
  assert.equal(await exists(shop, "/file"), true);
  assert.equal(await exists(shop, "/"), true);
});

Deno.test("exists() without a path says whether the workspace is there", async () => {
  await using shop = await workshop();
  assert.equal(await exists(shop), true);
  await Deno.remove(shop.root, { recursive: true });
  assert.equal(await exists(shop), false);
  await assert.rejects(exists(shop, "/file"), { code: "StoreError" });
  await assert.rejects(stat(shop, "/"), { code: "StoreError" });
});
