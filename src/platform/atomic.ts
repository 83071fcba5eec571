/**
 * Files that are there whole or not at all: written under another name, synced, then renamed.
 *
 * @module
 */

import { chmod, makeDirectory, OpenFile, removeFile, rename, syncDirectory } from "./fs.ts";
import { dirname } from "@std/path/posix";

/** A file that is written and has a temporary name; disposing removes it, unless it was renamed. */
export class NewFile implements Disposable {
  /** Its temporary name. */
  readonly path: string;
  readonly #file: OpenFile;
  #isPlaced = false;

  /** Writes `data` to a file that nobody else uses; `mode` is its permission bits, whatever the umask says. */
  constructor(path: string, data: Uint8Array | readonly Uint8Array[], mode?: number) {
    this.path = path;
    this.#file = new OpenFile(path, { write: true, createNew: true });
    try {
      for (const part of data instanceof Uint8Array ? [data] : data) this.#file.write(part);
      if (mode !== undefined) chmod(path, mode);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Brings the content onto the disk. */
  sync(): void {
    this.#file.sync();
  }

  /** The same on another thread. */
  async syncAside(): Promise<void> {
    await this.#file.syncAside();
  }

  /** Gives it its name, replacing a file that has it: a reader sees the old bytes or the new. */
  place(path: string): void {
    rename(this.path, path);
    this.#isPlaced = true;
  }

  /** Closes the file, and removes it where it has its temporary name. */
  [Symbol.dispose](): void {
    this.#file.close();
    if (!this.#isPlaced) removeFile(this.path);
  }
}

/** How {@linkcode writeAtomic} writes. */
export interface AtomicOptions {
  /** A name on the same file system that nobody else uses while this runs. */
  readonly temporary: string;
  /** Permission bits of the new file, whatever the umask says. */
  readonly mode?: number;
  /** Whether content and name must survive a power loss, not only a crash of this process. */
  readonly durable: boolean;
}

/** Replaces the file at `path`, or makes it: a reader sees the old bytes or the new. */
export function writeAtomic(
  path: string,
  data: Uint8Array | readonly Uint8Array[],
  { temporary, mode, durable }: AtomicOptions,
): void {
  {
    using file = new NewFile(temporary, data, mode);
    if (durable) file.sync();
    file.place(path);
  }
  if (durable) syncDirectory(dirname(path));
}

/** The same for text, making the directory that is to hold it. */
export function writeTextAtomic(path: string, text: string, options: AtomicOptions): void {
  makeDirectory(dirname(path));
  writeAtomic(path, new TextEncoder().encode(text), options);
}
