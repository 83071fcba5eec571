/**
 * Reads one output of a command into a sink, at the sink's pace while the command lives, and to a
 * certain end once it has ended: a grandchild that got away may hold the pipe open for ever.
 *
 * @module
 */

import { settlesWithin } from "../platform/patience.ts";

const BUFFER_BYTES = 64 * 1024;

/** The most that a pipe can hold (`/proc/sys/fs/pipe-max-size`), so all that a dead writer left. */
const MAX_PIPE_BYTES = 1024 * 1024;

/**
 * The grace after the end, as turns of the event loop: were it one timer, a loop that was kept busy
 * for that long would find it expired, and give up bytes that lie ready in the pipe.
 */
const GRACE_TURNS = 5;
const TURN_MS = 20;

/** What a stream has left of itself for the result. */
export interface Captured {
  readonly bytes: Uint8Array;
  /** Whether that is not all of it. */
  readonly truncated: boolean;
}

/** Where an output goes. */
export interface OutputSink {
  /**
   * Takes bytes, which are good until it returns: their buffer is used again. The next ones come
   * when its promise resolves, so the command waits for a slow reader. `false`: no more are wanted.
   */
  write(bytes: Uint8Array): boolean | Promise<boolean>;
  /** The command has ended: no `write` may make anybody wait any more, this one included. */
  release?(): void;
  /** All has been written. */
  end?(): void;
  /** The first bytes, of a sink that keeps none for the result. */
  readonly beginning?: Uint8Array;
  /** What is kept for the result, once all has been written. */
  captured(): Captured;
}

/** One output of a command on its way into a sink. */
export class OutputPipe {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #sink: OutputSink;
  readonly #drained: Promise<void>;
  #allowance = Infinity;

  /** Starts to read. */
  constructor(pipe: ReadableStream<Uint8Array<ArrayBuffer>>, sink: OutputSink) {
    this.#reader = pipe.getReader({ mode: "byob" });
    this.#sink = sink;
    this.#drained = this.#drain();
  }

  /** Takes what is left in the pipe of a command that has ended, then closes it. */
  async finish(): Promise<void> {
    this.#allowance = MAX_PIPE_BYTES;
    this.#sink.release?.();
    for (let turn = 0; turn < GRACE_TURNS; turn++) {
      if (await settlesWithin(this.#drained, TURN_MS)) break;
    }
    await this.#reader.cancel();
    await this.#drained;
  }

  async #drain(): Promise<void> {
    let buffer = new Uint8Array(BUFFER_BYTES);
    while (this.#allowance > 0) {
      const { done, value } = await this.#reader.read(buffer);
      if (done) return;
      this.#allowance -= value.length;
      // Closing the pipe tells the command, at its next write, that nobody listens (`SIGPIPE`).
      if (!await this.#sink.write(value)) return await this.#reader.cancel();
      buffer = new Uint8Array(value.buffer);
    }
  }
}
