/**
 * The life of one command: it is announced, started, watched, ended with its whole process group, and
 * told of. The three ways to run one differ only in where its output goes.
 *
 * @module
 */

import { CommandError, type SandboxError } from "../errors.ts";
import type { Change } from "../changes.ts";
import type { ExitStatus, ProcessTree, Signal } from "../platform/process.ts";
import { type Choice, chooseSandbox } from "./choose.ts";
import { type Command, type CommandLine, commandLine } from "./command_line.ts";
import type { CommandHost, Inside } from "./host.ts";
import { type CommandInput, InputFeed } from "./input.ts";
import { launch, startFailure } from "./launch.ts";
import { checkOptions } from "./options.ts";
import { OutputPipe, type OutputSink } from "./output_pipe.ts";
import { pause, settlesWithin } from "../platform/patience.ts";
import { type Ending, failure, makeResult } from "./result.ts";
import type { RunOptions, RunResult } from "./types.ts";

/** How long the group has between `SIGTERM` and `SIGKILL`. */
const KILL_AFTER_MS = 200;
const POLL_MS = 10;
/** How long `SIGKILL` may take before the command is given up: the kernel or another user holds it. */
const GIVE_UP_AFTER_MS = 300;
/** How long a command that was ended may keep its caller waiting for its commits. */
const LATE_MS = 300;
/** The most that a sandbox says in place of a command that it did not start. */
const MAX_FAILURE_BYTES = 1000;

/** Where a command's output goes, and where its input comes from if no option says. */
export interface Wiring {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  readonly stdin?: CommandInput;
  /** Whether signals must reach the command itself, not only end it. */
  readonly controlled?: boolean;
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
    const choice = await chooseSandbox(host, line.shown, options);
    const sandboxed = choice.sandbox.name !== "none";
    using held = new DisposableStack();
    held.use(await host.hold(`run ${line.shown}`, sandboxed, signal));
    host.resolveDirectory(options.workdir ?? "/");
    const inside = sandboxed && choice.grants.workspace !== "none" ? await host.enter() : null;
    await using readied = new AsyncDisposableStack();
    readied.defer(async () => void await inside?.leave());
    const observed = options.changes === false ? NOTHING : host.observe();
    readied.defer(async () => void await Promise.allSettled([observed]));
    // A sandbox is made ready meanwhile, and holds the command back.
    if (!sandboxed) await observed;
    signal?.throwIfAborted();
    // Tracked before it is started: a host that has been closed meanwhile throws here.
    let running: RunningCommand | null = null;
    held.defer(host.track(async () => await running?.close()));
    const tree = launch(host, line, options, choice, inside, {
      stdin: input === undefined ? "null" : "piped",
      output: options.captureOutput === false ? "inherit" : "piped",
      controlled: wiring.controlled ?? false,
      begins: observed,
    });
    const timeout = options.timeout ?? host.settings.timeout;
    const settled = { ...options, ...(timeout !== undefined && { timeout }) };
    running = new RunningCommand({
      host,
      tree,
      choice,
      inside,
      line,
      options: settled,
      wiring,
      input,
      observed,
    });
    // From here on its own end sees to both.
    readied.move();
    const rest = held.move();
    running.result.finally(() => rest.dispose()).catch(() => {});
    return running;
  } catch (error) {
    await input?.stop();
    throw error;
  }
}

const NOTHING = Promise.resolve(() => Promise.resolve<Change[]>([]));

