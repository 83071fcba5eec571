/**
 * What a setting takes: in words, and as a check of a value that can be anything.
 *
 * @module
 */

import { checkLimits } from "../exec/limits.ts";
import { checkTimeout } from "../exec/options.ts";
import { checkPermissions } from "../exec/permissions.ts";
import type { Limits, Permissions } from "../exec/types.ts";
import { isAuthor } from "../registry/signature.ts";
import { isAbsolute } from "@std/path/posix";

/** What a setting takes. */
export interface Rule<Value> {
  /** In words, behind "it must be". */
  readonly expected: string;
  /** What its numbers count. */
  readonly unit?: string;
  /** Whether its texts are paths: in a file they can be relative to the file's directory. */
  readonly paths?: true;
  /** Whether a value is right. */
  readonly accepts: (value: unknown) => value is Value;
}

/** What `setTimeout` can wait for, in ms: a longer time would be up at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** So many before now is still a moment that a `Date` can be. */
const MAX_DAYS = 100_000_000;

/** True or false. */
export const flag: Rule<boolean> = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

/** A number of something, above 0. */
export function amount(unit: string, most = Infinity): Rule<number> {
  return {
    expected: `a number of ${unit} above 0${most === Infinity ? "" : ` and at most ${most}`}`,
    unit,
    accepts: (value): value is number =>
      typeof value === "number" && Number.isFinite(value) && value > 0 && value <= most,
  };
}

/** A time that a timer can wait for. */
export function duration(unit: "ms" | "seconds"): Rule<number> {
  return amount(unit, unit === "ms" ? MAX_TIMER_MS : Math.floor(MAX_TIMER_MS / 1000));
}

/** The time limit of a command. */
export const commandTimeout: Rule<number> = {
  ...duration("ms"),
  accepts: (value): value is number => passes(() => checkTimeout(value)),
};

/** What can be said to be not set. TOML has no `null`: there, a setting is left out. */
function orNull<Value>(rule: Rule<Value>): Rule<Value | null> {
  return {
    ...rule,
    expected: `${rule.expected}, or null`,
    accepts: (value): value is Value | null => value === null || rule.accepts(value),
  };
}

/** A number of days, or for ever. */
export const days: Rule<number | null> = orNull(amount("days", MAX_DAYS));

/** One of these words. */
export function choice<Word extends string>(...words: readonly Word[]): Rule<Word> {
  const quoted = words.map((word) => `"${word}"`);
  return {
    expected: `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`,
    accepts: (value): value is Word => words.some((word) => word === value),
  };
}

/** The author of a commit. */
export const author: Rule<string | null> = orNull({
  expected: 'a text such as "Name <email>"',
  // Git takes no name that is nothing but dots, or not all of them do.
  accepts: (value): value is string => isText(value) && isAuthor(value) && !/^[\s.]*</.test(value),
});

/** Patterns of paths. */
export const patterns: Rule<string[]> = {
  expected: "an array of patterns",
  accepts: isTexts,
};

/** The path of a directory. */
export const absolutePath: Rule<string | null> = orNull({
  expected: "an absolute path",
  paths: true,
  accepts: (value): value is string => isText(value) && isAbsolute(value),
});

/** What a command may do; `listed` says what a list holds. */
export function permission(
  name: keyof Permissions,
  listed: string,
): Rule<boolean | string[]> {
  return {
    expected: `true, false or an array of ${listed}`,
    ...(name === "read" || name === "write" ? { paths: true } : {}),
    accepts: (value): value is boolean | string[] =>
      (typeof value === "boolean" || isTexts(value)) &&
      passes(() => checkPermissions({ [name]: value })),
  };
}

/** How much a command may use. */
export function limit(name: keyof Limits, unit: string): Rule<number> {
  return {
    ...amount(unit),
    accepts: (value): value is number => passes(() => checkLimits({ [name]: value } as Limits)),
  };
}

/** Whether a check that the room of a setting has lets it pass. */
function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** Control characters are in no setting on purpose, and they forge lines in files and logs. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed() &&
    !/\p{Cc}/u.test(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
