/**
 * The environment of a command: small, the same everywhere, and nothing of this process's own, where
 * the owner's tokens and `GIT_*` variables are.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { brokenRule } from "./command_line.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What a command finds in its environment: four variables, and those of `added`, which win. */
export function commandEnvironment(
  home: string,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { PATH, HOME: home, LANG: "C.UTF-8", TERM: "dumb", ...added };
}

/**
 * Checks the variables that a caller adds.
 *
 * @throws {TypeError} naming the variable that no environment can hold.
 */
export function checkEnvironment(added: Readonly<Record<string, string>>): void {
  if (typeName(added) !== "object") {
    throw new TypeError("Cannot use the option env: it is an object of names and values");
  }
  for (const [name, value] of Object.entries(added)) {
    const rule = name === "" || name.includes("=")
      ? "has a name that is empty or holds ="
      : typeof value !== "string"
      ? `is ${typeName(value)}, not a string; leave it out instead`
      : brokenRule(name) ?? brokenRule(value);
    if (rule !== null) {
      throw new TypeError(`Cannot use the option env: ${JSON.stringify(name)} ${rule}`);
    }
  }
}
