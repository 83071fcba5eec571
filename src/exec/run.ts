/**
 * Runs a command to its end.
 *
 * @module
 */

import { CappedOutput } from "./capped_output.ts";
import type { Command } from "./command_line.ts";
import type { CommandHost } from "./host.ts";
import { startCommand } from "./running_command.ts";
import type { RunOptions, RunResult } from "./types.ts";

/** Runs `command` and says how it ended; at most `outputBytes` of each output are kept. */
export async function run(
  host: CommandHost,
  command: Command,
  options: RunOptions = {},
  outputBytes?: number,
): Promise<RunResult> {
  const running = await startCommand(host, command, options, {
    stdout: new CappedOutput(outputBytes),
    stderr: new CappedOutput(outputBytes),
  });
  return await running.result;
}
