/**
 * Processes of this machine: starting one at the head of a process group of its own, and signalling
 * that group, which is how a command is ended together with what it started.
 *
 * @module
 */

import { nodeOs } from "./builtin.ts";

/** The name of a signal, such as `SIGTERM`. */
export type Signal = Deno.Signal;

/** How a process ended. */
export interface ExitStatus {
  /** Its exit code; 128 and the signal's number where a signal ended it. */
  readonly code: number;
  /** The signal that ended it. */
  readonly signal: Signal | null;
}

/** What to start, and where its three streams go. */
export interface ProcessOptions {
  /** The program and its arguments. A name without `/` is looked up in the environment's PATH. */
  readonly argv: readonly string[];
  /** The whole environment: nothing of this process's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory. */
  readonly directory: string;
  readonly stdin: "piped" | "null";
  /** Where stdout and stderr go. */
  readonly output: "piped" | "inherit";
}

/** A process with all that it starts: how it is talked to, and how it is ended. */
export interface ProcessTree {
  /** The id of its first process. */
  readonly id: number;
  /** Its input, where it is piped. */
  readonly stdin: WritableStream<Uint8Array<ArrayBufferLike>> | null;
  /** Its output, where it is piped. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Its errors and messages, where they are piped. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** How its first process ended. */
  readonly status: Promise<ExitStatus>;
  /** Resolves when the command runs, where that is not so from the beginning. */
  readonly started?: Promise<void>;
  /** Sends a signal to all of it; `0` only asks. Says whether any of it is left. */
  signal(signal: Signal | 0): Promise<boolean>;
  /** Lets this process end without waiting for it. */
  unref(): void;
}

/** Ways to signal a group for a process that Deno lets run only some programs, best first. */
const KILLERS: readonly ((signal: string, group: number) => [string, ...string[]])[] = [
  (signal, group) => ["kill", "-s", signal, "--", `-${group}`],
  (signal, group) => ["/bin/sh", "-c", `kill -s ${signal} -- -${group}`],
];

/** Whether the system knows a signal by this name. */
export function isSignal(name: string): name is Signal {
  return Object.hasOwn(nodeOs().constants.signals, name);
}

/** A process and all that it starts, save what leaves for a session of its own (`setsid`). */
export class ProcessGroup implements ProcessTree {
  readonly #child: Deno.ChildProcess;
  #ended = false;
  /** Its input, where it is piped. */
  readonly stdin: WritableStream<Uint8Array<ArrayBufferLike>> | null;
  /** Its output, where it is piped. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** Its errors and messages, where they are piped. */
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** How the first process of the group ended. */
  readonly status: Promise<ExitStatus>;

  /** Starts the process; throws Deno's own error where the system or a permission refuses. */
  constructor(options: ProcessOptions) {
    const { argv: [program = "", ...args], environment, directory, stdin, output } = options;
    this.#child = new Deno.Command(program, {
      args,
      clearEnv: true,
      env: environment,
      cwd: directory,
      stdin,
      stdout: output,
      stderr: output,
      detached: true,
    }).spawn();
    this.stdin = stdin === "piped" ? this.#child.stdin : null;
    this.stdout = output === "piped" ? this.#child.stdout : null;
    this.stderr = output === "piped" ? this.#child.stderr : null;
    this.status = this.#child.status.finally(() => {
      this.#ended = true;
    });
  }

  /** The id of the first process, which is the group's too. */
  get id(): number {
    return this.#child.pid;
  }

  /**
   * Sends a signal to every process of the group; `0` only asks. Says whether any is left: one that
   * nobody has waited for yet counts. Where all of `--allow-run` is granted, it is sent at once.
   */
  async signal(signal: Signal | 0): Promise<boolean> {
    if (mayRun()) return signalProcess(-this.id, signal);
    const killer = KILLERS.map((argv) => argv(nameForKill(signal), this.id))
      .find(([program]) => mayRun(program));
    if (killer === undefined) return this.#signalFirst(signal);
    // Its own start can fail, as when the system has no room for one more process.
    return await succeeds(killer).catch(() => this.#signalFirst(signal));
  }

  /** Lets this process end without waiting for the group. */
  unref(): void {
    this.#child.unref();
  }

  /** The last resort: Deno may always signal the process that it started, but no other. */
  #signalFirst(signal: Signal | 0): boolean {
    if (this.#ended || signal === 0) return !this.#ended;
    try {
      this.#child.kill(signal);
      return true;
    } catch (error) {
      // Deno throws a TypeError once the process has ended, else what the system says.
      return !(error instanceof TypeError);
    }
  }
}

/** Whether Deno lets this process run `program` or, without one, any program and signal any. */
function mayRun(program?: string): boolean {
  const wanted = program === undefined ? {} : { command: program };
  return Deno.permissions.querySync({ name: "run", ...wanted }).state === "granted";
}

/** Says whether `id` names a process or, negated, a group, after signalling it where it may. */
function signalProcess(id: number, signal: Signal | 0): boolean {
  try {
    return globalThis.process.kill(id, signal);
  } catch (error) {
    // EPERM: somebody is there, and belongs to another user.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function nameForKill(signal: Signal | 0): string {
  return signal === 0 ? "0" : signal.slice("SIG".length);
}

async function succeeds([program, ...args]: [string, ...string[]]): Promise<boolean> {
  const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
  const { success } = await new Deno.Command(program, { args, clearEnv: true, ...silent }).output();
  return success;
}
