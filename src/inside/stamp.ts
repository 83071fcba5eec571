/**
 * Whether a file is still the one that was seen: told by `lstat` alone, which cannot wait for anything
 * and follows nothing, so that it may be asked of files that an untrusted command is writing.
 *
 * @module
 */

import { errorCode, type FileStat, lstat } from "../platform/fs.ts";

/** What tells the file at `path` from one that was there before or will be later. */
export function stamp(path: string): string {
  const stat = look(path);
  if (stat === null) return "-";
  return `${stat.ino}:${stat.size}:${stat.mtime}:${stat.ctime}:${stat.mode}`;
}

/** What is at `path`; `null` also where a command has made it impossible to look. */
export function look(path: string): FileStat | null {
  try {
    return lstat(path);
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return null;
  }
}
