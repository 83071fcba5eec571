/**
 * A file that is written piece by piece, and appears when the stream is closed.
 *
 * @module
 */

import { ClosedError } from "../errors.ts";
import { cannot } from "../worktree/path_failure.ts";
import { Draft } from "./draft.ts";
import type { FileStream } from "./types.ts";
import type { DraftTarget } from "./write.ts";

/**
 * A draft that takes writes in their order. The workspace's lock is taken only to close it: an
 * appending stream goes behind what is there at that moment, so that two of them both count.
 */
export class WritingStream implements FileStream {
  readonly #target: DraftTarget;
  readonly #path: string;
  readonly #mode: "w" | "a";
  readonly #draft: Draft;
  #writable: WritableStream<Uint8Array> | null = null;
  /** The last write, which the next one waits for; never rejects. */
  #last: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #closed: Promise<void> | null = null;

  private constructor(target: DraftTarget, path: string, mode: "w" | "a") {
    this.#target = target;
    this.#path = path;
    this.#mode = mode;
    this.#draft = new Draft(target.context, path);
  }

  /** Starts a file that is to be at `path`. */
  static async open(target: DraftTarget, path: string, mode: "w" | "a"): Promise<WritingStream> {
    return new WritingStream(target, await target.locate(path, {}), mode);
  }

  /** Adds text or bytes, after the writes before. */
  write(data: Uint8Array | string): Promise<void> {
    if (this.#closed !== null) {
      return Promise.reject(new ClosedError(cannot("write", this.#path, "the stream is closed")));
    }
    const written = this.#last.then(() => {
      if (this.#failure !== null) throw this.#failure;
      return this.#draft.write(data);
    });
    this.#last = written.catch((error) => {
      this.#failure ??= error;
    });
    return written;
  }

  /** The other side: always refused. */
  read(): Promise<Uint8Array | null> {
    return Promise.reject(this.#wrongSide());
  }

  /** Takes what is to be written; to abort it leaves the old content. */
  get writable(): WritableStream<Uint8Array> {
    this.#writable ??= new WritableStream({
      // Heard at once, while `abort` below waits for the write under way.
      start: ({ signal }) => signal.addEventListener("abort", () => this.#discard()),
      write: (chunk) => this.write(chunk),
      close: () => this.close(),
      abort: () => this.#discard(),
    });
    return this.#writable;
  }

  /** The other side: always refused. */
  get readable(): ReadableStream<Uint8Array> {
    throw this.#wrongSide();
  }

  /** The other side: always refused. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    throw this.#wrongSide();
  }

  /** Puts the file in its place. Where a write has failed, it does not, and says so again. */
  close(): Promise<void> {
    this.#closed ??= this.#finish({ publishing: true });
    return this.#closed;
  }

  async #finish({ publishing }: { publishing: boolean }): Promise<void> {
    using draft = this.#draft;
    await this.#last;
    if (!publishing) return;
    if (this.#failure !== null) throw this.#failure;
    await this.#target.publish(this.#path, draft, { append: this.#mode === "a" });
  }

  /** Closes the stream; a failure of a write was said already, by that write. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      if (error !== this.#failure) throw error;
    }
  }

  #discard(): Promise<void> {
    this.#closed ??= this.#finish({ publishing: false });
    return this.#closed;
  }

  #wrongSide(): TypeError {
    const rule = `the stream was opened with "${this.#mode}"`;
    return new TypeError(cannot("read", this.#path, rule));
  }
}
