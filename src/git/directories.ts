/**
 * The directories that refs and their logs are in: they go when the last name in them goes, by our
 * hand or by git's at the same moment.
 *
 * @module
 */

import { removeEmptyDirectory } from "../platform/empty_directory.ts";
import {
  isMissing,
  lstat,
  readDirectory,
  syncDirectory,
  syncDirectoryAside,
} from "../platform/fs.ts";
import { dirname } from "@std/path/posix";

/** Brings the names in a directory onto the disk, unless it is gone and its names with it. */
export function syncNames(directory: string): void {
  try {
    syncDirectory(directory);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The same on another thread. */
export async function syncNamesAside(directory: string): Promise<void> {
  try {
    await syncDirectoryAside(directory);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes what stands at `path` where it is a directory that holds nothing but directories. */
export function removeEmptyDirectories(path: string): void {
  if (lstat(path)?.isDirectory !== true) return;
  for (const entry of readDirectory(path) ?? []) {
    if (entry.isDirectory) removeEmptyDirectories(`${path}/${entry.name}`);
  }
  removeEmptyDirectory(path);
}

/** Removes the directories above `path` that are empty, but neither `top` nor any above it. */
export function removeEmptyParents(path: string, top: string): void {
  for (let parent = dirname(path); parent.startsWith(`${top}/`); parent = dirname(parent)) {
    if (!removeEmptyDirectory(parent)) return;
  }
}
