/**
 * From a command to a process: its environment, what it sees, and what went wrong where it does not
 * start.
 *
 * @module
 */

import { CommandError, SandboxError } from "../errors.ts";
import {
  environmentVariable,
  errorCode,
  isDenied,
  lstat,
  makeDirectory,
  removeFile,
} from "../platform/fs.ts";
import type { ProcessOptions, ProcessTree } from "../platform/process.ts";
import type { Choice } from "./choose.ts";
import type { CommandLine } from "./command_line.ts";
import { commandEnvironment } from "./environment.ts";
import type { CommandHost, Inside } from "./host.ts";
import { LAUNCH_FAILURES } from "./launcher.ts";
import type { Grants } from "./permissions.ts";
import type { Mount } from "./sandbox.ts";
import type { RunOptions } from "./types.ts";

/** How a command is connected to its caller. */
export interface Connection extends Pick<ProcessOptions, "stdin" | "output"> {
  readonly controlled: boolean;
  /** What a sandboxed command waits for. */
  readonly begins: Promise<unknown>;
}

/**
 * Starts a command in its workspace.
 *
 * @throws {CommandError} where it cannot be started.
 * @throws {SandboxError} where what was granted to it cannot be.
 * @throws {FileNotFoundError | NotADirectoryError | PathError} where `workdir` is no directory of the
 * workspace.
 */
export function launch(
  host: CommandHost,
  { argv, shown }: CommandLine,
  options: RunOptions,
  { sandbox, grants, limits }: Choice,
  inside: Inside | null,
  connection: Connection,
): ProcessTree {
  const workdir = options.workdir ?? "/";
  const directory = host.resolveDirectory(workdir);
  const git = host.gitEnvironment(sandbox.name !== "none");
  const environment = environmentOf(host.home, grants, { ...git, ...options.env });
  try {
    if (sandbox.name !== "none" || environment.HOME === host.home) makeHome(host.home);
    return sandbox.start({
      argv,
      environment,
      directory,
      mounts: [...ownMounts(host, grants), ...inside?.mounts ?? []],
      secrets: host.secrets,
      guarded: host.guarded,
      grants,
      limits,
      ...connection,
    });
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    // The system says the same of a missing program and of a directory that vanished meanwhile.
    host.resolveDirectory(workdir);
    const reason = whyNotStarted(error, argv[0] ?? "", environment.PATH ?? "", workdir);
    throw new CommandError(`Cannot run ${shown}: ${reason}`, null, { cause: error });
  }
}

/** What a command without a sandbox may have put in HOME's place, a link, would open where it leads. */
function makeHome(path: string): void {
  const found = lstat(path);
  if (found !== null && !found.isDirectory) removeFile(path);
  makeDirectory(path, 0o700);
}

/** The workspace and HOME, as far as they are granted. */
function ownMounts({ directory, home }: CommandHost, { workspace }: Grants): Mount[] {
  return [
    {
      path: directory,
      source: workspace === "none" ? null : directory,
      writable: workspace === "write",
    },
    { path: home, writable: true },
  ];
}

function environmentOf(
  home: string,
  { env }: Grants,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  if (env === false) return { ...added };
  const passed = env === true ? {} : Object.fromEntries(env.flatMap(passedOn));
  return commandEnvironment(home, { ...passed, ...added });
}

/** A variable of this process with its value, if it has one. */
function passedOn(name: string): [string, string][] {
  try {
    const value = environmentVariable(name);
    return value === undefined ? [] : [[name, value]];
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    throw new SandboxError(
      `Cannot pass on the variable ${name}: Deno itself may not read it; run it with --allow-env=${name}`,
      { cause },
    );
  }
}

/**
 * The error for a sandboxed command that never started, from what the sandbox or its shell had to say
 * in the command's place; `null` where it did start.
 */
export function startFailure(
  host: CommandHost,
  { argv: [program = ""], shown }: CommandLine,
  { env, workdir = "/" }: RunOptions,
  { code, said }: { code: number; said: string },
): CommandError | SandboxError | null {
  const path = commandEnvironment(host.home, env).PATH ?? "";
  const isMissing = code === 126 && said === LAUNCH_FAILURES.missing ||
    // What the shell itself says, in its own words, where the interpreter of a script is missing.
    code === 127 && program !== "/bin/sh" && /^sh: .*not found\n$/.test(said);
  if (isMissing) {
    const why = `${explain("ENOENT", program, path, workdir)}; what is not in the system's ` +
      "directories must be in permissions.read as well";
    return new CommandError(`Cannot run ${shown}: ${why}`);
  }
  if (code === 126 && said === LAUNCH_FAILURES.notExecutable) {
    return new CommandError(`Cannot run ${shown}: ${explain("EACCES", program, path, workdir)}`);
  }
  const failure = /^(?:bwrap|agentfs): (.*)\n$/.exec(said)?.[1];
  if (failure === undefined || (code !== 1 && code !== 126)) return null;
  // A directory that vanished meanwhile is one reason.
  host.resolveDirectory(workdir);
  return new SandboxError(`Cannot run ${shown} in a sandbox: ${failure}`);
}

function whyNotStarted(error: unknown, program: string, path: string, workdir: string): string {
  const said = error instanceof Error ? error.message : String(error);
  if (isDenied(error)) return `Deno's own permissions refuse it: ${said}`;
  return explain(errorCode(error), program, path, workdir) ??
    `the system could not start it: ${said}`;
}

/** What a code of the system means for the start of a program. */
function explain(
  code: string | null,
  program: string,
  path: string,
  workdir: string,
): string | null {
  const name = JSON.stringify(program);
  switch (code) {
    case "ENOENT":
      return program.includes("/")
        ? `${name} is missing, seen from ${workdir}, or the interpreter that it names is; check both`
        : `there is no program ${name} in ${path}; install it, give its path, or set PATH in env`;
    case "EACCES":
      return `${name} is not executable; chmod it, or name the program that interprets it`;
    case "E2BIG":
      return "its arguments and environment are more than the system takes; use stdin or a file";
    default:
      return null;
  }
}
