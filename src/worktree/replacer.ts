/**
 * Putting files in place of others, so that a reader sees the old file or the new.
 *
 * To free a file takes ext4 several times as long as to make one. So what is replaced keeps another name
 * for a moment, in a directory of ours, and a thread of Deno's removes one such directory while the next
 * one fills.
 *
 * @module
 */

import {
  errorCode,
  hardLink,
  makeNewDirectory,
  removeFile,
  removeTreeAside,
  rename,
} from "../platform/fs.ts";
import type { Node } from "./state.ts";

const FILES_PER_DIRECTORY = 256;
/** Larger ones are freed at once, so that little of the disk is held; bytes. */
const MOST_BYTES = 64 << 10;

/** Replaces files; disposing waits until what they replaced is gone. */
export class Replacer implements AsyncDisposable {
  readonly #temporary: () => string;
  #draft: string | null = null;
  /** Where replaced files are; `null` where the next one needs a new directory. */
  #directory: string | null = null;
  #count = 0;
  readonly #removals: Promise<void>[] = [];

  /** `temporary` gives a path on the same file system that nothing is at. */
  constructor(temporary: () => string) {
    this.#temporary = temporary;
  }

  /** Where a file is made before it replaces another: nothing is there from one to the next. */
  get draft(): string {
    return this.#draft ??= this.#temporary();
  }

  /** Puts the draft where a file, a link or an empty directory may be; `known` is what is known of it. */
  replace(file: string, known: Node | null): void {
    if (known?.kind === "file" && known.permissions !== null && known.size <= MOST_BYTES) {
      this.#keep(file);
    }
    try {
      rename(this.draft, file);
    } catch (error) {
      if (errorCode(error) !== "EISDIR") throw error;
      removeFile(file);
      rename(this.draft, file);
    }
  }

  #keep(file: string): void {
    if (this.#count === FILES_PER_DIRECTORY) this.#remove();
    try {
      if (this.#directory === null) {
        const directory = this.#temporary();
        makeNewDirectory(directory, 0o700);
        this.#directory = directory;
      }
      hardLink(file, `${this.#directory}/${this.#count}`);
      this.#count++;
    } catch (error) {
      // It is freed as it is replaced, then.
      if (errorCode(error) === null) throw error;
    }
  }

  #remove(): void {
    if (this.#directory === null) return;
    // What cannot be removed stays for the sweep of temporary files.
    this.#removals.push(removeTreeAside(this.#directory).catch(() => {}));
    this.#directory = null;
    this.#count = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#remove();
    await Promise.all(this.#removals);
  }
}
