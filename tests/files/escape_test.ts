import assert from "node:assert/strict";
import { copy } from "../../src/files/copy.ts";
import { mkdir } from "../../src/files/directory.ts";
import { readLink, symlink } from "../../src/files/links.ts";
import { listDir } from "../../src/files/list.ts";
import { chmod } from "../../src/files/mode.ts";
import { move } from "../../src/files/move.ts";
import { readBytes } from "../../src/files/read.ts";
import { remove } from "../../src/files/remove.ts";
import { exists, stat } from "../../src/files/stat.ts";
import { openStream } from "../../src/files/stream.ts";
import { writeFile } from "../../src/files/write.ts";
import { readFile, type Workshop, workshop } from "./workshop.ts";

/** Every method, on one path. */
const METHODS: Record<string, (shop: Workshop, path: string) => Promise<unknown>> = {
  "readFile": readFile,
  "readBytes": readBytes,
  "writeFile": (shop, path) => writeFile(shop, path, "escaped"),
  "writeFile append": (shop, path) => writeFile(shop, path, "escaped", { append: true }),
  "writeFile createNew": (shop, path) => writeFile(shop, path, "escaped", { createNew: true }),
  "exists": exists,
  "stat": stat,
  "listDir": listDir,
  "copy from": (shop, path) => copy(shop, path, "/copied"),
  "copy to": (shop, path) => copy(shop, "/file", path),
  "copy a directory to": (shop, path) => copy(shop, "/dir", path),
  "move from": (shop, path) => move(shop, path, "/moved"),
  "move to": (shop, path) => move(shop, "/file", path),
  "remove": remove,
  "remove recursive": (shop, path) => remove(shop, path, { recursive: true }),
  "mkdir": mkdir,
  "symlink": (shop, path) => symlink(shop, "target", path),
  "readLink": readLink,
  "chmod": (shop, path) => chmod(shop, path, 0o777),
  "openStream r": (shop, path) => openStream(shop, path, "r"),
  "openStream w": (shop, path) => openStream(shop, path, "w"),
  "openStream a": (shop, path) => openStream(shop, path, "a"),
};

/** Paths that lead out, or to git's own file, before their last component. */
const REFUSED = [
  ...["/..", "/../outside/secret", "/dir/../../outside/secret", "/./.././x", "..", "../x"],
  ...["/up/outside/secret", "/up/workspace/file", "/dir/up-up/outside/secret", "/up/new"],
  ...["/out/secret", "/out/new", "/out/deep/new", "/out-slash/secret", "/out/.."],
  ...["/absolute/secret", "/absolute/new", "/absolute-inside/file", "/absolute-inside/new"],
  ...[
    "/chain/secret",
    "/chain/new",
    "/root/etc/hostname",
    "/proc/self/environ",
    "/out-and-back/file",
  ],
  ...["/.git", "/.git/config", "/.GIT/config", "/dir/.git/config", "/git~1", "/.git ", "/.git./x"],
  ...["/.g\u200cit", "/.git::$INDEX_ALLOCATION/x", "/to-git/config", "/dir/to-git/hooks/x"],
  ...["/loop/x", "/loop-a/x", "/a\0b", "/\ud800", "/" + "x".repeat(256)],
];

/** Links that lead out themselves: to follow one is refused, to act on the link is not. */
const LINKS = [
  "/up",
  "/out",
  "/out-slash",
  "/out-file",
  "/out-new",
  "/absolute",
  "/chain",
  "/to-git",
  "/loop",
];
const FOLLOWING = [
  ...[
    "readFile",
    "readBytes",
    "writeFile",
    "writeFile append",
    "exists",
    "stat",
    "listDir",
    "mkdir",
  ],
  ...["chmod", "copy to", "openStream r", "openStream w", "openStream a"],
];

async function trap(): Promise<Workshop> {
  const shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await Deno.mkdir(`${shop.outside}/deep`);
  await Deno.writeTextFile(shop.at("/file"), "inside");
  await Deno.writeTextFile(shop.at("/dir/file"), "inside");
  const links: Record<string, string> = {
    "up": "..",
    "dir/up-up": "../..",
    "out": "../outside",
    "out-slash": "../outside/",
    "out-file": "../outside/secret",
    "out-new": "../outside/new",
    "out-and-back": "../workspace",
    "absolute": shop.outside,
    "absolute-inside": shop.root,
    "chain": "dir/../out",
    "root": "/",
    "proc": "/proc",
    "to-git": ".git",
    "dir/to-git": "../.git",
    "loop": "loop",
    "loop-a": "dir/../loop-b",
    "loop-b": "loop-a",
  };
  for (const [path, target] of Object.entries(links)) {
    await Deno.symlink(target, shop.at(`/${path}`));
  }
  return shop;
}

/** Every name on both sides, with its content. */
async function everything(shop: Workshop): Promise<string> {
  const script =
    "find . -printf '%p %M %l\\n' | sort; cat outside/secret workspace/.git workspace/file";
  const cwd = shop.root.slice(0, shop.root.lastIndexOf("/"));
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script], cwd }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("every method refuses a path that leads out, and changes nothing", async () => {
  await using shop = await trap();
  const before = await everything(shop);
  for (const [name, method] of Object.entries(METHODS)) {
    for (const path of REFUSED) {
      const shown = `${name} ${JSON.stringify(path)}`;
      await assert.rejects(method(shop, path), { code: "PathError" }, shown);
    }
  }
  assert.equal(await everything(shop), before);
});

Deno.test("every method that follows links refuses one that leads out, and changes nothing", async () => {
  await using shop = await trap();
  const before = await everything(shop);
  for (const name of FOLLOWING) {
    for (const path of LINKS.flatMap((link) => [link, `${link}/`])) {
      const shown = `${name} ${path}`;
      await assert.rejects(METHODS[name]!(shop, path), { code: "PathError" }, shown);
    }
  }
  assert.equal(await everything(shop), before);
});

Deno.test("the methods that act on links themselves leave alone what they lead to", async () => {
  await using shop = await trap();
  const outside = shop.outsideNow();
  for (const path of LINKS) {
    assert.equal(typeof await readLink(shop, path), "string");
    await copy(shop, path, "/copied");
    await move(shop, path, "/moved");
    await remove(shop, "/moved", { recursive: true });
    await assert.rejects(Deno.lstat(shop.at(path)), Deno.errors.NotFound);
  }
  assert.deepEqual(shop.outsideNow(), outside);
  assert.equal(await Deno.readTextFile(shop.at("/.git")), "gitdir: elsewhere\n");
});
