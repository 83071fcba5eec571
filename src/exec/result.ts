/**
 * How a command ended, in the shape in which callers get it, be it a success or a failure.
 *
 * @module
 */

import { CommandError } from "../errors.ts";
import type { Change, Skipped } from "../changes.ts";
import type { ExitStatus } from "../platform/process.ts";
import type { Captured } from "./output_pipe.ts";
import { REDACTED } from "../secrets/patterns.ts";
import { redactText } from "../secrets/redact.ts";
import { limitHit } from "./limits.ts";
import type { Limits, RunResult } from "./types.ts";

const MAX_TAIL = 300;
/** A shorter value of the environment is found in any text, and is no secret. */
const LEAST_VALUE = 6;

/** What is known when a command and its outputs have ended. */
export interface Ending {
  readonly status: ExitStatus;
  readonly timedOut: boolean;
  /** In ms. */
  readonly duration: number;
}

/** Everything that a result is made of. */
export interface ResultParts extends Ending {
  readonly stdout: Captured;
  readonly stderr: Captured;
  readonly sandbox: RunResult["sandbox"];
  readonly limits: Limits;
  readonly changes: Change[];
  readonly skipped: Skipped[];
}

/** Puts the result together. */
export function makeResult(parts: ResultParts): RunResult {
  const { status, stdout, stderr, timedOut, duration, sandbox, limits, changes, skipped } = parts;
  const { code, signal } = status;
  const truncated = stdout.truncated || stderr.truncated;
  return {
    code,
    success: code === 0 && !timedOut,
    signal,
    stdout: decode(stdout.bytes),
    stderr: decode(stderr.bytes),
    stdoutBytes: stdout.bytes,
    stderrBytes: stderr.bytes,
    timedOut,
    truncated,
    duration,
    sandbox,
    limit: limitHit(parts, limits, stderr, truncated),
    changes,
    skipped,
  };
}

/**
 * The error for a command, named `command`, that did not succeed. What it said last is shown without
 * what looks like a secret, and without the values of its environment.
 */
export function failure(
  command: string,
  result: RunResult,
  env: Readonly<Record<string, string>> = {},
): CommandError<RunResult> {
  const { code, signal, timedOut, stderr } = result;
  const how = timedOut
    ? `it ran out of time and ended with code ${code}`
    : signal === null
    ? `it ended with code ${code}`
    : `${signal} ended it, code ${code}`;
  const said = redactText(withoutValues(lastLines(stderr), env));
  return new CommandError(
    `Cannot complete ${command}: ${how}${said === "" ? "" : `:\n${said}`}`,
    result,
  );
}

function withoutValues(text: string, env: Readonly<Record<string, string>>): string {
  const values = Object.values(env).filter((value) => value.length >= LEAST_VALUE);
  return values.reduce((shown, value) => shown.replaceAll(value, REDACTED), text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** The end of a text, from the start of a line where that is possible. */
function lastLines(text: string): string {
  const trimmed = text.trimEnd();
  if (trimmed.length <= MAX_TAIL) return trimmed;
  const tail = trimmed.slice(-MAX_TAIL);
  return tail.slice(tail.indexOf("\n") + 1).toWellFormed();
}
