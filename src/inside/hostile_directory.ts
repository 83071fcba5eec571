/**
 * A directory that untrusted commands write, worked on by this process while none of them runs: then
 * nothing in it moves, but links, FIFOs and other types than expected may lie everywhere.
 *
 * So nothing is followed: every component is looked at, and what is no directory where one must be goes.
 *
 * @module
 */

import {
  makeNewDirectory,
  OpenFile,
  removeFile,
  removeTree,
  rename,
  writeFile,
} from "../platform/fs.ts";
import { look } from "./stamp.ts";

/** Reads and writes files by their names in the directory, such as `refs/heads/main`. */
export class HostileDirectory {
  readonly path: string;
  readonly #temporary: () => string;

  /** `temporary` gives names of new files on the same file system, which no command can reach. */
  constructor(path: string, temporary: () => string) {
    this.path = path;
    this.#temporary = temporary;
  }

  /** The content of a regular file of at most `limit` bytes; `null` where there is none. */
  read(name: string, limit: number): Uint8Array | null {
    const path = this.#parent(name, false);
    const stat = path === null ? null : look(path);
    if (path === null || !stat?.isFile || stat.size > limit) return null;
    using file = new OpenFile(path);
    return file.readAt(0, stat.size);
  }

  /** Makes a file whole, in the place of whatever is there. */
  write(name: string, data: Uint8Array | string): void {
    const path = this.#parent(name, true);
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const temporary = this.#temporary();
    try {
      writeFile(temporary, bytes);
      if (look(path)?.isDirectory) removeTree(path);
      rename(temporary, path);
    } catch (error) {
      removeFile(temporary);
      throw error;
    }
  }

  /** Removes what is there, with all below it. */
  remove(name: string): void {
    const path = this.#parent(name, false);
    const stat = path === null ? null : look(path);
    if (path === null || stat === null) return;
    if (stat.isDirectory) removeTree(path);
    else removeFile(path);
  }

  /** The path of `name`, above which all is a directory: made so, or else `null` where it is not. */
  #parent(name: string, make: true): string;
  #parent(name: string, make: false): string | null;
  #parent(name: string, make: boolean): string | null {
    const parents = name.split("/").slice(0, -1);
    let path = this.path;
    for (const component of parents) {
      path = `${path}/${component}`;
      const stat = look(path);
      if (stat?.isDirectory) continue;
      if (!make) return null;
      if (stat !== null) removeFile(path);
      makeNewDirectory(path);
    }
    return `${this.path}/${name}`;
  }
}
