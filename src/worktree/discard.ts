/**
 * Removal of what was moved out of sight already, so that no failure here changes what people see:
 * what cannot be removed stays for the sweep of temporary files.
 *
 * @module
 */

import { chmod, lstat, readDirectory, removeFile, removeTree } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";

/** Removes a file, a link or an empty directory, as far as that can be done. */
export function discard(path: string): void {
  quietly(() => removeFile(path));
}

/**
 * Removes whatever is there, a directory with all below it, in slices, as far as that can be done.
 * Returns how many files and links that are.
 */
export async function discardTree(path: string, slices: Slices = new Slices()): Promise<number> {
  const stat = quietly(() => lstat(path));
  // A link in the place of a directory leads to what is somebody else's.
  if (stat?.isDirectory !== true) {
    discard(path);
    return stat === null ? 0 : 1;
  }
  // A directory that its owner may not write holds on to its names.
  quietly(() => chmod(path, 0o700));
  const entries = quietly(() => readDirectory(path)) ?? [];
  let count = 0;
  for (const { name, isDirectory } of entries) {
    if (isDirectory) count += await discardTree(`${path}/${name}`, slices);
    else {
      discard(`${path}/${name}`);
      count++;
    }
    if (slices.due) await slices.rest();
  }
  // Not merely the directory: names that are not UTF-8 cannot be told to Deno one by one.
  quietly(() => removeTree(path));
  return count;
}

function quietly<T>(call: () => T): T | null {
  try {
    return call();
  } catch {
    return null;
  }
}