/** What a running command knows of itself. */
interface Start {
  readonly host: CommandHost;
  readonly line: CommandLine;
  readonly tree: ProcessTree;
  readonly choice: Choice;
  readonly inside: Inside | null;
  readonly options: RunOptions;
  readonly wiring: Wiring;
  readonly input: CommandInput | undefined;
  /** Resolves when the command begins, to what says what has changed since. */
  readonly observed: Promise<() => Promise<Change[]>>;
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
    const { tree: { stdin, stdout, stderr }, wiring, input } = start;
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
    return this.#start.tree.id;
  }

  /** Resolves when the command is known to run; where a sandbox finds it missing, never. */
  get started(): Promise<void> {
    return this.#start.tree.started ?? Promise.resolve();
  }

  /** Sends a signal to its group, if it is still there. */
  kill(signal: Signal): void {
    // Once it has ended, the number of its group may belong to strangers.
    if (!this.#over) void this.#start.tree.signal(signal);
  }

  /** Ends it with its group; resolves when all is done that its result needs. */
  async close(): Promise<void> {
    this.#end();
    await this.result.catch(() => {});
  }

  async #conclude(): Promise<RunResult> {
    const { line, wiring, choice: { sandbox, limits }, inside, options, observed } = this.#start;
    const ending = await this.#watch();
    const isLate = ending.timedOut || this.#failure !== null;
    const skipped = await inside?.leave(isLate ? LATE_MS : undefined) ?? [];
    if (this.#failure !== null) throw this.#failure.reason;
    const [stdout, stderr] = [wiring.stdout.captured(), wiring.stderr.captured()];
    const result = makeResult({
      ...ending,
      stdout,
      stderr,
      sandbox: sandbox.name,
      limits,
      changes: await (await observed)(),
      skipped,
    });
    const unstarted = sandbox.name === "none" ? null : this.#startFailure(ending, {
      stdout: wiring.stdout.beginning ?? stdout.bytes,
      stderr: wiring.stderr.beginning ?? stderr.bytes,
    });
    // A command can say the same as its sandbox. One that has changed something did run.
    if (unstarted !== null && result.changes.length === 0) throw unstarted;
    if (options.check && !result.success) throw failure(line.shown, result);
    return result;
  }

  #startFailure(
    { status: { code } }: Ending,
    { stdout, stderr }: Record<"stdout" | "stderr", Uint8Array>,
  ): CommandError | SandboxError | null {
    if (stdout.length > 0 || stderr.length > MAX_FAILURE_BYTES) return null;
    const { host, line, options } = this.#start;
    const said = new TextDecoder().decode(stderr);
    return startFailure(host, line, options, { code, said });
  }

  /** Waits for the end, brings it about where time or patience is over, and clears up behind it. */
  async #watch(): Promise<Ending> {
    const { tree, wiring, input } = this.#start;
    try {
      const { status, started } = await this.#statusInTime();
      // The rest of the group still has its time to end by itself.
      await this.#termination;
      await tree.signal("SIGKILL");
      return { status, timedOut: this.#timedOut, duration: performance.now() - started };
    } finally {
      this.#over = true;
      await Promise.all([input?.stop(), ...this.#outputs.map((output) => output.finish())]);
      wiring.stdout.end?.();
      wiring.stderr.end?.();
    }
  }

  async #statusInTime(): Promise<{ status: ExitStatus; started: number }> {
    const { tree, observed, options: { timeout, signal } } = this.#start;
    const onAbort = () => this.#fail(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    const ended = Promise.race([tree.status, this.#lost.promise]);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await Promise.race([observed.catch((reason) => this.#fail(reason)), ended]);
      const started = performance.now();
      if (timeout !== undefined) timer = setTimeout(() => this.#timeIsUp(), timeout);
      return { status: await ended, started };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #timeIsUp(): Promise<void> {
    // An event loop that was kept busy hears of the time first, even of a command that made it.
    if (await settlesWithin(this.#start.tree.status, 0)) return;
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
    const { tree, line } = this.#start;
    await tree.signal("SIGTERM");
    for (let waited = 0; waited < KILL_AFTER_MS; waited += POLL_MS) {
      if (!await tree.signal(0)) return;
      await pause(POLL_MS);
    }
    await tree.signal("SIGKILL");
    if (await settlesWithin(tree.status, GIVE_UP_AFTER_MS)) return;
    tree.unref();
    this.#lost.reject(
      new CommandError(
        `Cannot end ${line.shown}: process ${tree.id} outlives SIGKILL, since another user owns it or ` +
          "the kernel holds it; end it by hand",
      ),
    );
  }
}
