/**
 * Keeps secrets out of the log: what looks like one is replaced before an entry is written.
 *
 * @module
 */

import { isSecretName, isSecretOption } from "../secrets/names.ts";
import { REDACTED } from "../secrets/patterns.ts";
import { redactText } from "../secrets/redact.ts";
import { FILE_OPERATIONS } from "./own_entry.ts";
import type { AuditDetails } from "./types.ts";

/** No text in the details of an entry is longer; in UTF-16 code units. */
const MAX_TEXT = 8 * 1024;
/** So much of a longer text is searched for secrets. */
const SEARCHED_TEXT = 8 * MAX_TEXT;
/** Deeper values are not followed. */
const MAX_DEPTH = 64;

/** What the details of an operation on a file have as paths, as exact as the entry's own. */
const PATHS: readonly string[] = ["from", "resolved"];
/** The operations that list what they changed, under which names, and what of that is a path. */
const MANY: readonly string[] = ["batch", "run", "restore", "commit"];
const LISTS = ["operations", "changes"] as const;
const LISTED_PATHS = ["path", "from"] as const;

/** The details without what looks like a secret, and with long texts cut. */
export function redactDetails(details: AuditDetails, operation: string): AuditDetails {
  const exact = FILE_OPERATIONS.includes(operation) ? PATHS : [];
  const redacted: AuditDetails = redactObject(details, 0, exact);
  if (MANY.includes(operation)) keepListedPaths(details, redacted);
  return redacted;
}

function keepListedPaths(details: AuditDetails, redacted: AuditDetails): void {
  for (const list of LISTS) {
    const elements = details[list];
    if (!Array.isArray(elements)) continue;
    for (const [index, element] of elements.entries()) {
      for (const name of LISTED_PATHS) {
        if (typeof element?.[name] !== "string") continue;
        (redacted[list] as AuditDetails[])[index]![name] = element[name];
      }
    }
  }
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactLong(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (depth > MAX_DEPTH) return REDACTED;
  return Array.isArray(value) ? redactArray(value, depth) : redactObject(value, depth);
}

function redactObject(
  object: object,
  depth: number,
  exact: readonly string[] = [],
): Record<string, unknown> {
  const redacted: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const value = (object as Record<string, unknown>)[key];
    const isExact = typeof value === "string" && exact.includes(key);
    set(redacted, key, isExact ? value : redactMember(key, value, depth));
  }
  return redacted;
}

function redactMember(key: string, value: unknown, depth: number): unknown {
  const mayTell = value === null || typeof value === "boolean" || !isSecretName(key);
  return mayTell ? redactValue(value, depth + 1) : REDACTED;
}

/** An assignment to `__proto__` would bend the object. */
function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else {
    const all = { enumerable: true, configurable: true, writable: true };
    Object.defineProperty(object, key, { value, ...all });
  }
}

/** In the arguments of a command, the word behind `--token` is its value. */
function redactArray(array: readonly unknown[], depth: number): unknown[] {
  return array.map((value, index) => {
    const before = array[index - 1];
    const isValue = typeof value === "string" && !value.startsWith("-") &&
      typeof before === "string" && isSecretOption(before);
    return isValue ? REDACTED : redactValue(value, depth + 1);
  });
}

function redactLong(text: string): string {
  if (text.length <= MAX_TEXT) return redactText(text);
  const searched = text.slice(0, searchedEnd(text));
  const redacted = redactText(searched);
  if (searched === text && redacted.length <= MAX_TEXT) return redacted;
  const shown = redacted.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, "");
  return `${shown}… [${text.length} characters, cut]`;
}

/** Up to where a text is searched: not to the middle of a word, which could be half a secret. */
function searchedEnd(text: string): number {
  if (text.length <= SEARCHED_TEXT) return text.length;
  let end = SEARCHED_TEXT;
  while (end > SEARCHED_TEXT / 2 && /\S/.test(text[end - 1]!)) end--;
  return end;
}
