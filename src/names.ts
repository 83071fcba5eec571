/**
 * The names of workspaces and snapshots: which are allowed, and how one becomes a directory's name.
 *
 * The rules are those of `git check-ref-format --branch`, since every name is part of a ref, and a
 * few of our own on top.
 *
 * @module
 */

import { typeName } from "./arguments.ts";
import { InvalidNameError } from "./errors.ts";

const MAX_NAME_BYTES = 200;
const MAX_ID_BYTES = 200;
const RESERVED = new Set(["trash", "HEAD"]);

/** Which rule `name` breaks, or `null` where it is a good name. */
function brokenRule(name: string): string | null {
  if (name === "") return "a name has at least one character";
  if (!name.isWellFormed()) return "a name is valid Unicode";
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) {
    return `a name has at most ${MAX_NAME_BYTES} bytes of UTF-8`;
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x20\x7f~^:?*[\\]/.test(name)) {
    return "a name has no space, control character or any of ~ ^ : ? * [ \\";
  }
  if (name.includes("..")) return "a name has no two dots in a row";
  if (name.includes("@{")) return "a name does not contain @{";
  if (/^[-.@]/.test(name)) return "a name does not start with -, . or @";
  if (name.endsWith(".")) return "a name does not end with a dot";
  if (RESERVED.has(name) || name.endsWith("_HEAD")) return "this name is reserved";
  if (name === "refs" || name.startsWith("refs/")) return "a name does not start with refs/";
  for (const component of name.split("/")) {
    if (component === "") return "a name has no empty part between slashes";
    if (component.startsWith(".")) return "no part of a name starts with a dot";
    if (component.endsWith(".lock")) return "no part of a name ends with .lock";
    if (RESERVED.has(component) && name.startsWith(`${component}/`)) {
      return "this name is reserved";
    }
  }
  return null;
}

/** Whether a workspace or snapshot can have this name. */
export function isName(name: unknown): name is string {
  return typeof name === "string" && brokenRule(name) === null;
}

/**
 * Checks the name of a workspace or snapshot.
 *
 * @throws {InvalidNameError} where it breaks a rule; the message says which.
 */
export function checkName(kind: "workspace" | "snapshot", name: string): void {
  if (typeof name !== "string") {
    throw new InvalidNameError(`Cannot name a ${kind}: a name is a string, not ${typeName(name)}`);
  }
  const rule = brokenRule(name);
  if (rule === null) return;
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  throw new InvalidNameError(`Cannot name a ${kind} ${JSON.stringify(shown)}: ${rule}`);
}

/**
 * The name as one component of a path: `/` and `%` are percent-encoded. A result that a file system
 * might not take is cut and ends in a hash behind `~`, which no name can contain.
 */
export function nameToId(name: string): string {
  const id = name.replaceAll("%", "%25").replaceAll("/", "%2F");
  const bytes = new TextEncoder().encode(id);
  if (bytes.length <= MAX_ID_BYTES) return id;
  // Rarely needed, and slow to load.
  const { createHash } = globalThis.process.getBuiltinModule("node:crypto");
  const hash = createHash("sha1").update(name).digest("hex");
  const head = new TextDecoder().decode(bytes.subarray(0, 120)).replace(/\uFFFD+$/, "");
  return `${head}~${hash}`;
}

/** Whether one of the names is a directory of the other, so that git cannot hold refs for both. */
export function namesCollide(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** A made-up name that sorts by time and does not repeat: `20261122-104501-3f9a1c04be`. */
export function madeUpName(now: Date = new Date()): string {
  const [day, time] = now.toISOString().split(/[T.]/) as [string, string];
  return `${day.replaceAll("-", "")}-${time.replaceAll(":", "")}-${randomId(10)}`;
}

const MADE_UP = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-f]{10}$/;

/** When a made-up name was made, in ms since 1970; `null` for any other name. */
export function madeUpAt(name: string): number | null {
  const [, year, month, day, hours, minutes, seconds] = MADE_UP.exec(name) ?? [];
  if (year === undefined) return null;
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
}

/** `length` random hexadecimal digits. */
export function randomId(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(length / 2)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, length);
}

/** Orders text by its UTF-8 bytes, which is git's order and differs from JavaScript's above U+FFFF. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    let x = a.charCodeAt(index);
    let y = b.charCodeAt(index);
    if (x === y) continue;
    // Surrogates stand for code points above all others, so they sort last.
    if (x >= 0xd800 && x < 0xe000) x += 0x10000;
    if (y >= 0xd800 && y < 0xe000) y += 0x10000;
    return x - y;
  }
  return a.length - b.length;
}
