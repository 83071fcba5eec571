/**
 * A file that is there whole or not at all: written under another name, synced, then renamed.
 *
 * @module
 */

import { chmod, makeDirectory, OpenFile, removeFile, rename, syncDirectory } from "./fs.ts";
import { dirname } from "@std/path/posix";

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
  options: AtomicOptions,
): void {
  const { temporary, mode, durable } = options;
  try {
    {
      using file = new OpenFile(temporary, { write: true, createNew: true });
      for (const part of data instanceof Uint8Array ? [data] : data) file.write(part);
      if (durable) file.sync();
    }
    if (mode !== undefined) chmod(temporary, mode);
    rename(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
  if (durable) syncDirectory(dirname(path));
}

/** The same for text, making the directory that is to hold it. */
export function writeTextAtomic(path: string, text: string, options: AtomicOptions): void {
  makeDirectory(dirname(path));
  writeAtomic(path, new TextEncoder().encode(text), options);
}
