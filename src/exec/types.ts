/**
 * Commands as callers see them: what may be asked of one, and what comes back.
 *
 * @module
 */

import type { Change, Skipped } from "../changes.ts";
import type { Signal } from "../platform/process.ts";

export type { Signal };

/** How a command runs. */
export interface RunOptions {
  /** Added to the small environment that every command gets: PATH, HOME, LANG and TERM. */
  env?: Record<string, string>;
  /**
   * The directory of the workspace to run in.
   *
   * @default {"/"}
   */
  workdir?: string;
  /** So many ms after its start the command is ended with its process group; `timedOut` says so. */
  timeout?: number;
  /**
   * Whether the output is kept; `false` lets the command write to this process's stdout and stderr.
   *
   * @default {true}
   */
  captureOutput?: boolean;
  /** What the command reads from its stdin; without it, nothing. */
  stdin?: string | Uint8Array | ReadableStream<Uint8Array>;
  /** Ends the command and all of its process group, and makes the call reject with its reason. */
  signal?: AbortSignal;
  /**
   * Whether a command that does not succeed is a {@linkcode CommandError}.
   *
   * @default {false}
   */
  check?: boolean;
  /**
   * Whether to find out what the command did to the files; `false` spares the look at them.
   *
   * @default {true}
   */
  changes?: boolean;
  /**
   * What the command may do. Whoever passes this wants it held: without a sandbox that can, the call is
   * a {@linkcode SandboxError}. A key that is left out takes the configured default.
   */
  permissions?: Permissions;
  /** How much the command may use. */
  limits?: Limits;
}

/**
 * What a command may do, in Deno's words. `true` is what a workspace's command needs, never the whole
 * machine: a list adds to that.
 */
export interface Permissions {
  /**
   * `true`: the workspace, and the system's programs and libraries. A list: these absolute paths of
   * this machine as well. `false`: the system's only.
   *
   * @default {true}
   */
  read?: boolean | string[];
  /**
   * `true`: the workspace, and a private `/tmp` and HOME. A list: these absolute paths of this machine
   * as well. `false`: the workspace is read-only.
   *
   * @default {true}
   */
  write?: boolean | string[];
  /**
   * `true`: this machine's network, with its own servers and abstract sockets. A list of hosts is
   * refused where nothing can hold a program to it.
   *
   * @default {false}
   */
  net?: boolean | string[];
  /**
   * `true`: the small environment. A list: these variables of this process as well. `false`: none but
   * those of the option `env`.
   *
   * @default {true}
   */
  env?: boolean | string[];
  /**
   * `true`: any program that it sees. A list or `false` is refused where nothing can hold a program to
   * it.
   *
   * @default {true}
   */
  run?: boolean | string[];
}

/** How much a command may use. What is left out has no limit but the machine's. */
export interface Limits {
  /** How much of stdout, and of stderr, is kept; 16 MiB where it is left out. */
  outputBytes?: number;
  /** The address space of each of its processes. */
  memoryBytes?: number;
  /** How many processes it may be at once, all together. Cannot be held where root runs it. */
  processes?: number;
  /** The processor time of each of its processes. */
  cpuSeconds?: number;
  /** The size of a file that it writes. */
  fileBytes?: number;
}

/** How a command ended, and what it left behind. */
export interface RunResult {
  /** Its exit code; 128 and the signal's number where a signal ended it. */
  code: number;
  /** Whether it ended with code 0, in time. */
  success: boolean;
  /** The name of the signal that ended it; `null` where it ended by itself. */
  signal: string | null;
  /** Its output as text, bytes that are not UTF-8 as U+FFFD. */
  stdout: string;
  /** Its errors and messages as text, bytes that are not UTF-8 as U+FFFD. */
  stderr: string;
  /** Its output, exact. */
  stdoutBytes: Uint8Array;
  /** Its errors and messages, exact. */
  stderrBytes: Uint8Array;
  /** Whether it was ended because its time was up. */
  timedOut: boolean;
  /** Whether stdout or stderr was longer than what is kept: its first and its last half. */
  truncated: boolean;
  /** How long it ran, in ms. */
  duration: number;
  /** What really kept it in its bounds. */
  sandbox: "bubblewrap" | "bubblewrap+deno" | "deno" | "none";
  /**
   * The limit that it ran into: `timeout`, or one of {@linkcode Limits}; `null` where it did not. Of
   * memory and processes only its end tells, so a command that copes with a refusal counts as `null`.
   */
  limit: "timeout" | keyof Limits | null;
  /** What it did to the workspace's files; empty under `changes: false`. */
  changes: Change[];
  /** What the workspace could not take over of the commits that it made, and why. */
  skipped: Skipped[];
}

/**
 * The lines of a command's stdout as it writes them, each with its line end; one of over 1 MiB comes
 * in pieces. Leaving the loop ends the command with its process group.
 */
export interface RunStream extends AsyncIterable<string> {
  /**
   * How the command ended. Awaited without a loop, it lets the lines go by: they are in its `stdout`.
   * It rejects as the loop does, with the abort signal's reason or a {@linkcode CommandError}.
   */
  readonly result: Promise<RunResult>;
}

/** A command that lives as long as its caller wants: a server, a watcher, a REPL. */
export interface Process extends AsyncDisposable {
  /** The id of its first process on this machine. */
  readonly pid: number;
  /** What it reads. */
  readonly stdin: WritableStream<Uint8Array>;
  /** What it writes; it waits for its reader. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Its errors and messages; they wait for their reader. */
  readonly stderr: ReadableStream<Uint8Array>;
  /** How it ended; the output is in the streams, so that `stdout` and `stderr` here are empty. */
  readonly status: Promise<RunResult>;
  /** Sends a signal, `SIGTERM` if none is named, to its process group; nothing where it has ended. */
  kill(signal?: Signal): void;
}
