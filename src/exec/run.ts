/**
 * Runs a command to its end.
 *
 * @module
 */

import { CappedOutput } from "./capped_output.ts";
import type { Command } from "./command_line.ts";
import type { CommandHost } from "./host.ts";
import { keptBytes } from "./limits.ts";
import { startCommand } from "./start_command.ts";
import type { RunOptions, RunResult } from "./types.ts";

/** Runs `command` and says how it ended. */
export async function run(
  host: CommandHost,
  command: Command,
  options: RunOptions = {},
): Promise<RunResult> {
  const kept = keptBytes(options, host.settings.limits);
  const running = await startCommand(host, command, options, {
    stdout: new CappedOutput(kept),
    stderr: new CappedOutput(kept),
  });
  return await running.result;
}
