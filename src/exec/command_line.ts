/**
 * A command as it is given: text for the shell, or a program with its arguments.
 *
 * @module
 */

const MAX_SHOWN = 100;

/** What a caller may call a command. */
export type Command = string | readonly string[];

/**
 * The program and the arguments that `command` stands for.
 *
 * @throws {TypeError} where it is empty, no command at all, or no system could be given it.
 */
export function commandLine(command: Command): string[] {
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
  for (const word of argv) {
    const rule = brokenRule(word);
    if (rule !== null) throw new TypeError(`Cannot run ${showCommand(command)}: it ${rule}`);
  }
  return [...argv];
}

/** Why a process cannot be handed `text` as it is; `null` where it can. */
export function brokenRule(text: string): string | null {
  if (text.includes("\0")) return "holds a NUL, which ends a string for the system";
  if (!text.isWellFormed()) return "is not valid Unicode";
  return null;
}

/** The command for people, on one line and not too long. */
export function showCommand(command: Command): string {
  const text = typeof command === "string" ? command : command.join(" ");
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
