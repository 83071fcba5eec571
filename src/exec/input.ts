/**
 * Writes to a command's stdin. A command may close it, or end, before it has read all: that is its
 * right, and no error.
 *
 * @module
 */

import { CommandError } from "../errors.ts";
import { settlesWithin } from "../platform/patience.ts";

/** How long a write that the ended command left behind is given to fail. */
const GRACE_MS = 100;

/** Where a command's stdin comes from. */
export interface CommandInput {
  /** The command has started. Resolves when all is written; rejects where the source fails. */
  connect(pipe: WritableStream<Uint8Array>): Promise<void>;
  /** The command has ended, or will never start: what is left of the input is of no use. */
  stop(): Promise<void>;
}

/** An input that is there from the beginning. It has the stream for itself from now on. */
export class InputFeed implements CommandInput {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>;
  #copied: Promise<void> = Promise.resolve();

  constructor(input: string | Uint8Array | ReadableStream<Uint8Array>) {
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    this.#source = (bytes instanceof Uint8Array ? ReadableStream.from([bytes]) : bytes).getReader();
  }

  connect(pipe: WritableStream<Uint8Array>): Promise<void> {
    return this.#copied = this.#copy(pipe.getWriter());
  }

  async stop(): Promise<void> {
    this.#cancel();
    // Not for ever: a grandchild that got away can hold the other end, and not read.
    await settlesWithin(this.#copied, GRACE_MS);
  }

  async #copy(pipe: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#source.read();
        if (done) break;
        if (!(value instanceof Uint8Array)) {
          throw new TypeError(
            `Cannot write a chunk of stdin: it is ${typeof value}, and a command reads Uint8Array`,
          );
        }
        if (!await isTaken(pipe.write(value))) break;
      }
      await isTaken(pipe.close());
    } catch (error) {
      await isTaken(pipe.abort());
      throw error;
    } finally {
      this.#cancel();
    }
  }

  #cancel(): void {
    // What the source has to say to that concerns nobody: the command has its result.
    this.#source.cancel().catch(() => {});
  }
}

/** An input that a caller writes bit by bit, with our errors in place of the system's. */
export class InputStream implements CommandInput {
  /** The caller's end. */
  readonly writable: WritableStream<Uint8Array>;
  #pipe: WritableStreamDefaultWriter<Uint8Array> | null = null;

  constructor() {
    this.writable = new WritableStream({
      write: async (chunk) => {
        if (await isTaken(this.#pipe?.write(chunk))) return;
        throw new CommandError("Cannot write to the command's stdin: it has closed it, or ended");
      },
      close: async () => void await isTaken(this.#pipe?.close()),
      abort: async () => void await isTaken(this.#pipe?.abort()),
    });
  }

  connect(pipe: WritableStream<Uint8Array>): Promise<void> {
    this.#pipe = pipe.getWriter();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await settlesWithin(isTaken(this.#pipe?.abort()), GRACE_MS);
  }
}

/** Whether the command took it: what it refuses, it does not want. */
function isTaken(written: Promise<void> | undefined): Promise<boolean> {
  return Promise.resolve(written).then(() => true, () => false);
}
