/**
 * Writes to a command's stdin. A command may close it, or end, before it has read all: that is its
 * right, and no error.
 *
 * @module
 */

import { CommandError } from "../errors.ts";
import { settlesWithin } from "./patience.ts";

/** How long a write that the ended command left behind is given to fail. */
const GRACE_MS = 100;

/** What a command may be given to read. */
export type Input = string | Uint8Array | ReadableStream<Uint8Array>;

/** Tells the source of an input that nobody is going to read it, or the rest of it. */
export function cancelInput(input: Input | undefined): void {
  // What the source has to say to that concerns nobody: the command has its result.
  if (input instanceof ReadableStream && !input.locked) input.cancel().catch(() => {});
}

/** Copies an input into a command's stdin. */
export class InputFeed {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  readonly #pipe: WritableStreamDefaultWriter<Uint8Array>;
  /** Resolves when all is written, or the command wants no more; rejects where the source fails. */
  readonly done: Promise<void>;

  /** Starts to copy. */
  constructor(input: Input, pipe: WritableStream<Uint8Array>) {
    this.#source = toStream(input).getReader();
    this.#pipe = pipe.getWriter();
    this.done = this.#copy();
  }

  /** The command has ended: cancels the source and closes the pipe. */
  async stop(): Promise<void> {
    this.#source.cancel().catch(() => {});
    // Not for ever: a grandchild that got away can hold the other end, and not read.
    await settlesWithin(this.done, GRACE_MS);
  }

  async #copy(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#source.read();
        if (done) break;
        if (!(value instanceof Uint8Array)) {
          throw new TypeError(
            `Cannot write a chunk of stdin: it is ${typeof value}, and a command reads Uint8Array`,
          );
        }
        if (!await isWritten(this.#pipe.write(value))) break;
      }
      await isWritten(this.#pipe.close());
    } catch (error) {
      await isWritten(this.#pipe.abort());
      throw error;
    } finally {
      this.#source.cancel().catch(() => {});
    }
  }
}

/** A command's stdin for a caller to write to, with our errors in place of the system's. */
export class InputStream {
  /** The caller's end. */
  readonly writable: WritableStream<Uint8Array>;
  #pipe: WritableStreamDefaultWriter<Uint8Array> | null = null;

  constructor() {
    this.writable = new WritableStream({
      write: async (chunk) => {
        if (await isWritten(this.#pipe?.write(chunk))) return;
        throw new CommandError("Cannot write to the command's stdin: it has closed it, or ended");
      },
      close: async () => void await isWritten(this.#pipe?.close()),
      abort: async () => void await isWritten(this.#pipe?.abort()),
    });
  }

  /** The command has started: what is written goes to it. */
  connect(pipe: WritableStream<Uint8Array>): void {
    this.#pipe = pipe.getWriter();
  }

  /** The command has ended: closes the pipe. */
  async stop(): Promise<void> {
    await settlesWithin(isWritten(this.#pipe?.abort()), GRACE_MS);
  }
}

/** Whether the command took it: what it refuses, it does not want. */
function isWritten(written: Promise<void> | undefined): Promise<boolean> {
  return Promise.resolve(written).then(() => true, () => false);
}

function toStream(input: Input): ReadableStream<Uint8Array> {
  if (input instanceof ReadableStream) return input;
  return ReadableStream.from([typeof input === "string" ? new TextEncoder().encode(input) : input]);
}
