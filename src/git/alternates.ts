/**
 * Alternates: other repositories' object directories, which git reads as though they were this
 * one's (`git clone --shared`, `--reference`).
 *
 * @module
 */

import { readTextFile, realPath } from "../platform/fs.ts";
import { resolve } from "@std/path/posix";

const DEEPEST = 5;

/**
 * The object directories that `objectsDirectory` borrows from, each once, the nearest first. One
 * that is missing is left out, as git does; what was in it will be found missing.
 */
export function alternateDirectories(objectsDirectory: string): string[] {
  const found = new Set<string>([realPath(objectsDirectory) ?? objectsDirectory]);
  let level = [...found];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    level = level.flatMap(namedIn).filter((directory) => !found.has(directory));
    for (const directory of level) found.add(directory);
  }
  return [...found].slice(1);
}

/** The directories in one list of alternates; relative ones start at the directory that has it. */
function namedIn(directory: string): string[] {
  return (readTextFile(`${directory}/info/alternates`) ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => realPath(resolve(directory, line)))
    .filter((path) => path !== null);
}
