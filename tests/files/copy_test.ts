import assert from "node:assert/strict";
import { copy } from "../../src/files/copy.ts";
import { listDir } from "../../src/files/list.ts";
import { writeFile } from "../../src/files/write.ts";
import { writeFiles } from "../temporary.ts";
import { type Workshop, workshop } from "./workshop.ts";

/** The tree below a directory: path, type and mode, and content or target. */
async function treeOf(shop: Workshop, path: string): Promise<string[]> {
  const infos = await listDir(shop, path, { recursive: true });
  return infos.map(({ path: each, mode, isFile, isSymlink }) => {
    const name = each.slice(path.length);
    if (each.includes("\ufffd")) return name;
    if (isSymlink) return `${name} -> ${Deno.readLinkSync(shop.at(each))}`;
    return `${name} ${mode.toString(8)} ${isFile ? Deno.readTextFileSync(shop.at(each)) : ""}`;
  });
}

Deno.test("copy() copies a file with its mode, makes parents, and replaces a file", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "content", "old": "old" });
  await Deno.chmod(shop.at("/file"), 0o751);
  await copy(shop, "/file", "/new/deep/file");
  await copy(shop, "/file", "/old");
  for (const path of ["/new/deep/file", "/old"]) {
    assert.equal(await Deno.readTextFile(shop.at(path)), "content");
    assert.equal((await Deno.stat(shop.at(path))).mode! & 0o7777, 0o751);
  }
  await copy(shop, "/file", "/file");
  assert.equal(await Deno.readTextFile(shop.at("/file")), "content");
  const big = "x".repeat(3 * 1024 * 1024 + 1);
  await writeFile(shop, "/big", big);
  await copy(shop, "/big", "/copied");
  assert(await Deno.readTextFile(shop.at("/copied")) === big);
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("copy() copies a directory with all below it", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "dir/file": "1", "dir/sub/exec": "2", "dir/🦕\n": "3" });
  await Deno.mkdir(shop.at("/dir/empty"));
  await Deno.symlink("../dir/gone", shop.at("/dir/dangling"));
  await Deno.symlink("/etc/hostname", shop.at("/dir/absolute"));
  await Deno.symlink("sub", shop.at("/dir/to-sub"));
  await Deno.chmod(shop.at("/dir/sub/exec"), 0o4711);
  await Deno.chmod(shop.at("/dir/sub"), 0o555);
  await Deno.chmod(shop.at("/dir"), 0o500);
  await copy(shop, "/dir", "/new/copied");
  assert.deepEqual(await treeOf(shop, "/new/copied"), await treeOf(shop, "/dir"));
  assert.equal((await Deno.stat(shop.at("/new/copied"))).mode! & 0o7777, 0o500);
  await copy(shop, "/new/copied", "/slash/");
  assert.deepEqual(await treeOf(shop, "/slash"), await treeOf(shop, "/dir"));
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("copy() copies a link as a link, and follows one that it copies a file to", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "content", "target": "old", "replaced": "old" });
  await Deno.symlink("gone", shop.at("/dangling"));
  await Deno.symlink("target", shop.at("/link"));
  for (const to of ["/copied", "/replaced", "/copied"]) {
    await copy(shop, "/dangling", to);
    assert.equal(await Deno.readLink(shop.at(to)), "gone");
  }
  await copy(shop, "/file", "/link");
  assert((await Deno.lstat(shop.at("/link"))).isSymlink);
  assert.equal(await Deno.readTextFile(shop.at("/target")), "content");
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("copy() cuts hard links", async () => {
  await using shop = await workshop();
  const before = shop.outsideNow();
  await writeFiles(shop.root, { "file": "content", "dir/x": "" });
  await Deno.link(`${shop.outside}/secret`, shop.at("/linked"));
  await Deno.link(`${shop.outside}/secret`, shop.at("/dir/linked"));
  await copy(shop, "/file", "/linked");
  await copy(shop, "/dir", "/copied");
  await Deno.writeTextFile(shop.at("/copied/linked"), "mine");
  assert.deepEqual(shop.outsideNow(), before);
});

Deno.test("copy() says what is wrong, and changes nothing", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, {
    "file": "file",
    "dir/sub/file": "",
    "nested/repository/.git/HEAD": "",
    "odd/x": "",
    "fifos/a/x": "",
  });
  await Deno.mkdir(shop.at("/empty"));
  await Deno.symlink("dir", shop.at("/to-dir"));
  await Deno.symlink("gone", shop.at("/dangling"));
  await Deno.symlink("../outside/new", shop.at("/out"));
  await new Deno.Command("sh", {
    args: ["-c", `touch "$(printf 'odd/\\377')"; mkfifo fifos/a/fifo`],
    cwd: shop.root,
  }).output();
  const before = await treeOf(shop, "/");
  const outside = shop.outsideNow();
  const table: [from: string, to: string, code: string][] = [
    ["/gone", "/new", "FileNotFoundError"],
    ["/file/", "/new", "NotADirectoryError"],
    ["/to-dir/", "/new", "NotADirectoryError"],
    ["/file", "/dir", "IsADirectoryError"],
    ["/file", "/to-dir", "IsADirectoryError"],
    ["/file", "/", "IsADirectoryError"],
    ["/file", "/new/", "IsADirectoryError"],
    ["/dangling", "/dir", "IsADirectoryError"],
    ["/dangling", "/new/", "IsADirectoryError"],
    ["/file", "/file/x", "NotADirectoryError"],
    ["/file", "/out", "PathError"],
    ["/dir", "/empty", "FileExistsError"],
    ["/dir", "/file", "FileExistsError"],
    ["/dir", "/to-dir", "FileExistsError"],
    ["/dir", "/dangling", "FileExistsError"],
    ["/dir", "/dir", "FileExistsError"],
    ["/dir", "/dir/new", "PathError"],
    ["/dir", "/to-dir/sub/new/new", "PathError"],
    ["/", "/dir/new", "PathError"],
    ["/nested", "/new/nested", "PathError"],
    ["/odd", "/new", "PathError"],
    ["/fifos", "/new", "PathError"],
    ["/fifos/a/fifo", "/new", "PathError"],
    ["/file", "/fifos/a/fifo", "PathError"],
    ["/.git", "/new", "PathError"],
    ["/file", "/.git", "PathError"],
  ];
  for (const [from, to, code] of table) {
    await assert.rejects(copy(shop, from, to), { code }, `${from} to ${to}`);
    assert.deepEqual(await treeOf(shop, "/"), before, `${from} to ${to}`);
    assert.deepEqual(shop.leftovers(), []);
  }
  assert.deepEqual(shop.outsideNow(), outside);
  await assert.rejects(copy(shop, "/nested", "/new"), { path: "/nested/repository/.git" });
  await assert.rejects(copy(shop, "/fifos", "/new"), { path: "/fifos/a/fifo" });
});
