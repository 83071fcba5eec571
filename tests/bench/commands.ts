/**
 * What a command costs that does nothing: beside one without a workspace, and beside bubblewrap as one
 * would call it by hand.
 *
 * @module
 */

import { type RunResult, sandboxSupport, type Workspace } from "@agentfs/sdk";
import type { Comparison, Contender } from "./rounds.ts";

const COMMANDS = 20;

/** The comparisons of commands, in a workspace of some size. */
export async function commands(workspace: Workspace): Promise<Comparison[]> {
  const bare = contender("Deno.Command", () => output("true"));
  const plain = contender('run(["true"], { changes: false })', () => run(workspace, false));
  const observed = contender('run(["true"])', () => run(workspace, true));
  const comparisons = [
    { name: "run a command", times: COMMANDS, ours: plain, theirs: bare },
    {
      name: "run a command and say what it changed",
      times: COMMANDS,
      ours: observed,
      theirs: bare,
    },
  ];
  const { sandbox } = await sandboxSupport();
  if (sandbox === "none") return comparisons;
  const byHand = contender("bwrap", () => output("bwrap", ...byHandArguments(workspace.path)));
  const held = { name: "run a command in a sandbox", times: COMMANDS, ours: plain, theirs: byHand };
  return [...comparisons, held];
}

/** The same namespaces, and what anybody would mount, with no launcher, git or environment. */
function byHandArguments(directory: string): string[] {
  const bind = (path: string): string[] => ["--ro-bind-try", path, path];
  return [
    ...["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"],
    ...[
      "--new-session",
      "--die-with-parent",
      "--proc",
      "/proc",
      "--dev",
      "/dev",
      "--tmpfs",
      "/tmp",
    ],
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
    run: async () => {
      for (let i = 0; i < COMMANDS; i++) await call();
    },
  };
}
