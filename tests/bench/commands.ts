/**
 * What a command costs that does nothing: beside one without a workspace, and beside bubblewrap as one
 * would call it by hand.
 *
 * @module
 */

import { type RunResult, sandboxSupport, type Workspace } from "@agentfs/sdk";
import type { Contender, Entrant, Row } from "./rounds.ts";

const COMMANDS = 20;

const [PLAIN, OBSERVED] = ["run a command", "run a command and say what it changed"];

/** The names of all rows of commands. */
export const COMMAND_ROWS: readonly string[] = [PLAIN, OBSERVED];

/** The rows of commands, in a workspace of some size. */
export async function commandRows(workspace: Workspace): Promise<Row[]> {
  const plain = contender('run(["true"], { changes: false })', () => run(workspace, false));
  const observed = contender('run(["true"])', () => run(workspace, true));
  const others: Entrant[] = [["Deno", contender("Deno.Command", () => output("true"))]];
  const { sandbox } = await sandboxSupport();
  if (sandbox !== "none") {
    const byHand = () => output("bwrap", ...byHandArguments(workspace.path));
    others.push(["bubblewrap", contender("bwrap", byHand)]);
  }
  return [
    { name: PLAIN, entrants: [["AgentFS", plain], ...others] },
    { name: OBSERVED, entrants: [["AgentFS", observed], ...others] },
  ];
}

/** The same namespaces, and what anybody would mount, with no launcher, git or environment. */
function byHandArguments(directory: string): string[] {
  const bind = (path: string): string[] => ["--ro-bind-try", path, path];
  return [
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"],
    ...["--new-session", "--die-with-parent"],
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/passwd"].flatMap(bind),
    ...["--bind", directory, directory, "--chdir", directory, "true"],
  ];
}

async function run(workspace: Workspace, changes: boolean): Promise<void> {
  requireSuccess(await workspace.run(["true"], { changes }));
}

async function output(program: string, ...args: string[]): Promise<void> {
  requireSuccess(await new Deno.Command(program, { args }).output());
}

function requireSuccess({ success, code }: Pick<RunResult, "success" | "code">): void {
  if (!success) throw new Error(`A command that does nothing ended with code ${code}`);
}

function contender(what: string, call: () => Promise<void>): Contender {
  return {
    what,
    times: COMMANDS,
    run: async () => {
      for (let i = 0; i < COMMANDS; i++) await call();
    },
  };
}
