/**
 * Finds the sandbox of this machine, or out why there is none.
 *
 * @module
 */

import { errorCode, isDenied } from "../platform/fs.ts";
import { ProcessGroup } from "../platform/process.ts";
import { Bubblewrap, PROBE_ARGUMENTS } from "./bubblewrap.ts";
import { CappedOutput } from "./capped_output.ts";
import { OutputPipe } from "./output_pipe.ts";
import { parseSystemView, SYSTEM_VIEW_SCRIPT } from "./system_view.ts";

/** Something that cannot be held here. */
export interface Missing {
  /** What: `sandbox`, or a permission or a limit. */
  readonly what: string;
  /** Why not. */
  readonly why: string;
  /** What to do about it: a command, where one does it. */
  readonly remedy: string;
}

/** The outcome of a try: the sandbox, or why there is none. */
export type Detected =
  | { readonly sandbox: Bubblewrap; readonly uid: number }
  | { readonly sandbox: null; readonly missing: Missing };

/** Tries whether bubblewrap works here, and looks at the system through it. */
export async function detectSandbox(): Promise<Detected> {
  const { code, stdout, stderr } = await output([
    "bwrap",
    ...PROBE_ARGUMENTS,
    "--",
    "/bin/sh",
    "-c",
    SYSTEM_VIEW_SCRIPT,
  ]);
  if (code !== 0) return { sandbox: null, missing: explain(stderr) };
  const system = parseSystemView(stdout);
  return { sandbox: new Bubblewrap(system), uid: system.uid };
}

/** The version of bubblewrap that is installed; `null` where there is none. */
export async function bubblewrapVersion(): Promise<string | null> {
  const { code, stdout } = await output(["bwrap", "--version"]);
  return code === 0 ? /\d+(\.\d+)+/.exec(stdout)?.[0] ?? null : null;
}

/** Why there is no sandbox, from what bubblewrap or Deno said. */
function explain(said: string): Missing {
  const what = "sandbox";
  const text = said.trim();
  if (text === MISSING) {
    return {
      what,
      why: "bubblewrap (the program bwrap) is not installed",
      remedy: "install it: apt-get install bubblewrap, dnf install bubblewrap, apk add bubblewrap",
    };
  }
  if (text === DENIED) {
    return {
      what,
      why: "Deno may not run bubblewrap",
      remedy: "run Deno with --allow-run=bwrap",
    };
  }
  if (/unknown option/i.test(text)) {
    return {
      what,
      why: `bubblewrap is too old (${text})`,
      remedy: "install bubblewrap 0.8 or later",
    };
  }
  if (/namespace|uid map|gid map|loopback/i.test(text)) {
    return {
      what,
      why:
        `user namespaces are blocked here, by AppArmor, by a setting or by a container (${text})`,
      remedy:
        "on Ubuntu: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor " +
        "profile for bwrap; on Debian: sysctl -w kernel.unprivileged_userns_clone=1; in Docker: " +
        "--security-opt seccomp=unconfined --security-opt apparmor=unconfined",
    };
  }
  if (/proc/i.test(text)) {
    return {
      what,
      why: `the container hides parts of /proc (${text})`,
      remedy: "in Docker: --security-opt systempaths=unconfined",
    };
  }
  return {
    what,
    why: `bubblewrap does not work here (${text})`,
    remedy: "run bwrap by hand to see",
  };
}

const MISSING = "missing";
const DENIED = "denied";

async function output(
  argv: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  let group: ProcessGroup;
  try {
    group = new ProcessGroup({
      argv,
      environment: {},
      directory: "/",
      stdin: "null",
      output: "piped",
    });
  } catch (error) {
    if (!isDenied(error) && errorCode(error) !== "ENOENT") throw error;
    return { code: -1, stdout: "", stderr: isDenied(error) ? DENIED : MISSING };
  }
  const sinks = [new CappedOutput(64 * 1024), new CappedOutput(64 * 1024)] as const;
  const pipes = [group.stdout, group.stderr].flatMap((pipe, index) =>
    pipe === null ? [] : [new OutputPipe(pipe, sinks[index] ?? sinks[0])]
  );
  const { code } = await group.status;
  await Promise.all(pipes.map((pipe) => pipe.finish()));
  const [stdout, stderr] = sinks.map((sink) => new TextDecoder().decode(sink.captured().bytes));
  return { code, stdout: stdout ?? "", stderr: stderr ?? "" };
}
