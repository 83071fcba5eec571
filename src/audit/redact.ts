/**
 * Keeps secrets out of the log: what looks like one is replaced before an entry is written.
 *
 * This is a net with holes: a password that stands alone looks like any other word. Every kind of text is
 * searched in time that grows with its length only, since agents choose the texts.
 *
 * @module
 */

import { hidePatterns, REDACTED } from "./secret_patterns.ts";
import { hideNamed, isSecretName, isSecretOption } from "./secret_names.ts";
import type { AuditDetails } from "./types.ts";

export { REDACTED } from "./secret_patterns.ts";

/** No text in the details of an entry is longer; in UTF-16 code units. */
export const MAX_TEXT = 8 * 1024;
/** So much of a longer text is searched for secrets. */
const SEARCHED_TEXT = 8 * MAX_TEXT;
/** Deeper values are not followed. */
const MAX_DEPTH = 64;

/** What {@linkcode redactText} and {@linkcode redactDetails} replace, for people to read. */
export const REDACTIONS: readonly string[] = [
  "user names with passwords in URLs (`https://user:password@host`), and tokens in that place",
  "values in the query of a URL whose names say token, key, secret, password, signature or code",
  "`Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie` headers; `Bearer …` and `Basic …`",
  "values of options and assignments whose names say password, passphrase, secret, token, API key, " +
  "access key, private key, credential, authorization or cookie (`--token x`, `API_KEY=x`, " +
  '`"password": "x"`)',
  "tokens of a known shape: GitHub, GitLab, npm, PyPI, OpenAI and Anthropic (`sk-…`), Stripe, Slack, " +
  "AWS (`AKIA…`), Google (`AIza…`, `ya29.…`), JSON Web Tokens",
  "private keys in PEM",
  "values of keys in an entry's details whose names say one of these",
];

/** The text without what looks like a secret; again, it stays as it is. */
export function redactText(text: string): string {
  return hideNamed(hidePatterns(text));
}

/** The details without what looks like a secret, and with long texts cut. */
export function redactDetails(details: AuditDetails, operation: string): AuditDetails {
  const { from } = details;
  const redacted = redactObject(details, 0) as AuditDetails;
  // Of a copy or a move, this is a path, as exact as the other one.
  const isMoved = operation === "copy" || operation === "move";
  return isMoved && typeof from === "string" ? { ...redacted, from } : redacted;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactLong(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (depth > MAX_DEPTH) return REDACTED;
  return Array.isArray(value) ? redactArray(value, depth) : redactObject(value, depth);
}

function redactObject(object: object, depth: number): Record<string, unknown> {
  const redacted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    const isSecret = value !== null && typeof value !== "boolean" && isSecretName(key);
    // Not by assignment, which `__proto__` would bend.
    Object.defineProperty(redacted, key, {
      value: isSecret ? REDACTED : redactValue(value, depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return redacted;
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
  // A secret that the end of the searched part cuts in two must not be shown by half.
  const searched = text.length <= SEARCHED_TEXT
    ? text
    : text.slice(0, SEARCHED_TEXT).replace(/\S{1,4096}$/, "");
  const redacted = redactText(searched);
  if (searched === text && redacted.length <= MAX_TEXT) return redacted;
  const shown = redacted.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, "");
  return `${shown}… [${text.length} characters, cut]`;
}
