/**
 * A process that takes all that it starts with it when it dies: the outer end of a sandbox. It is ended
 * by a signal to this one process, which Deno permits also where `--allow-run` names programs.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { nodeChildProcess, nodeEvents, nodeOs, nodeStream } from "./builtin.ts";
import { pause, settlesWithin } from "./patience.ts";
import type { ExitStatus, ProcessOptions, ProcessTree, Signal } from "./process.ts";
import { relay } from "./relay.ts";

/**
 * How long the kernel is given, once the process was killed, to end what was below it. All of that has
 * its own kill pending by then, and waits for no more than its turn to die.
 */
const SETTLE_MS = 20;

/**
 * How long it takes bubblewrap, at the most, to have its own child under control. Killed before that, it
 * would leave the child waiting for ever to be told to go on.
 */
const SETUP_MS = 150;

/** What to start. */
export interface ContainedOptions extends Omit<ProcessOptions, "argv"> {
  /** The program and its arguments, which name the descriptors of `data` and, with it, of the control. */
  readonly argv: (descriptors: { data: number; control: number | null }) => readonly string[];
  /** What the process reads from a descriptor of its own. */
  readonly data: Uint8Array;
  /** When it may read that; never, where this rejects. */
  readonly dataAfter: Promise<unknown>;
  /** Descriptors that this process was started with, of which the child gets closed pipes instead. */
  readonly withheld: readonly number[];
  /**
   * Whether it gets a descriptor from which signals for what it holds are read, one name a line, and to
   * which something is written as soon as that runs.
   */
  readonly controlled: boolean;
}

/** One way to start it. */
interface Child {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array<ArrayBufferLike>> | null;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly status: Promise<ExitStatus>;
  readonly control: Duplex | null;
  kill(): void;
  unref(): void;
}

/** A sandbox from the outside. */
export class ContainedProcess implements ProcessTree {
  readonly #child: Child;
  /** All that it writes, where that goes to the outputs of this process. */
  readonly #relayed: Promise<void> | null;
  readonly #startedAt = performance.now();
  #ended = false;
  #killed = false;
  readonly status: Promise<ExitStatus>;

  /** Starts the process; throws Deno's own error where the system or a permission refuses. */
  constructor(options: ContainedOptions) {
    const { stdin, controlled, withheld } = options;
    const isPlain = stdin === "null" && !controlled && withheld.length === 0;
    const piped = { ...options, output: "piped" } as const;
    this.#child = isPlain ? startPlain(piped) : startWithDescriptors(piped);
    this.#relayed = options.output === "inherit" ? relay(this.#child) : null;
    this.status = this.#wait();
  }

  /** Resolves when somebody inside says through the control that the command takes over. */
  get started(): Promise<void> {
    const { control } = this.#child;
    if (control === null) return Promise.resolve();
    // What ends before that resets the pipe, and tells why by its status.
    return nodeEvents().once(control, "data").then(() => {}, () => new Promise<void>(() => {}));
  }

  get id(): number {
    return this.#child.pid;
  }

  get stdin(): WritableStream<Uint8Array<ArrayBufferLike>> | null {
    return this.#child.stdin;
  }

  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#relayed === null ? this.#child.stdout : null;
  }

  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#relayed === null ? this.#child.stderr : null;
  }

  /** Passes a signal on to what runs inside, where it is controlled; else ends all of it. */
  async signal(signal: Signal | 0): Promise<boolean> {
    if (this.#ended || signal === 0) return !this.#ended;
    const { control } = this.#child;
    if (control !== null && signal !== "SIGKILL") control.write(`${signal.slice("SIG".length)}\n`);
    else await this.#kill();
    return true;
  }

  async #kill(): Promise<void> {
    const early = SETUP_MS - (performance.now() - this.#startedAt);
    if (early > 0) await settlesWithin(this.status, early);
    if (this.#ended) return;
    this.#killed = true;
    this.#child.kill();
  }

  unref(): void {
    this.#child.unref();
  }

  async #wait(): Promise<ExitStatus> {
    try {
      const { code, signal } = await this.#child.status;
      if (this.#killed) await pause(SETTLE_MS);
      await this.#relayed;
      return { code, signal: signal ?? signalOf(code) };
    } finally {
      this.#ended = true;
      this.#child.control?.destroy();
    }
  }
}

/** The signal that a shell, and the sandbox, tell by an exit code above 128. */
function signalOf(code: number): Signal | null {
  const found = Object.entries(nodeOs().constants.signals).find(([, number]) =>
    128 + number === code
  );
  return (found?.[0] ?? null) as Signal | null;
}

/**
 * The fast way, for a command without input: the data comes by stdin, of which the command sees nothing.
 * Descriptors of their own would make Deno fork in place of `posix_spawn`: 2 ms more, and 18 ms more in
 * a process of 250 MB.
 */
function startPlain(options: ContainedOptions): Child {
  const { argv, data, dataAfter, environment, directory, output } = options;
  const [program = "", ...args] = argv({ data: 0, control: null });
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: environment,
    cwd: directory,
    stdin: "piped",
    stdout: output,
    stderr: output,
  }).spawn();
  void feed(child, data, dataAfter);
  return {
    pid: child.pid,
    stdin: null,
    stdout: output === "piped" ? child.stdout : null,
    stderr: output === "piped" ? child.stderr : null,
    status: child.status,
    control: null,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // Deno throws a TypeError once the process has ended.
        if (!(error instanceof TypeError)) throw error;
      }
    },
    unref: () => child.unref(),
  };
}

