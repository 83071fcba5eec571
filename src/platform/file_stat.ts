/**
 * What a look at a file or a directory finds.
 *
 * @module
 */

/** What `lstat` says of a file. Times are what Deno gives: `mtime` in ms, `ctime` in whole seconds. */
export interface FileStat {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
  readonly size: number;
  /** Time of the last change of the content, ms since 1970. */
  readonly mtime: number;
  /** Time of the last change of content or attributes, whole seconds since 1970. */
  readonly ctime: number;
  readonly dev: number;
  readonly ino: number;
  /** Type and permission bits, as `st_mode`. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
}

/** A name in a directory, and what it names. */
export interface DirectoryEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}
