/**
 * A file that is read piece by piece.
 *
 * @module
 */

import { ClosedError } from "../errors.ts";
import type { OpenFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { rooted } from "../worktree/beneath.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { SLICE_BYTES } from "./content.ts";
import type { FileContext } from "./context.ts";
import { openToRead } from "./open.ts";
import type { FileStream } from "./types.ts";

/** The size of the pieces that `readable` and iteration give. */
const PIECE_BYTES = 64 * 1024;

/** One open file, which stays the one that was opened whatever is written to its path meanwhile. */
export class ReadingStream implements FileStream {
  readonly #path: string;
  readonly #file: OpenFile;
  #position = 0;
  #closed = false;
  #readable: ReadableStream<Uint8Array> | null = null;

  /** Opens the file at `path`. */
  constructor(context: FileContext, path: string) {
    this.#path = rooted(path);
    this.#file = openToRead(context, path);
  }

  /** The next `size` bytes; `null` at the end. */
  async read(size: number): Promise<Uint8Array | null> {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Cannot read ${size} bytes: a size is an integer from 1`);
    }
    this.#requireOpen();
    // Taken at once, so that reads which do not wait for each other get different parts.
    const start = this.#position;
    const there = attempt("read", this.#path, () => this.#file.stat().size) - start;
    if (there <= 0) return null;
    const bytes = attempt("read", this.#path, () => new Uint8Array(Math.min(size, there)));
    this.#position += bytes.length;
    const length = await this.#fill(bytes, start);
    return length === 0 ? null : bytes.subarray(0, length);
  }

  /** Reads what is from `start` on; returns the number of bytes. */
  async #fill(bytes: Uint8Array, start: number): Promise<number> {
    const slices = new Slices();
    for (let at = 0; at < bytes.length;) {
      this.#requireOpen();
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      const count = attempt("read", this.#path, () => {
        this.#file.seek(start + at);
        return this.#file.read(slice);
      });
      at += count;
      if (count < slice.length) return at;
      if (slices.due) await slices.rest();
    }
    return bytes.length;
  }

  /** The other side: always refused. */
  write(): Promise<void> {
    return Promise.reject(this.#wrongSide("write"));
  }

  /** The rest of the file; its end closes the file. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= new ReadableStream({
      pull: async (controller) => {
        const piece = await this.read(PIECE_BYTES);
        if (piece !== null) return controller.enqueue(piece);
        controller.close();
        await this.close();
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
    return this.#readable;
  }

  /** The other side: always refused. */
  get writable(): WritableStream<Uint8Array> {
    throw this.#wrongSide("write");
  }

  /** The rest of the file, in pieces. Leaving the loop does not close the file. */
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (let piece = await this.read(PIECE_BYTES); piece !== null;) {
      yield piece;
      piece = await this.read(PIECE_BYTES);
    }
  }

  /** Closes the file. */
  close(): Promise<void> {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
    return Promise.resolve();
  }

  /** Closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #requireOpen(): void {
    if (this.#closed) throw new ClosedError(cannot("read", this.#path, "the stream is closed"));
  }

  #wrongSide(action: string): TypeError {
    return new TypeError(cannot(action, this.#path, 'the stream was opened with "r"'));
  }
}
