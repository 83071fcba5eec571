import assert from "node:assert/strict";
import { mkdir } from "../../src/files/directory.ts";
import { writeFiles } from "../temporary.ts";
import { workshop } from "./workshop.ts";

Deno.test("mkdir() makes a directory and those above it, and is fine with one that is there", async () => {
  await using shop = await workshop();
  await Deno.symlink("a/b", shop.at("/link"));
  for (const path of ["/a/b/c/", "a/b/c", "/a/../a/d", "/", "/link", "/link/", "/link/e"]) {
    await mkdir(shop, path);
  }
  for (const path of ["/a/b/c", "/a/d", "/a/b/e"]) {
    assert((await Deno.lstat(shop.at(path))).isDirectory, path);
  }
});

Deno.test("mkdir() says what is wrong, and changes nothing", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "" });
  for (const [link, target] of [["dangling", "gone"], ["to-file", "file"], ["out", "../outside"]]) {
    await Deno.symlink(target!, shop.at(`/${link}`));
  }
  const table: [path: string, code: string][] = [
    ["/file", "FileExistsError"],
    ["/to-file", "FileExistsError"],
    ["/dangling", "FileExistsError"],
    ["/file/x", "NotADirectoryError"],
    ["/out", "PathError"],
    ["/out/new", "PathError"],
    ["/.git/x", "PathError"],
    ["/new/.git", "PathError"],
    ["/new/.././../x", "PathError"],
    ["/a/" + "b/".repeat(1990) + "c".repeat(100), "PathError"],
  ];
  for (const [path, code] of table) await assert.rejects(mkdir(shop, path), { code }, path);
  const names = [...Deno.readDirSync(shop.root)].map(({ name }) => name).sort();
  assert.deepEqual(names, [".git", "dangling", "file", "out", "to-file"]);
  assert.deepEqual([...Deno.readDirSync(shop.outside)].length, 1);
});
