import assert from "node:assert/strict";
import { readLink, symlink } from "../../src/files/links.ts";
import { writeFiles } from "../temporary.ts";
import { readFile, workshop } from "./workshop.ts";

Deno.test("symlink() stores any target as it is given, and readLink() gives it back", async () => {
  await using shop = await workshop();
  const targets = [
    "file",
    "../x",
    "/etc/hostname",
    ".git",
    "a//b/",
    "-rf",
    "\n",
    "🦕",
    "x".repeat(4095),
  ];
  for (const [i, target] of targets.entries()) {
    await symlink(shop, target, `/links/${i}`);
    assert.equal(await readLink(shop, `/links/${i}`), target);
    assert.equal(await Deno.readLink(shop.at(`/links/${i}`)), target);
  }
  await assert.rejects(readFile(shop, "/links/2"), { code: "PathError" });
});

Deno.test("symlink() says what is wrong, and changes nothing", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "", "dir/x": "" });
  await Deno.symlink("gone", shop.at("/dangling"));
  await Deno.symlink("../outside", shop.at("/out"));
  const table: [target: string, path: string, code: string][] = [
    ["x", "/file", "FileExistsError"],
    ["x", "/dir", "FileExistsError"],
    ["x", "/dangling", "FileExistsError"],
    ["x", "/new/", "IsADirectoryError"],
    ["x", "/file/x", "NotADirectoryError"],
    ["x", "/out/new", "PathError"],
    ["x", "/dir/.git", "PathError"],
    ["", "/new/x", "PathError"],
    ["a\0b", "/new/x", "PathError"],
    ["x".repeat(4096), "/new/x", "PathError"],
    ["\ud800", "/new/x", "EncodingError"],
  ];
  for (const [target, path, code] of table) {
    await assert.rejects(symlink(shop, target, path), { code }, `${target} at ${path}`);
  }
  const names = [...Deno.readDirSync(shop.root)].map(({ name }) => name).sort();
  assert.deepEqual(names, [".git", "dangling", "dir", "file", "out"]);
});

Deno.test("readLink() says what is wrong when there is no link that it can read", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "", "dir/x": "" });
  await new Deno.Command("sh", {
    args: ["-c", `ln -s "$(printf '\\377')" odd; ln -s dir link`],
    cwd: shop.root,
  }).output();
  const table: [path: string, code: string][] = [
    ["/gone", "FileNotFoundError"],
    ["/file", "PathError"],
    ["/dir", "PathError"],
    ["/odd", "PathError"],
    ["/link/", "NotADirectoryError"],
  ];
  for (const [path, code] of table) await assert.rejects(readLink(shop, path), { code }, path);
});