async function feed(
  { stdin, status }: Deno.ChildProcess,
  data: Uint8Array,
  after: Promise<unknown>,
): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await after;
    await writer.write(data);
    await writer.close();
  } catch {
    // It is not to have it, or ended before it had read all; its status and its messages tell why.
    await status;
    await writer.abort().catch(() => {});
  }
}

/**
 * What `spawn` of `node:child_process` is made of. That itself looks at the variable NODE_V8_COVERAGE,
 * which a program under scoped permissions may not.
 */
interface Spawner {
  spawn(options: {
    file: string;
    args: readonly string[];
    envPairs: readonly string[];
    cwd: string;
    stdio: readonly ("pipe" | "ignore" | "inherit")[];
  }): void;
}

/**
 * The way for a command with input or with a control, and for a process that was started with more than
 * a child may have: only node's API tells the descriptors of a child.
 */
function startWithDescriptors(options: ContainedOptions): Child {
  const { argv, data, dataAfter, environment, directory, stdin, output, controlled, withheld } =
    options;
  const [program = "", ...args] = argv({ data: 3, control: controlled ? 4 : null });
  const outlet = output === "piped" ? "pipe" : "inherit";
  const piped = new Set([3, ...(controlled ? [4] : []), ...withheld]);
  const extra = Array.from(
    { length: Math.max(...piped) - 2 },
    (_, index) => piped.has(index + 3) ? "pipe" as const : "ignore" as const,
  );
  const child: ChildProcess & Partial<Spawner> = new (nodeChildProcess().ChildProcess)();
  child.spawn?.({
    file: program,
    args: [program, ...args],
    envPairs: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    cwd: directory,
    stdio: [stdin === "piped" ? "pipe" : "ignore", outlet, outlet, ...extra],
  });
  const { signals } = nodeOs().constants;
  const status = nodeEvents().once(child, "exit").then(([code, signal]) => ({
    code: code ?? 128 + Number(signals[signal as keyof typeof signals]),
    signal,
  }));
  if (child.pid === undefined) {
    status.catch(() => {});
    throw whyNotStarted(program, args, options);
  }
  const [, , , dataPipe, fourth = null, ...others] = child.stdio as (Duplex | null)[];
  const control = controlled ? fourth : null;
  for (const pipe of controlled ? others : [fourth, ...others]) pipe?.destroy();
  // A process that ends before it has read all says why in its status.
  for (const pipe of [dataPipe, control]) pipe?.on("error", () => {});
  dataAfter.then(() => dataPipe?.end(Buffer.from(data)), () => {});
  status.finally(() => dataPipe?.destroy()).catch(() => {});
  return {
    pid: child.pid,
    stdin: child.stdin && nodeStream().Writable.toWeb(child.stdin),
    stdout: child.stdout && bytesOf(child.stdout),
    stderr: child.stderr && bytesOf(child.stderr),
    status,
    control,
    kill: () => void child.kill("SIGKILL"),
    unref: () => child.unref(),
  };
}

/** Node's API tells it to listeners, later; Deno's tells it at once. */
function whyNotStarted(
  program: string,
  args: string[],
  { environment, directory }: ContainedOptions,
): unknown {
  try {
    // Should it start this time, it does nothing: the data that it reads first is not there.
    const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
    const options = { args, clearEnv: true, env: environment, cwd: directory, ...silent };
    new Deno.Command(program, options).spawn().kill("SIGKILL");
    return new Deno.errors.Busy(`Cannot start ${program}: the system has no room for it now`);
  } catch (error) {
    return error;
  }
}

/**
 * Gives the memory of a buffer back at once. Node's API reads each portion into one of its own, and the
 * garbage collector lets over 100 MB of them pass before it looks.
 */
function free({ buffer }: Uint8Array): void {
  // A small one can be a part of a buffer that others have, too.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}

/**
 * A stream for readers with buffers of their own, as Deno's are. (`Readable.toWeb` makes one, too, whose
 * last read never ends.)
 */
function bytesOf(stream: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (rest.length === 0) {
        const { done, value } = await chunks.next();
        if (done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        rest = value;
      }
      const { byobRequest } = controller;
      const view = byobRequest?.view;
      if (!view) {
        controller.enqueue(new Uint8Array(rest));
        rest = new Uint8Array();
        return;
      }
      const part = rest.subarray(0, view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset).set(part);
      byobRequest.respond(part.length);
      rest = rest.subarray(part.length);
      if (rest.length === 0) free(rest);
    },
    cancel() {
      stream.destroy();
    },
  });
}
