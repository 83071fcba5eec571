/**
 * The life of one command: it is announced, started, watched, ended with its whole process group, and
 * told of. The three ways to run one differ only in where its output goes.
 *
 * @module
 */

import { CommandError } from "../errors.ts";
import type { Change } from "../changes.ts";
import type { ExitStatus, ProcessGroup, Signal } from "../platform/process.ts";
import { type Command, type CommandLine, commandLine } from "./command_line.ts";
import type { CommandHost } from "./host.ts";
import { type CommandInput, InputFeed } from "./input.ts";
import { launch } from "./launch.ts";
import { checkOptions } from "./options.ts";
import { OutputPipe, type OutputSink } from "./output_pipe.ts";
import { pause, settlesWithin } from "./patience.ts";
import { type Ending, failure, makeResult } from "./result.ts";
import type { RunOptions, RunResult } from "./types.ts";

/** How long the group has between `SIGTERM` and `SIGKILL`. */
const KILL_AFTER_MS = 200;
const POLL_MS = 10;
/** How long `SIGKILL` may take before the command is given up: the kernel or another user holds it. */
const GIVE_UP_AFTER_MS = 300;

/** Where a command's output goes, and where its input comes from if no option says. */
export interface Wiring {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  readonly stdin?: CommandInput;
}

/**
 * Starts a command.
 *
 * @throws {TypeError | RangeError} where the command or an option is wrong; nothing was touched then.
 * @throws {CommandError} where it cannot be started.
 */
export async function startCommand(
  host: CommandHost,
  command: Command,
  options: RunOptions,
  wiring: Wiring,
): Promise<RunningCommand> {
  const line = commandLine(command);
  checkOptions(options);
  const { signal, stdin } = options;
  const input = stdin === undefined ? wiring.stdin : new InputFeed(stdin);
  try {
    signal?.throwIfAborted();
    using held = new DisposableStack();
    held.use(await host.hold(`run ${line.shown}`, options.signal));
    const changes = options.changes === false ? nothing : await host.observe();
    signal?.throwIfAborted();
    // Tracked before it is started: a host that has been closed meanwhile throws here.
    let running: RunningCommand | null = null;
    held.defer(host.track(async () => await running?.close()));
    const launched = launch(host, line, options, {
      stdin: input === undefined ? "null" : "piped",
      output: options.captureOutput === false ? "inherit" : "piped",
    });
    running = new RunningCommand({ ...launched, line, options, wiring, input, changes });
    const rest = held.move();
    running.result.finally(() => rest.dispose()).catch(() => {});
    return running;
  } catch (error) {
    await input?.stop();
    throw error;
  }
}

function nothing(): Promise<Change[]> {
  return Promise.resolve([]);
}

/** What a running command knows of itself. */
interface Start {
  readonly line: CommandLine;
  readonly group: ProcessGroup;
  readonly sandbox: RunResult["sandbox"];
  readonly options: RunOptions;
  readonly wiring: Wiring;
  readonly input: CommandInput | undefined;
  /** Says what has changed since the command was started. */
  readonly changes: () => Promise<Change[]>;
}

/** A command that was started. */
export class RunningCommand {
  /** How it ended: always settles, and may be left alone. */
  readonly result: Promise<RunResult>;
  readonly #start: Start;
  readonly #outputs: readonly OutputPipe[];
  /** Rejects when the process does not even end on `SIGKILL`. */
  readonly #lost = Promise.withResolvers<never>();
  #termination: Promise<void> | null = null;
  #timedOut = false;
  #failure: { readonly reason: unknown } | null = null;
  #over = false;

  constructor(start: Start) {
    const { group: { stdin, stdout, stderr }, wiring, input } = start;
    this.#start = start;
    this.#outputs = [
      ...(stdout === null ? [] : [new OutputPipe(stdout, wiring.stdout)]),
      ...(stderr === null ? [] : [new OutputPipe(stderr, wiring.stderr)]),
    ];
    if (stdin !== null) input?.connect(stdin).catch((reason) => this.#fail(reason));
    this.result = this.#conclude();
  }

  /** The id of its first process. */
  get pid(): number {
    return this.#start.group.id;
  }

  /** Sends a signal to its group, if it is still there. */
  kill(signal: Signal): void {
    // Once it has ended, the number of its group may belong to strangers.
    if (!this.#over) void this.#start.group.signal(signal);
  }

  /** Ends it with its group; resolves when all is done that its result needs. */
  async close(): Promise<void> {
    this.#end();
    await this.result.catch(() => {});
  }

  async #conclude(): Promise<RunResult> {
    const { line, wiring, sandbox, options, changes } = this.#start;
    const ending = await this.#watch();
    if (this.#failure !== null) throw this.#failure.reason;
    const [stdout, stderr] = [wiring.stdout.captured(), wiring.stderr.captured()];
    const result = makeResult({ ...ending, stdout, stderr, sandbox, changes: await changes() });
    if (options.check && !result.success) throw failure(line.shown, result);
    return result;
  }

  /** Waits for the end, brings it about where time or patience is over, and clears up behind it. */
  async #watch(): Promise<Ending> {
    const { group, wiring, input } = this.#start;
    const started = performance.now();
    try {
      const status = await this.#statusInTime();
      // The rest of the group still has its time to end by itself.
      await this.#termination;
      await group.signal("SIGKILL");
      return { status, timedOut: this.#timedOut, duration: performance.now() - started };
    } finally {
      this.#over = true;
      await Promise.all([input?.stop(), ...this.#outputs.map((output) => output.finish())]);
      wiring.stdout.end?.();
      wiring.stderr.end?.();
    }
  }

  async #statusInTime(): Promise<ExitStatus> {
    const { group, options: { timeout, signal } } = this.#start;
    const onAbort = () => this.#fail(signal?.reason);
    const timer = timeout === undefined ? undefined : setTimeout(() => this.#timeIsUp(), timeout);
    signal?.addEventListener("abort", onAbort);
    try {
      return await Promise.race([group.status, this.#lost.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #timeIsUp(): Promise<void> {
    // An event loop that was kept busy hears of the time first, even of a command that made it.
    if (await settlesWithin(this.#start.group.status, 0)) return;
    this.#timedOut = true;
    this.#end();
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#end();
  }

  #end(): void {
    if (!this.#over) this.#termination ??= this.#terminate();
  }

  async #terminate(): Promise<void> {
    const { group, line } = this.#start;
    await group.signal("SIGTERM");
    for (let waited = 0; waited < KILL_AFTER_MS; waited += POLL_MS) {
      if (!await group.signal(0)) return;
      await pause(POLL_MS);
    }
    await group.signal("SIGKILL");
    if (await settlesWithin(group.status, GIVE_UP_AFTER_MS)) return;
    group.unref();
    this.#lost.reject(
      new CommandError(
        `Cannot end ${line.shown}: process ${group.id} outlives SIGKILL, since another user owns it or ` +
          "the kernel holds it; end it by hand",
      ),
    );
  }
}
