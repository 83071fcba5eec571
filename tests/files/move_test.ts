import assert from "node:assert/strict";
import { listDir } from "../../src/files/list.ts";
import { move } from "../../src/files/move.ts";
import { writeFiles } from "../temporary.ts";
import { type Workshop, workshop } from "./workshop.ts";

async function pathsOf(shop: Workshop): Promise<string[]> {
  return (await listDir(shop, "/", { recursive: true })).map(({ path }) => path);
}

Deno.test("move() moves files and directories, makes parents, and replaces", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "content", "old": "old", "dir/sub/x": "" });
  await Deno.mkdir(shop.at("/empty"));
  await Deno.chmod(shop.at("/file"), 0o751);
  await move(shop, "/file", "/new/deep/file");
  await move(shop, "/new/deep/file", "/old");
  assert.equal(await Deno.readTextFile(shop.at("/old")), "content");
  assert.equal((await Deno.stat(shop.at("/old"))).mode! & 0o777, 0o751);
  await move(shop, "/dir", "/empty");
  await move(shop, "/empty/sub", "/moved/");
  assert.deepEqual(await pathsOf(shop), [
    ...["/empty", "/moved", "/moved/x", "/new", "/new/deep", "/old"],
  ]);
});

Deno.test("move() does nothing when both paths lead to the same place", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "dir/file": "content" });
  await Deno.symlink("dir", shop.at("/to-dir"));
  for (const [from, to] of [["/dir/file", "/to-dir/file"], ["/dir", "/dir/"]] as const) {
    await move(shop, from, to);
  }
  assert.deepEqual(await pathsOf(shop), ["/dir", "/dir/file", "/to-dir"]);
});

Deno.test("move() leaves one name when both are names of one file", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "a": "content" });
  await Deno.link(shop.at("/a"), shop.at("/b"));
  await move(shop, "/a", "/b");
  assert.deepEqual(await pathsOf(shop), ["/b"]);
  assert.equal(await Deno.readTextFile(shop.at("/b")), "content");
});

Deno.test("move() acts on links themselves", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "content" });
  await Deno.symlink("../outside/secret", shop.at("/out"));
  await Deno.symlink("file", shop.at("/link"));
  await move(shop, "/out", "/moved");
  assert.equal(await Deno.readLink(shop.at("/moved")), "../outside/secret");
  await move(shop, "/moved", "/link");
  assert.equal(await Deno.readLink(shop.at("/link")), "../outside/secret");
  await move(shop, "/file", "/link");
  assert.deepEqual(await pathsOf(shop), ["/link"]);
  assert.equal(await Deno.readTextFile(shop.at("/link")), "content");
  assert.equal(await Deno.readTextFile(`${shop.outside}/secret`), "secret");
});

Deno.test("move() says what is wrong, and changes nothing", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "", "dir/sub/file": "", "full/x": "" });
  await Deno.symlink("dir", shop.at("/to-dir"));
  await Deno.symlink("../outside", shop.at("/out"));
  const before = await pathsOf(shop);
  const table: [from: string, to: string, code: string][] = [
    ["/gone", "/new/x", "FileNotFoundError"],
    ["/file/", "/new", "NotADirectoryError"],
    ["/to-dir/", "/new", "NotADirectoryError"],
    ["/file", "/dir", "IsADirectoryError"],
    ["/file", "/new/", "IsADirectoryError"],
    ["/to-dir", "/dir", "IsADirectoryError"],
    ["/file", "/file/x", "NotADirectoryError"],
    ["/dir", "/file", "NotADirectoryError"],
    ["/dir", "/to-dir", "NotADirectoryError"],
    ["/dir", "/full", "DirectoryNotEmptyError"],
    ["/dir/sub", "/dir", "DirectoryNotEmptyError"],
    ["/dir", "/dir/sub/new/new", "PathError"],
    ["/dir", "/to-dir/new", "PathError"],
    ["/", "/new", "PathError"],
    ["/file", "/out/new", "PathError"],
    ["/out/secret", "/new", "PathError"],
    ["/.git", "/new", "PathError"],
    ["/file", "/.git", "PathError"],
    ["/file", "/dir/.Git/x", "PathError"],
    ["/file", "/../new", "PathError"],
  ];
  for (const [from, to, code] of table) {
    await assert.rejects(move(shop, from, to), { code }, `${from} to ${to}`);
    assert.deepEqual(await pathsOf(shop), before, `${from} to ${to}`);
  }
  assert.deepEqual(shop.outsideNow().map((line) => line.split(" ")[0]), ["secret"]);
});
