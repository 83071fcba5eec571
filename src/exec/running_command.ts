/**
 * The life of one command: it is watched, ended with its whole process group, and told of. The three
 * ways to run one differ only in where its output goes.
 *
 * @module
 */

import { CommandError, type SandboxError } from "../errors.ts";
import type { Change } from "../changes.ts";
import type { ExitStatus, ProcessTree, Signal } from "../platform/process.ts";
import type { Choice } from "./choose.ts";
import type { CommandLine } from "./command_line.ts";
import type { CommandHost, End, Inside, Witness } from "./host.ts";
import type { CommandInput } from "./input.ts";
import { startFailure } from "./launch.ts";
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

/** What a running command knows of itself. */
export interface Start {
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
  /** Hears how it ended. */
  readonly witness: Witness;
  /** Lets go of what the command held, once it is over and written down. */
  readonly release: () => void;
}

/** A command that was started. */
export class RunningCommand {
  /** How it ended: always settles, and may be left alone. */
  readonly result: Promise<RunResult>;
  /** The same before those who listen for it have been told. */
  readonly #end: Promise<End>;
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
    this.#end = this.#finish();
    this.result = this.#tell();
    this.result.catch(() => {});
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
    this.#terminateOnce();
    await this.#end;
  }

  /** Those who listen are told last: what they do may need what the command held. */
  async #tell(): Promise<RunResult> {
    const { result, failure } = await this.#end;
    if (result !== null) await this.#start.witness.announce(result);
    if (failure !== null) throw failure.reason;
    return result!;
  }

  /** Writes down how it ended before anybody hears of it. */
  async #finish(): Promise<End> {
    const { witness, release } = this.#start;
    const end = await this.#conclude().catch((reason): End => ({
      result: null,
      failure: { reason },
    }));
    try {
      await witness.ended(end);
      return end;
    } catch (reason) {
      return { result: end.result, failure: end.failure ?? { reason } };
    } finally {
      release();
    }
  }

  async #conclude(): Promise<End> {
    const { line, wiring, choice: { sandbox, limits }, inside, options, observed } = this.#start;
    const ending = await this.#watch();
    const isLate = ending.timedOut || this.#failure !== null;
    const skipped = await inside?.leave(isLate ? LATE_MS : undefined) ?? [];
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
    if (this.#failure !== null) return { result, failure: this.#failure };
    const unstarted = sandbox.name === "none" ? null : this.#startFailure(ending, {
      stdout: wiring.stdout.beginning ?? stdout.bytes,
      stderr: wiring.stderr.beginning ?? stderr.bytes,
    });
    // A command can say the same as its sandbox. One that has changed something did run.
    if (unstarted !== null && result.changes.length === 0) throw unstarted;
    if (!options.check || result.success) return { result, failure: null };
    return { result, failure: { reason: failure(line.shown, result, options.env) } };
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
    this.#terminateOnce();
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#terminateOnce();
  }

  #terminateOnce(): void {
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
