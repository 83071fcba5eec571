/**
 * Whose files ours become.
 *
 * Root may work over the repository of another user, who must still be able to change and delete
 * what root left there. So what is made in a repository gets the repository's owner.
 *
 * @module
 */

import { chown, currentUser, errorCode, lstat, makeNewDirectory, stat } from "../platform/fs.ts";
import { syncNames } from "./directories.ts";
import { dirname } from "@std/path/posix";

/** The user and group that own a repository; `null` where what we make is theirs anyway. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who new files in `directory` must be given to, if to anybody. */
export function ownerOf(directory: string): Owner | null {
  const user = currentUser();
  const found = stat(directory);
  if (user !== 0 || found === null || found.uid === user) return null;
  return { uid: found.uid, gid: found.gid };
}

/** Gives a new file to the owner; where the kernel refuses, as in some containers, it stays ours. */
export function giveTo(owner: Owner | null, path: string): void {
  try {
    if (owner !== null) chown(path, owner.uid, owner.gid);
  } catch (error) {
    if (errorCode(error) === null) throw error;
  }
}

/** Makes a directory and those above it that are missing, all of them the owner's and on the disk. */
export function makeOwnedDirectory(owner: Owner | null, path: string): void {
  if (lstat(path)?.isDirectory) return;
  try {
    makeNewDirectory(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST" && stat(path)?.isDirectory === true) return;
    if (code !== "ENOENT") throw error;
    makeOwnedDirectory(owner, dirname(path));
    return makeOwnedDirectory(owner, path);
  }
  giveTo(owner, path);
  syncNames(dirname(path));
}
