/**
 * A file that is written piece by piece, and appears when the stream is closed.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { ClosedError } from "../errors.ts";
import { cannot } from "../worktree/path_failure.ts";
import { Draft } from "./draft.ts";
import type { Endable } from "./open_streams.ts";
import type { FileStream, StreamEnded } from "./types.ts";
import type { DraftTarget } from "./write.ts";

/**
 * A draft that takes writes in their order. The workspace's lock is taken only to close it: an
 * appending stream goes behind what is there at that moment, so that two of them both count.
 */
export class WritingStream implements FileStream, Endable {
  readonly #target: DraftTarget;
  readonly #path: string;
  readonly #mode: "w" | "a";
  readonly #draft: Draft;
  readonly #ended: StreamEnded;
  readonly #over = Promise.withResolvers<void>();
  #writable: WritableStream<Uint8Array> | null = null;
  /** The last write, which the next one waits for; never rejects. */
  #last: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #closed: Promise<void> | null = null;

  private constructor(
    target: DraftTarget,
    path: string,
    mode: "w" | "a",
    ended: StreamEnded = () => Promise.resolve(),
  ) {
    this.#target = target;
    this.#path = path;
    this.#mode = mode;
    this.#draft = new Draft(target.context, path);
    this.#ended = ended;
  }

  /** Starts a file that is to be at `path`; `ended` hears what becomes of it. */
  static async open(
    target: DraftTarget,
    path: string,
    mode: "w" | "a",
    ended?: StreamEnded,
  ): Promise<WritingStream> {
    return new WritingStream(target, await target.locate(path, {}), mode, ended);
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
      start: ({ signal }) => {
        signal.addEventListener("abort", () => this.#discard(signal.reason));
      },
      write: async (chunk) => {
        try {
          await this.write(chunk);
        } catch (error) {
          // Nothing can be done any more with a web stream that failed, so nobody need close it.
          await this.close().catch(() => {});
          throw error;
        }
      },
      close: () => this.close(),
      abort: (reason) => this.#discard(reason),
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
    this.#closed ??= this.#finish().finally(this.#over.resolve);
    return this.#closed;
  }

  async #finish(): Promise<void> {
    let effect: FileEffect;
    try {
      effect = await this.#publish();
    } catch (error) {
      await this.#ended(null, error);
      throw error;
    }
    await this.#ended(effect);
  }

  async #publish(): Promise<FileEffect> {
    using draft = this.#draft;
    await this.#last;
    if (this.#failure !== null) throw this.#failure;
    return await this.#target.publish(this.#path, draft, { append: this.#mode === "a" });
  }

  /** Resolves when the stream is closed or given up. */
  get closed(): Promise<void> {
    return this.#over.promise;
  }

  /** Gives the stream up, unless it is being closed; to close it then throws the reason. */
  async end(reason: Error): Promise<void> {
    this.#closed ??= this.#giveUp(reason).then(() => {
      throw reason;
    });
    await this.#closed.catch(() => {});
  }

  /** Closes the stream; a failure of a write was said already, by that write. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      if (error !== this.#failure) throw error;
    }
  }

  #discard(reason: unknown): Promise<void> {
    this.#closed ??= this.#giveUp(reason);
    return this.#closed;
  }

  async #giveUp(reason: unknown): Promise<void> {
    try {
      using _draft = this.#draft;
      await this.#last;
    } finally {
      this.#over.resolve();
    }
    await this.#ended(null, reason);
  }

  #wrongSide(): TypeError {
    const rule = `the stream was opened with "${this.#mode}"`;
    return new TypeError(cannot("read", this.#path, rule));
  }
}
