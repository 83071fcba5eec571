/**
 * Which sandbox a command gets. Never a weaker one than was asked for.
 *
 * @module
 */

import { SandboxError } from "../errors.ts";
import { nodeConsole } from "../platform/builtin.ts";
import type { CommandHost } from "./host.ts";
import { mergeLimits } from "./limits.ts";
import { NO_SANDBOX } from "./none.ts";
import { type Grants, grantsOf } from "./permissions.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Missing } from "./detect.ts";
import type { Limits, RunOptions } from "./types.ts";

/** What holds a command, and to what. */
export interface Choice {
  readonly sandbox: Sandbox;
  readonly grants: Grants;
  readonly limits: Limits;
}

/**
 * Decides for the command `shown`.
 *
 * @throws {SandboxError} where what is asked for cannot be held.
 */
export async function chooseSandbox(
  host: CommandHost,
  shown: string,
  options: RunOptions,
): Promise<Choice> {
  const { settings } = host;
  const asked = [options.permissions, settings.permissions].filter((one) => one !== undefined);
  const grants = grantsOf(...asked);
  const limits = mergeLimits(options.limits, settings.limits);
  // Who names permissions wants them held, whatever the configuration leaves to chance.
  const mode = asked.length > 0 ? "required" : settings.sandbox;
  const sandbox = await choose(host, shown, mode);
  const refusal = sandbox.refusal(grants, limits);
  if (refusal !== null) throw new SandboxError(`Cannot run ${shown} as asked: ${refusal}`);
  return { sandbox, grants, limits };
}

async function choose(
  host: CommandHost,
  shown: string,
  mode: CommandHost["settings"]["sandbox"],
): Promise<Sandbox> {
  if (mode === "off") return NO_SANDBOX;
  const detected = await host.detect();
  if (detected.sandbox !== null) return detected.sandbox;
  const { why, remedy } = detected.missing;
  if (mode === "auto") {
    warnOnce(detected.missing);
    return NO_SANDBOX;
  }
  throw new SandboxError(`Cannot run ${shown} in a sandbox: ${why}; ${remedy}`);
}

let warned = false;

function warnOnce({ why, remedy }: Missing): void {
  if (warned) return;
  warned = true;
  nodeConsole().warn(
    `AgentFS: commands run without a sandbox, with all rights of this user: ${why}; ${remedy}. ` +
      'Set run.sandbox to "required" to refuse this, or to "off" to accept it.',
  );
}
