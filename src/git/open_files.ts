/**
 * Files that stay open between reads: opening one costs more than reading a little of it, and
 * having too many open is not allowed.
 *
 * @module
 */

import { OpenFile } from "../platform/fs.ts";

/** How much is read ahead: what is asked for together mostly lies together. */
const PIECE_BYTES = 32 << 10;

const NOTHING = { path: "", start: 0, bytes: new Uint8Array() };

/** At most `limit` open files; the one used least recently is closed for a new one. */
export class OpenFiles implements Disposable {
  /** In the order of use, the latest last. */
  readonly #files = new Map<string, OpenFile>();
  readonly #limit: number;
  /** What was read ahead last; none of the files changes. */
  #piece = NOTHING;

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
    const { start, bytes } = this.#piece;
    const at = position - start;
    const isEnd = bytes.length < PIECE_BYTES;
    if (path === this.#piece.path && at >= 0 && (at + length <= bytes.length || isEnd)) {
      return bytes.subarray(at);
    }
    const next = this.get(path).readAt(position, PIECE_BYTES);
    this.#piece = { path, start: position, bytes: next };
    return next;
  }

  /** Closes one file, if it is open. */
  close(path: string): void {
    if (path === this.#piece.path) this.#piece = NOTHING;
    this.#files.get(path)?.close();
    this.#files.delete(path);
  }

  /** Closes all of them; they open again when they are asked for. */
  [Symbol.dispose](): void {
    for (const path of this.#files.keys()) this.close(path);
  }
}
