/**
 * Starts a command that its caller talks to: a server, a watcher, a REPL.
 *
 * @module
 */

import { isSignal, type Signal } from "../platform/process.ts";
import type { Command } from "./command_line.ts";
import type { CommandHost } from "./host.ts";
import { InputStream } from "./input.ts";
import { Outlet } from "./outlet.ts";
import type { Captured, OutputSink } from "./output_pipe.ts";
import type { RunningCommand } from "./running_command.ts";
import { startCommand } from "./start_command.ts";
import type { Process, RunOptions, RunResult } from "./types.ts";

/** Starts `command`, and gives it into the caller's hands. */
export async function spawn(
  host: CommandHost,
  command: Command,
  options: RunOptions = {},
): Promise<Process> {
  const streams = { stdin: new InputStream(), stdout: new ByteSink(), stderr: new ByteSink() };
  const running = await startCommand(host, command, options, { ...streams, controlled: true });
  // A command that is not there ends at once, and its result says why.
  await Promise.race([running.started, running.result]);
  return new SpawnedProcess(running, streams);
}

/** The three streams of a command, between it and its caller. */
interface Streams {
  readonly stdin: InputStream;
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
}

/** A running command with its streams. */
class SpawnedProcess implements Process {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly status: Promise<RunResult>;
  readonly #running: RunningCommand;

  constructor(running: RunningCommand, { stdin, stdout, stderr }: Streams) {
    this.#running = running;
    this.pid = running.pid;
    this.stdin = stdin.writable;
    this.stdout = stdout.outlet.readable;
    this.stderr = stderr.outlet.readable;
    this.status = running.result;
  }

  kill(signal: Signal = "SIGTERM"): void {
    if (!isSignal(signal)) {
      throw new TypeError(
        `Cannot send the signal ${JSON.stringify(signal)}: no signal has that name`,
      );
    }
    this.#running.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.close();
  }
}

/** Passes an output on, and keeps nothing of it. */
class ByteSink implements OutputSink {
  readonly outlet: Outlet<Uint8Array> = new Outlet();
  beginning: Uint8Array = new Uint8Array();

  write(bytes: Uint8Array): Promise<boolean> {
    if (this.beginning.length === 0) this.beginning = bytes.slice();
    return this.outlet.push([bytes.slice()]);
  }

  release(): void {
    this.outlet.release();
  }

  end(): void {
    this.outlet.close();
  }

  captured(): Captured {
    return { bytes: new Uint8Array(0), truncated: false };
  }
}
