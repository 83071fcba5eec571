/**
 * A command as it is given: text for the shell, or a program with its arguments.
 *
 * @module
 */

import { redactText } from "../secrets/redact.ts";

const MAX_SHOWN = 100;
/** So much of a command is searched for secrets before it is shown; more could not be seen anyway. */
const MAX_SEARCHED = 4096;

/** What a caller may call a command. */
export type Command = string | readonly string[];

/** A command that can be handed to the system. */
export interface CommandLine {
  /** The program and its arguments. */
  readonly argv: readonly string[];
  /** The command for people: in quotes, on one line, not too long, and without what looks like a secret. */
  readonly shown: string;
}

/**
 * The program and the arguments that `command` stands for.
 *
 * @throws {TypeError} where it is empty, no command at all, or no system could be given it.
 */
export function commandLine(command: Command): CommandLine {
  const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  if (!Array.isArray(argv) || !argv.every((word) => typeof word === "string")) {
    throw new TypeError(
      "Cannot run a command: it is a string for the shell, or an array of a program and its arguments",
    );
  }
  const first = typeof command === "string" ? command.trim() : argv[0];
  if (first === undefined || first === "") {
    throw new TypeError("Cannot run a command: it is empty; name a program");
  }
  const text = redactText(commandText(command).slice(0, MAX_SEARCHED));
  const shown = JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
  for (const word of argv) {
    const rule = brokenRule(word);
    if (rule !== null) throw new TypeError(`Cannot run ${shown}: it ${rule}`);
  }
  return { argv: [...argv], shown };
}

/** A command as people type it. */
export function commandText(command: Command): string {
  if (typeof command === "string") return command;
  return command.map((word) => /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)).join(
    " ",
  );
}

/** Why a process cannot be handed `text` as it is; `null` where it can. */
export function brokenRule(text: string): string | null {
  if (text.includes("\0")) return "holds a NUL, which ends a string for the system";
  if (!text.isWellFormed()) return "is not valid Unicode";
  return null;
}
