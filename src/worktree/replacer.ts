/**
 * Making files where others may be.
 *
 * What is there is moved away first and the new file made at its place: ext4 writes out at once what is
 * renamed over another file, which takes ten times as long as to make it. So for a moment nothing, or
 * half of the file, is at the path, as in git's own checkout; who has the old file open, or by another
 * name, keeps it.
 *
 * To free a file takes ext4 several times as long as to make one. So what is moved away fills
 * directories of ours, and threads of Deno's remove them while the next one fills.
 *
 * @module
 */

import {
  errorCode,
  lstat,
  makeNewDirectory,
  removeFile,
  removeTreeAside,
  rename,
} from "../platform/fs.ts";
import type { Node } from "./state.ts";

const FILES_PER_DIRECTORY = 256;
/** One that holds more is removed at once, so that little of the disk is held; bytes. */
const MOST_BYTES = 16 << 20;

/** Replaces files; disposing waits until what they replaced is gone. */
export class Replacer implements AsyncDisposable {
  readonly #temporary: () => string;
  /** Where replaced files are; `null` where the next one needs a new directory. */
  #directory: string | null = null;
  #count = 0;
  #bytes = 0;
  readonly #removals: Promise<void>[] = [];

  /** `temporary` gives a path on the same file system that nothing is at. */
  constructor(temporary: () => string) {
    this.#temporary = temporary;
  }

  /**
   * Has `make` make something where a file, a link or an empty directory may be; `known` is what is known
   * of it. Where `make` fails, a file that was there is there again.
   */
  replace<T>(file: string, known: Node | null, make: () => T | Promise<T>): T | Promise<T> {
    const isThere = known?.kind === "file" && known.permissions !== null;
    if (!isThere) {
      try {
        return make();
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
    }
    const old = this.#moveAway(file, isThere ? known.size : 0);
    const putBack = (error: unknown): never => {
      try {
        if (old !== null) rename(old, file);
      } catch (failure) {
        // Whoever restores has it in the store as well.
        if (errorCode(failure) === null) throw failure;
      }
      throw error;
    };
    try {
      const made = make();
      return made instanceof Promise ? made.catch(putBack) : made;
    } catch (error) {
      return putBack(error);
    }
  }

  /** Moves away what is at a path; returns where it is then, or `null` where nothing was or it is gone. */
  #moveAway(file: string, bytes: number): string | null {
    if (this.#count === FILES_PER_DIRECTORY || this.#bytes > MOST_BYTES) this.#remove();
    let old: string;
    try {
      old = `${this.#directory ??= this.#makeDirectory()}/${this.#count}`;
      rename(file, old);
    } catch (error) {
      if (errorCode(error) === null) throw error;
      removeFile(file);
      return null;
    }
    if (lstat(old)?.isDirectory === true) {
      // Which may hold what nobody knew of.
      rename(old, file);
      removeFile(file);
      return null;
    }
    this.#count++;
    this.#bytes += bytes;
    return old;
  }

  #makeDirectory(): string {
    const directory = this.#temporary();
    makeNewDirectory(directory, 0o700);
    return directory;
  }

  #remove(): void {
    if (this.#directory === null) return;
    // What cannot be removed stays for the sweep of temporary files.
    this.#removals.push(removeTreeAside(this.#directory).catch(() => {}));
    this.#directory = null;
    this.#count = 0;
    this.#bytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#remove();
    await Promise.all(this.#removals);
  }
}
