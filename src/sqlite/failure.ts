/**
 * What SQLite says when something fails, in this library's words.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { messageOf } from "../platform/failure.ts";
import { errorCode } from "../platform/fs.ts";

/** What to do about a failure, by what SQLite's message says. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /malformed|not a database|no such (table|column)|has no column|constraint failed/,
    "it is damaged; move it away to begin a new one, or put a copy of it back",
  ],
  [/too large to be represented/, "it is damaged: a number in it is none of ours"],
  [/disk is full/, "make room and try again"],
  [/readonly database|unable to open/, "let this process's user read and write it"],
  [/disk I\/O error/, "look after the disk and try again"],
];

/** Whether another connection has the lock that was needed. */
export function isLocked(error: unknown): boolean {
  return isFromSqlite(error) && /\b(locked|busy)\b/.test(error.message);
}

/** The typed error for a failure of the database at `path`; one that is not SQLite's stays as it is. */
export function databaseFailure(action: string, path: string, error: unknown): unknown {
  if (!isFromSqlite(error)) return error;
  const said = messageOf(error);
  const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1] ?? "try again";
  return new StoreError(`Cannot ${action}: the database ${path} says "${said}"; ${remedy}`, {
    cause: error,
  });
}

// Deno gives no number of SQLite's with its errors, only the text that belongs to the number.
function isFromSqlite(error: unknown): error is Error {
  const code = errorCode(error);
  return code === "ERR_SQLITE_ERROR" || code === "ERR_OUT_OF_RANGE";
}
