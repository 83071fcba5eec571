import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { listDir } from "../../src/files/list.ts";
import { writeFiles } from "../temporary.ts";
import { type Workshop, workshop } from "./workshop.ts";

async function pathsOf(shop: Workshop, path?: string, recursive = false): Promise<string[]> {
  return (await listDir(shop, path, { recursive })).map((info) => info.path);
}

Deno.test("listDir() lists one directory, or all below it, without the workspace's own .git", async () => {
  await using shop = await workshop();
  assert.deepEqual(await listDir(shop), []);
  await writeFiles(shop.root, { "b": "", "a/z": "", "a/y/x": "", ".env": "" });
  assert.deepEqual(await pathsOf(shop), ["/.env", "/a", "/b"]);
  assert.deepEqual(await pathsOf(shop, "a"), ["/a/y", "/a/z"]);
  assert.deepEqual(await pathsOf(shop, "/a/../a/"), ["/a/y", "/a/z"]);
  const all = ["/.env", "/a", "/a/y", "/a/y/x", "/a/z", "/b"];
  assert.deepEqual(await pathsOf(shop, "/", true), all);
  assert.deepEqual(await pathsOf(shop, "/a/y", true), ["/a/y/x"]);
});

Deno.test("listDir() says what each entry is", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "dir/file": "123" });
  await Deno.chmod(shop.at("/dir/file"), 0o640);
  await Deno.utime(shop.at("/dir/file"), 1, 5);
  await Deno.symlink("../outside", shop.at("/dir/link"));
  await Deno.chmod(shop.at("/dir"), 0o750);
  const [directory, file, link] = await listDir(shop, "/", { recursive: true });
  assert.deepEqual(file, {
    name: "file",
    path: "/dir/file",
    isFile: true,
    isDirectory: false,
    isSymlink: false,
    size: 3,
    mtime: new Date(5000),
    mode: 0o640,
  });
  assert.deepEqual([directory?.isDirectory, directory?.mode], [true, 0o750]);
  assert.deepEqual([link?.isSymlink, link?.isDirectory, link?.size], [true, false, 10]);
});

Deno.test("listDir() sorts whole paths by the bytes of their UTF-8", async () => {
  await using shop = await workshop();
  const files = [
    "a/x",
    "a-b",
    "a.b/x",
    "a0",
    "a/x.y/z",
    "a/x-y",
    "\uffee/x",
    "🦕/x",
    "é",
    "e\u0301",
  ];
  await writeFiles(shop.root, Object.fromEntries(files.map((file) => [file, ""])));
  const paths = await pathsOf(shop, "/", true);
  const sorted = paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(paths, sorted);
  assert.equal(paths.length, files.length + 5);
});

Deno.test("listDir() follows a link that it is asked for, and enters none below", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "dir/sub/file": "" });
  await Deno.symlink("dir", shop.at("/link"));
  await Deno.symlink("..", shop.at("/dir/up"));
  await Deno.symlink("../../outside", shop.at("/dir/out"));
  const paths = ["/link/out", "/link/sub", "/link/sub/file", "/link/up"];
  assert.deepEqual(await pathsOf(shop, "/link", true), paths);
  await assert.rejects(listDir(shop, "/dir/out"), { code: "PathError" });
});

Deno.test("listDir() names what cannot be used, and does not enter it", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "nested/.git/config": "", ".GIT/x": "", "file": "" });
  await new Deno.Command("sh", {
    args: [
      "-c",
      `mkdir "$(printf 'bad\\377')" && touch "$(printf 'bad\\377')/file" && mkfifo fifo`,
    ],
    cwd: shop.root,
  }).output();
  const infos = await listDir(shop, "/", { recursive: true });
  const paths = ["/.GIT", "/bad\ufffd", "/fifo", "/file", "/nested", "/nested/.git"];
  assert.deepEqual(infos.map(({ path }) => path), paths);
  assert.deepEqual([infos[1]!.isDirectory, infos[1]!.size], [true, 0]);
  assert.deepEqual([infos[2]!.isFile, infos[2]!.isDirectory], [false, false]);
});

Deno.test("listDir() lists many entries in their order, and leaves the event loop free", async () => {
  await using shop = await workshop();
  for (let i = 0; i < 40; i++) {
    await Deno.mkdir(shop.at(`/${i}`));
    for (let j = 0; j < 100; j++) Deno.writeTextFileSync(shop.at(`/${i}/${j}`), "");
  }
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const start = performance.now();
  const paths = await pathsOf(shop, "/", true);
  const took = performance.now() - start;
  clearInterval(timer);
  assert.equal(paths.length, 4040);
  assert.deepEqual(paths, paths.toSorted());
  assert(turns > 0 || took < 50, `${turns} turns in ${took} ms`);
});

Deno.test("listDir() says what is wrong when there is no directory", async () => {
  await using shop = await workshop();
  await writeFiles(shop.root, { "file": "" });
  await Deno.symlink("file", shop.at("/link"));
  for (const path of ["/file", "/link", "/file/", "/file/x"]) {
    await assert.rejects(listDir(shop, path), { code: "NotADirectoryError" });
  }
  await assert.rejects(listDir(shop, "/gone"), { code: "FileNotFoundError", path: "/gone" });
  await assert.rejects(listDir(shop, "/.git"), { code: "PathError" });
  await Deno.remove(shop.root, { recursive: true });
  await assert.rejects(listDir(shop), { code: "StoreError" });
});
