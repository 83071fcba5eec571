import assert from "node:assert/strict";
import { remove } from "../../src/files/remove.ts";
import { writeFiles } from "../temporary.ts";
import { type Workshop, workshop } from "./workshop.ts";

function names(shop: Workshop): string[] {
  return [...Deno.readDirSync(shop.root)].map(({ name }) => name).sort();
}

Deno.test("remove() deletes files, links, special files and empty directories", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "", "dir/x": "" });
  await Deno.mkdir(shop.at("/empty"));
  await Deno.symlink("dir", shop.at("/link"));
  await Deno.symlink("../outside", shop.at("/out"));
  await new Deno.Command("mkfifo", { args: [shop.at("/fifo")] }).output();
  for (const path of ["/file", "/empty/", "/fifo"]) await remove(shop, path);
  for (const path of ["/link", "/out"]) await remove(shop, path, { recursive: true });
  assert.deepEqual(names(shop), [".git", "dir"]);
  assert.equal(await Deno.readTextFile(`${shop.outside}/secret`), "secret");
});

Deno.test("remove() deletes a directory with all below it, whatever its names and modes", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "dir/a/b/c": "", "dir/.git/config": "", "dir/read-only/x": "" });
  await Deno.symlink("../../outside", shop.at("/dir/out"));
  await new Deno.Command("sh", {
    args: [
      "-c",
      `mkdir -p "$(printf 'a/\\377/x')"; touch "$(printf '\\376')"; chmod 555 read-only`,
    ],
    cwd: shop.at("/dir"),
  }).output();
  await remove(shop, "/dir", { recursive: true });
  assert.deepEqual(names(shop), [".git"]);
  assert.deepEqual(shop.leftovers(), []);
  assert.equal(await Deno.readTextFile(`${shop.outside}/secret`), "secret");
});

Deno.test("remove() says what is wrong, and changes nothing", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "", "dir/x": "" });
  await Deno.symlink("dir", shop.at("/link"));
  await Deno.symlink("../outside", shop.at("/out"));
  const table: [path: string, code: string, recursive: boolean][] = [
    ["/gone", "FileNotFoundError", true],
    ["/file/", "NotADirectoryError", true],
    ["/link/", "NotADirectoryError", true],
    ["/file/x", "NotADirectoryError", true],
    ["/dir", "DirectoryNotEmptyError", false],
    ["/link/../dir", "DirectoryNotEmptyError", false],
    ["/", "PathError", true],
    ["/dir/..", "PathError", true],
    ["/.git", "PathError", true],
    ["/out/secret", "PathError", true],
    ["/..", "PathError", true],
  ];
  for (const [path, code, recursive] of table) {
    await assert.rejects(remove(shop, path, { recursive }), { code }, path);
    assert.deepEqual(names(shop), [".git", "dir", "file", "link", "out"], path);
  }
  assert.deepEqual([...Deno.readDirSync(shop.at("/dir"))].length, 1);
  assert.equal(await Deno.readTextFile(`${shop.outside}/secret`), "secret");
});
