/**
 * The floor under what a library in Deno can do with a whole tree: the synchronous calls that cannot be
 * spared, one after another, with no trees, no index, no refs and no safety.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import type { Contender } from "../rounds.ts";
import type { Grounds } from "./grounds.ts";
import type { Side } from "./tasks.ts";

/** Deno on a copy of its own. */
export async function denoFloor(grounds: Grounds): Promise<Side> {
  const { theirs, paths, few } = grounds;
  const root = await grounds.copy();
  const copyAll = (to: string) => {
    for (const directory of directoriesOf(paths)) {
      Deno.mkdirSync(`${to}/${directory}`, { recursive: true });
    }
    for (const path of paths) Deno.copyFileSync(`${theirs}/${path}`, `${to}/${path}`);
  };
  const restore = (spoil: () => void): Contender => ({
    what: "copyFileSync()",
    prepare: spoil,
    run: () => copyAll(root),
  });
  return {
    create: { what: "copyFileSync()", run: () => copyAll(grounds.unused()) },
    status: { what: "lstatSync()", run: () => walk(root) },
    diff: {
      what: "lstatSync() and readFileSync()",
      run: () => {
        walk(root);
        for (const path of few) Deno.readFileSync(`${root}/${path}`);
      },
    },
    snapshot: {
      what: "lstatSync(), hash and deflate",
      run: () => {
        walk(root);
        pack(root, few, grounds.unused());
      },
    },
    restoreFew: {
      what: "lstatSync() and copyFileSync()",
      prepare: () => grounds.editFew(root),
      run: () => {
        walk(root);
        for (const path of few) Deno.copyFileSync(`${theirs}/${path}`, `${root}/${path}`);
      },
    },
    restoreGone: restore(() => grounds.takeAll(root)),
    restoreEdited: restore(() => grounds.editAll(root)),
    first: first(grounds),
  };
}

function first(grounds: Grounds): Contender {
  let root: string;
  return {
    what: "read, hash and deflate",
    prepare: () => grounds.moveTree(root = grounds.fresh()),
    run: () => {
      walk(root);
      pack(root, grounds.paths, grounds.unused());
    },
  };
}

/** Looks at everything in a directory. */
function walk(directory: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (name === ".git") continue;
    const path = `${directory}/${name}`;
    if (isDirectory) walk(path);
    else Deno.lstatSync(path);
  }
}

/** Hashes files and writes them, deflated, into one. */
function pack(root: string, paths: readonly string[], target: string): void {
  using file = Deno.openSync(target, { write: true, createNew: true });
  for (const path of paths) {
    const content = Deno.readFileSync(`${root}/${path}`);
    createHash("sha1").update(content).digest();
    writeAll(file, deflateSync(content, { level: 1 }));
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function directoriesOf(paths: readonly string[]): Set<string> {
  return new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/"))));
}
