/**
 * Starts a command: it is written down, checked, announced, given what it needs and launched.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { chooseSandbox } from "./choose.ts";
import { type Command, commandLine } from "./command_line.ts";
import type { CommandHost, Witness } from "./host.ts";
import { InputFeed } from "./input.ts";
import { launch } from "./launch.ts";
import { checkOptions } from "./options.ts";
import { RunningCommand, type Wiring } from "./running_command.ts";
import type { RunOptions } from "./types.ts";

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
  const witness = await host.witness(command, options);
  try {
    return await start(host, command, options, wiring, witness);
  } catch (reason) {
    await witness.ended({ result: null, failure: { reason } });
    throw reason;
  }
}

async function start(
  host: CommandHost,
  command: Command,
  options: RunOptions,
  wiring: Wiring,
  witness: Witness,
): Promise<RunningCommand> {
  const line = commandLine(command);
  checkOptions(options);
  const { signal, stdin } = options;
  if (stdin !== undefined && wiring.stdin !== undefined) {
    throw new TypeError("Cannot spawn a command with the option stdin: write to its stdin instead");
  }
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
    // From here on its own end sees to all of it.
    readied.move();
    const rest = held.move();
    running = new RunningCommand({
      host,
      tree,
      choice,
      inside,
      line,
      options: { ...options, ...(timeout !== undefined && { timeout }) },
      wiring,
      input,
      observed,
      witness,
      release: () => rest.dispose(),
    });
    return running;
  } catch (error) {
    await input?.stop();
    throw error;
  }
}

const NOTHING = Promise.resolve(() => Promise.resolve<Change[]>([]));
