/**
 * Files that stay open between reads: opening one costs more than reading a little of it, and
 * having too many open is not allowed.
 *
 * @module
 */

import { OpenFile } from "../platform/fs.ts";

/** How much is read at once: what is asked for together mostly lies together. */
const PIECE_BYTES = 32 << 10;
/** How much of it lies before what was asked for: a history may be read against its order. */
const BEFORE_BYTES = 8 << 10;
/** Commits, trees and files lie apart in a pack, and are read in turn. */
const PIECES = 4;

/** A part of a file; none of the files changes. */
interface Piece {
  readonly path: string;
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** At most `limit` open files; the one used least recently is closed for a new one. */
export class OpenFiles implements Disposable {
  /** In the order of use, the latest last. */
  readonly #files = new Map<string, OpenFile>();
  readonly #limit: number;
  /** What was read ahead, the latest first. */
  #pieces: Piece[] = [];

  /** Opens nothing yet. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The file, open for reading until the next call for another. Fails as opening it fails. */
  get(path: string): OpenFile {
    const open = this.#files.get(path);
    const file = open ?? new OpenFile(path);
    this.#files.delete(path);
    this.#files.set(path, file);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= this.#limit) break;
      this.close(oldest);
    }
    return file;
  }

  /** The bytes of a file from `position` on: at least `length` of them, as far as it has so many. */
  readAhead(path: string, position: number, length: number): Uint8Array {
    for (const piece of this.#pieces) {
      const at = position - piece.start;
      const isEnd = piece.bytes.length < PIECE_BYTES;
      if (path === piece.path && at >= 0 && (at + length <= piece.bytes.length || isEnd)) {
        return piece.bytes.subarray(at);
      }
    }
    const start = Math.max(0, position - BEFORE_BYTES);
    const bytes = this.get(path).readAt(start, PIECE_BYTES);
    this.#pieces = [{ path, start, bytes }, ...this.#pieces.slice(0, PIECES - 1)];
    return bytes.subarray(position - start);
  }

  /** Closes one file, if it is open. */
  close(path: string): void {
    this.#pieces = this.#pieces.filter((piece) => piece.path !== path);
    this.#files.get(path)?.close();
    this.#files.delete(path);
  }

  /** Closes all of them; they open again when they are asked for. */
  [Symbol.dispose](): void {
    for (const path of this.#files.keys()) this.close(path);
  }
}
