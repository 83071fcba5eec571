/**
 * Checks what a caller asks of a command before anything is touched. An option that does not exist is
 * refused, since a misspelt `timeout` that is ignored is a command without one.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { checkEnvironment } from "./environment.ts";
import { checkLimits } from "./limits.ts";
import { checkPermissions } from "./permissions.ts";
import type { Limits, Permissions, RunOptions } from "./types.ts";

/** What `setTimeout` can wait for: a longer time would be up at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

type Check = (value: unknown, name: string) => void;

const CHECKS: { readonly [Name in keyof RunOptions]-?: Check } = {
  env: (value) => checkEnvironment(value as Record<string, string>),
  workdir: (value, name) => {
    if (typeof value !== "string") throw wrong(name, "it is a path of the workspace");
  },
  timeout: checkTimeout,
  captureOutput: checkBoolean,
  stdin: checkStdin,
  signal: (value, name) => {
    if (!(value instanceof AbortSignal)) throw wrong(name, "it is an AbortSignal");
  },
  check: checkBoolean,
  changes: checkBoolean,
  permissions: (value) => checkPermissions(value as Permissions),
  limits: (value) => checkLimits(value as Limits),
};

/**
 * Checks every option.
 *
 * @throws {TypeError} for an option that is unknown, or of the wrong type.
 * @throws {RangeError} for a timeout that is no time.
 */
export function checkOptions(options: RunOptions): void {
  if (typeName(options) !== "object") {
    throw new TypeError(
      `Cannot run a command: its options are an object, not ${typeName(options)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (!isOption(name)) {
      throw new TypeError(
        `Cannot run a command: there is no option ${JSON.stringify(name)}; ` +
          `there are ${Object.keys(CHECKS).join(", ")}`,
      );
    }
    if (value !== undefined) CHECKS[name](value, name);
  }
}

function isOption(name: string): name is keyof RunOptions {
  return Object.hasOwn(CHECKS, name);
}

function checkBoolean(value: unknown, name: string): void {
  if (typeof value !== "boolean") throw wrong(name, "it is true or false");
}

/** @throws {TypeError | RangeError} where `value` is no time that a command can be given. */
export function checkTimeout(value: unknown): void {
  if (typeof value !== "number") throw wrong("timeout", "it is a number of milliseconds");
  if (!(value > 0 && value <= MAX_TIMEOUT_MS)) {
    throw new RangeError(
      `Cannot use the option timeout: ${value} ms is not above 0 and at most ${MAX_TIMEOUT_MS}; ` +
        "leave it out for no limit",
    );
  }
}

function checkStdin(value: unknown): void {
  if (typeof value === "string" || value instanceof Uint8Array) return;
  if (!(value instanceof ReadableStream)) {
    throw wrong("stdin", "it is a string, a Uint8Array or a ReadableStream of Uint8Array");
  }
  if (value.locked) throw wrong("stdin", "the stream has a reader already; release its lock");
}

function wrong(name: string, rule: string): TypeError {
  return new TypeError(`Cannot use the option ${name}: ${rule}`);
}
