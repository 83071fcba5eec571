/**
 * A file that is read piece by piece.
 *
 * @module
 */

import { ClosedError } from "../errors.ts";
import { rooted } from "../worktree/beneath.ts";
import { cannot } from "../worktree/path_failure.ts";
import type { Endable } from "./open_streams.ts";
import type { FileStream } from "./types.ts";

/** The size of the pieces that `readable` and iteration give. */
const PIECE_BYTES = 64 * 1024;

/** Where the bytes come from: one open file, in this process or in another. */
export interface ReadSource {
  /**
   * The next bytes, at most `size` and fewer only at the end; `null` where none are left. Calls that do
   * not wait for each other get different parts.
   */
  read(size: number): Promise<Uint8Array | null>;
  /** Lets go of the file, also while it is read. */
  close(): void;
}

/** One open file, which stays the one that was opened whatever is written to its path meanwhile. */
export class ReadingStream implements FileStream, Endable {
  readonly #path: string;
  readonly #source: ReadSource;
  readonly #over = Promise.withResolvers<void>();
  #closed = false;
  #readable: ReadableStream<Uint8Array> | null = null;

  /** Reads what the source has; `path` is for errors. */
  constructor(path: string, source: ReadSource) {
    this.#path = rooted(path);
    this.#source = source;
  }

  /** The next `size` bytes; `null` at the end. */
  async read(size: number): Promise<Uint8Array | null> {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Cannot read ${size} bytes: a size is an integer from 1`);
    }
    if (this.#closed) throw closedWhileRead(this.#path);
    return await this.#source.read(size);
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

  /** Resolves when the file is closed. */
  get closed(): Promise<void> {
    return this.#over.promise;
  }

  /** Closes the file. */
  close(): Promise<void> {
    if (!this.#closed) this.#source.close();
    this.#closed = true;
    this.#over.resolve();
    return Promise.resolve();
  }

  /** Closes the file; who reads on hears that it is closed. */
  end(): Promise<void> {
    return this.close();
  }

  /** Closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #wrongSide(action: string): TypeError {
    return new TypeError(cannot(action, this.#path, 'the stream was opened with "r"'));
  }
}

/** The error of who reads on in a stream that is closed. */
export function closedWhileRead(path: string): ClosedError {
  return new ClosedError(cannot("read", path, "the stream is closed"));
}
