/**
 * From a command to a process. Here, and nowhere else, it is decided what is really started: this is
 * where a sandbox takes the command in.
 *
 * @module
 */

import { CommandError } from "../errors.ts";
import { errorCode, isDenied, makeDirectory } from "../platform/fs.ts";
import { ProcessGroup, type ProcessOptions } from "../platform/process.ts";
import type { CommandLine } from "./command_line.ts";
import { commandEnvironment } from "./environment.ts";
import type { CommandHost } from "./host.ts";
import type { RunOptions, RunResult } from "./types.ts";

/** What is started for a command, and what keeps it in its bounds. */
interface Launch {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory, as a path of this machine. */
  readonly directory: string;
  readonly sandbox: RunResult["sandbox"];
}

/** What to start so that a program runs with these arguments, in this environment and directory. */
function planLaunch(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  directory: string,
): Launch {
  return { argv, environment, directory, sandbox: "none" };
}

/**
 * Starts a command in its workspace.
 *
 * @throws {CommandError} where it cannot be started.
 * @throws {FileNotFoundError | NotADirectoryError | PathError} where `workdir` is no directory of the
 * workspace.
 */
export function launch(
  host: CommandHost,
  { argv, shown }: CommandLine,
  options: RunOptions,
  streams: Pick<ProcessOptions, "stdin" | "output">,
): { group: ProcessGroup; sandbox: RunResult["sandbox"] } {
  const workdir = options.workdir ?? "/";
  const environment = commandEnvironment(host.home, options.env);
  const { sandbox, ...plan } = planLaunch(argv, environment, host.resolveDirectory(workdir));
  try {
    if (environment.HOME === host.home) makeDirectory(host.home, 0o700);
    return { group: new ProcessGroup({ ...plan, ...streams }), sandbox };
  } catch (error) {
    // The system says the same of a missing program and of a directory that vanished meanwhile.
    host.resolveDirectory(workdir);
    const reason = whyNotStarted(error, argv[0] ?? "", environment.PATH ?? "", workdir);
    throw new CommandError(`Cannot run ${shown}: ${reason}`, null, { cause: error });
  }
}

function whyNotStarted(error: unknown, program: string, path: string, workdir: string): string {
  const name = JSON.stringify(program);
  const said = error instanceof Error ? error.message : String(error);
  if (isDenied(error)) return `Deno's own permissions refuse it: ${said}`;
  switch (errorCode(error)) {
    case "ENOENT":
      return program.includes("/")
        ? `${name} is missing, seen from ${workdir}, or the interpreter that it names is; check both`
        : `there is no program ${name} in ${path}; install it, give its path, or set PATH in env`;
    case "EACCES":
      return `${name} is not executable; chmod it, or name the program that interprets it`;
    case "E2BIG":
      return "its arguments and environment are more than the system takes; use stdin or a file";
    default:
      return `the system could not start it: ${said}`;
  }
}
