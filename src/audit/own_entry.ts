/**
 * Checks what an agent enters into the log by itself.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { byteLength } from "../paths.ts";

const MAX_OPERATION = 200;
const MAX_DETAILS_BYTES = 64 * 1024;
const MAX_DEPTH = 32;

/** The operations on what is at one path; a link may have led them to another one. */
export const FILE_OPERATIONS: readonly string[] = [
  ...["read", "write", "append", "copy", "move", "delete", "mkdir", "symlink", "chmod"],
];

/** The operations that this library enters. */
const OURS: ReadonlySet<string> = new Set([
  ...FILE_OPERATIONS,
  ...["create", "run", "batch", "snapshot", "restore", "commit", "apply"],
  ...["exists", "stat", "listDir", "readLink", "status", "diff", "log", "gc"],
]);
const OUR_PREFIXES = ["sync.", "snapshot.", "audit."];

/** Whether only this library enters the operation. */
function isOwnOperation(operation: string): boolean {
  return OURS.has(operation) || OUR_PREFIXES.some((prefix) => operation.startsWith(prefix));
}

/**
 * Checks an operation that an agent enters.
 *
 * @throws {TypeError} where it is no text that can be one, or one that this library enters itself.
 */
export function checkOwnOperation(operation: string): void {
  const cannot = (rule: string) => new TypeError(`Cannot record an entry: its operation ${rule}`);
  if (typeof operation !== "string") throw cannot(`is a string, not ${typeName(operation)}`);
  if (operation === "" || operation.length > MAX_OPERATION) {
    throw cannot(`has 1 to ${MAX_OPERATION} characters, not ${operation.length}`);
  }
  if (!operation.isWellFormed() || operation.includes("\0")) {
    throw cannot("is valid Unicode without NUL");
  }
  if (isOwnOperation(operation)) {
    throw cannot(
      `cannot be ${
        JSON.stringify(operation)
      }: AgentFS itself uses that word, and any that starts ` +
        `with ${OUR_PREFIXES.join(", ")}; use another, such as ${
          JSON.stringify(`agent.${operation}`)
        }`,
    );
  }
}

/**
 * Checks the details that an agent enters.
 *
 * @throws {TypeError} where one of them is no plain JSON; the message names it.
 * @throws {RangeError} where they are too much.
 */
export function checkOwnDetails(details: Record<string, unknown>): void {
  if (typeName(details) !== "object") {
    throw new TypeError(
      `Cannot record an entry: its details are an object, not ${typeName(details)}`,
    );
  }
  checkJson(details, "details", 0);
  const bytes = byteLength(JSON.stringify(details));
  if (bytes > MAX_DETAILS_BYTES) {
    throw new RangeError(
      `Cannot record an entry: its details have at most ${MAX_DETAILS_BYTES} bytes of JSON, not ` +
        `${bytes}; put what is large into a file, and name that`,
    );
  }
}

function checkJson(value: unknown, key: string, depth: number): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  // What is left out of an object is left out of its JSON.
  if (value === undefined && depth > 0) return;
  if (depth > MAX_DEPTH) {
    throw new RangeError(`Cannot record an entry: ${key} is more than ${MAX_DEPTH} levels deep`);
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, `${key}[${index}]`, depth + 1);
  } else if (isPlain(value)) {
    for (const [name, item] of Object.entries(value)) checkJson(item, `${key}.${name}`, depth + 1);
  } else {
    throw new TypeError(
      `Cannot record an entry: ${key} is plain JSON, not ${describe(value)}; make it a string, a ` +
        "number, a list or a plain object",
    );
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown): string {
  if (typeof value === "number") return String(value);
  const name = typeof value === "object" ? value?.constructor?.name : undefined;
  return name === undefined || name === "Object" ? typeName(value) : `a ${name}`;
}
