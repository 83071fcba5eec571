/**
 * Runs a command and hands out the lines of its stdout while it runs, at their reader's pace.
 *
 * @module
 */

import { CappedOutput } from "./capped_output.ts";
import type { Command } from "./command_line.ts";
import type { CommandHost } from "./host.ts";
import { keptBytes } from "./limits.ts";
import { LineSplitter } from "./lines.ts";
import { Outlet } from "./outlet.ts";
import type { Captured, OutputSink } from "./output_pipe.ts";
import type { RunningCommand } from "./running_command.ts";
import type { startCommand } from "./start_command.ts";
import type { RunOptions, RunResult, RunStream } from "./types.ts";

/** Starts `command`. */
export function runStream(
  host: CommandHost,
  command: Command,
  options: RunOptions = {},
): RunStream {
  return new LineStream(host, command, options);
}

/** The lines of one command. Whatever fails, also before the start, comes out of loop and result. */
class LineStream implements RunStream {
  readonly #outlet: Outlet<string>;
  readonly #running: Promise<RunningCommand>;
  readonly #result: Promise<RunResult>;
  readonly #signal: AbortSignal | undefined;
  #readBy: "nobody" | "loop" | "result" = "nobody";

  constructor(
    host: CommandHost,
    command: Command,
    options: RunOptions,
  ) {
    const kept = keptBytes(options, host.settings.limits);
    this.#outlet = new Outlet(() => this.#close());
    const stdout = new LineSink(new CappedOutput(kept), this.#outlet);
    this.#running = start(host, command, options, { stdout, stderr: new CappedOutput(kept) });
    this.#result = this.#running.then((running) => running.result);
    // Not checked yet: that happens at the start of the command, which is where it fails.
    this.#signal = options?.signal;
    // A command that never starts has no end to close the outlet; and nobody need hear of a result.
    this.#result.catch(() => this.#outlet.close());
  }

  get result(): Promise<RunResult> {
    // A loop that begins in the same turn still gets every line.
    queueMicrotask(() => {
      if (this.#readBy === "nobody") this.#drain();
    });
    return this.#result;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    if (this.#readBy !== "nobody") {
      throw new TypeError(
        this.#readBy === "loop"
          ? "Cannot iterate the lines of a command twice: they are gone; find them in result.stdout"
          : "Cannot iterate the lines of a command: its result was asked for first, which lets them " +
            "go by; begin the loop before, or find them in result.stdout",
      );
    }
    this.#readBy = "loop";
    const lines = this.#outlet.readable[Symbol.asyncIterator]();
    return {
      next: async () => {
        const next = this.#signal?.aborted ? LAST : await lines.next();
        if (next.done) await this.#result;
        return next;
      },
      return: async () => {
        await lines.return?.();
        return LAST;
      },
    };
  }

  #drain(): void {
    this.#readBy = "result";
    this.#outlet.discard();
  }

  /** The reader has left the loop. */
  async #close(): Promise<void> {
    await this.#running.then((running) => running.close(), () => {});
  }
}

/** Loads what starts commands with the first of them: a stream is there before. */
async function start(...args: Parameters<typeof startCommand>): Promise<RunningCommand> {
  const { startCommand } = await import("./start_command.ts");
  return await startCommand(...args);
}

const LAST: IteratorResult<string> = { done: true, value: undefined };

/** Keeps an output for the result, and passes its lines on. */
class LineSink implements OutputSink {
  readonly #kept: CappedOutput;
  readonly #outlet: Outlet<string>;
  readonly #lines = new LineSplitter();

  constructor(kept: CappedOutput, outlet: Outlet<string>) {
    this.#kept = kept;
    this.#outlet = outlet;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    const lines = this.#lines.split(bytes);
    this.#kept.write(bytes);
    await this.#outlet.push(lines);
    return true;
  }

  release(): void {
    this.#outlet.release();
  }

  end(): void {
    void this.#outlet.push(this.#lines.end());
    this.#outlet.close();
  }

  captured(): Captured {
    return this.#kept.captured();
  }
}
