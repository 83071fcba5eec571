/**
 * What people give to the file methods of a workspace, and what they get.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";

/** What is at a path. */
export interface FileInfo {
  /** The last component of the path; empty for `/`. */
  name: string;
  /** The path as it was asked for, in its shortest spelling; starts with `/`. */
  path: string;
  /** Whether it is a file with content. A FIFO, a socket or a device is none of the three kinds. */
  isFile: boolean;
  /** Whether it is a directory. */
  isDirectory: boolean;
  /** Whether it is a link: only in a listing, since `stat` follows links. */
  isSymlink: boolean;
  /** Bytes of content; of a link, bytes of its target. */
  size: number;
  /** When the content was last changed. */
  mtime: Date;
  /** The permission bits, such as `0o644`. */
  mode: number;
}

/** What can be written to a file: text becomes UTF-8. */
export type FileContent = string | Uint8Array | ReadableStream<Uint8Array>;

/** How a file is written. */
export interface WriteOptions {
  /** Whether the data goes behind what is there. @default {false} */
  append?: boolean;
  /** The permission bits of the file; an existing file keeps its own where this is left out. */
  mode?: number;
  /** Whether it is an error for anything to be there, even a link that leads nowhere. @default {false} */
  createNew?: boolean;
}

/** How a directory is listed. */
export interface ListOptions {
  /** Whether everything below is listed as well. Links are listed and never entered. @default {false} */
  recursive?: boolean;
}

/** How something is deleted. */
export interface DeleteOptions {
  /** Whether a directory goes with all below it. @default {false} */
  recursive?: boolean;
}

/** How a stream is opened: to read, to write anew, or to write behind what is there. */
export type StreamMode = "r" | "w" | "a";

/** Hears once how a stream ended that writes: what was published, or `null` and why nothing was. */
export type StreamEnded = (effect: FileEffect | null, error?: unknown) => Promise<void>;

/**
 * A file that is read or written piece by piece; `await using` closes it.
 *
 * What is written appears in the workspace whole, when the stream is closed, also where `await using`
 * closes it after an error. `writable.abort()` gives it up. To use the side that the stream was not
 * opened for is a `TypeError`, to use it after `close()` a `ClosedError`.
 */
export interface FileStream extends AsyncDisposable, AsyncIterable<Uint8Array> {
  /** The next `size` bytes, fewer only at the end of the file; `null` where none are left. */
  read(size: number): Promise<Uint8Array | null>;
  /** Adds to what is written; calls need not wait for each other. */
  write(data: Uint8Array | string): Promise<void>;
  /** The rest of the file. Reading to its end, or cancelling, closes the file. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes what is to be written. Closing it closes the file, aborting it leaves the old content. */
  readonly writable: WritableStream<Uint8Array>;
  /** Ends the use of the file, and makes visible what was written. Closing again does nothing. */
  close(): Promise<void>;
}

/** What a batch is made of: its operations in order. Each method notes one, and does nothing yet. */
export interface Batch {
  /** Writes a file, or adds to its end under `append`. Bytes are copied now. */
  writeFile(
    path: string,
    data: string | Uint8Array,
    options?: { append?: boolean; mode?: number },
  ): void;
  /** Deletes a file, a link or an empty directory; under `recursive` a directory with all below it. */
  delete(path: string, options?: DeleteOptions): void;
  /** Copies a file, a link or a directory with all below it. */
  copy(from: string, to: string): void;
  /** Moves a file, a link or a directory. */
  move(from: string, to: string): void;
  /** Makes a directory and those above it. */
  mkdir(path: string): void;
}

/** One operation of a batch, as data: what the method of {@linkcode Batch} with its name takes. */
export type BatchOperation =
  | {
    type: "write";
    path: string;
    content: string | Uint8Array;
    append?: boolean;
    mode?: number;
  }
  | { type: "delete"; path: string; recursive?: boolean }
  | { type: "copy" | "move"; from: string; to: string }
  | { type: "mkdir"; path: string };
