/**
 * What this machine can hold a command with, and what is missing.
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

/** What this machine can hold commands with. */
export interface SandboxSupport {
  /** The strongest sandbox that it has. */
  readonly sandbox: "bubblewrap" | "none";
  /** The version of bubblewrap, such as `0.12.0`; `null` where there is none. */
  readonly version: string | null;
  /** The permissions and limits that it holds. */
  readonly holds: readonly string[];
  /** What it does not hold, or not as well as it could. */
  readonly missing: readonly Missing[];
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

/**
 * Says what this machine can hold a command to, why not to more, and what mends that.
 *
 * Needs `--allow-run=bwrap`.
 *
 * @example
 * ```ts
 * import { sandboxSupport } from "@agentfs/sdk";
 *
 * const { sandbox, missing } = await sandboxSupport();
 * console.log(sandbox);
 * for (const { what, why, remedy } of missing) console.log(`${what}: ${why}; ${remedy}`);
 * ```
 */
export async function sandboxSupport(): Promise<SandboxSupport> {
  const detected = await detectSandbox();
  const version = await bubblewrapVersion();
  if (detected.sandbox === null) {
    return {
      sandbox: "none",
      version,
      holds: ["env", "outputBytes", "memoryBytes", "cpuSeconds", "fileBytes"],
      missing: [detected.missing],
    };
  }
  const missing: Missing[] = [NET_LIST, RUN_LIST];
  const holds = [
    "read",
    "write",
    "net",
    "env",
    "outputBytes",
    "memoryBytes",
    "cpuSeconds",
    "fileBytes",
  ];
  if (detected.uid === 0) missing.push(PROCESSES);
  else holds.push("processes");
  if (version !== null && isBefore(version, FIXED)) missing.push(outdated(version));
  return { sandbox: "bubblewrap", version, holds, missing };
}

const NET_LIST: Missing = {
  what: "net: a list of hosts",
  why: "bubblewrap gives a program all of the network or none",
  remedy: "pass net: true or false",
};

const RUN_LIST: Missing = {
  what: "run: a list of programs",
  why: "a program can start whatever it can read",
  remedy: "leave run out",
};

const PROCESSES: Missing = {
  what: "the limit processes",
  why: "the kernel does not count the processes of root",
  remedy: "run as another user",
};

/** The first version that cannot be led through a link while it sets up. */
const FIXED = "0.12.0";

function outdated(version: string): Missing {
  return {
    what: "bubblewrap before 0.12",
    why:
      `bubblewrap ${version} can be led through a link while it makes a mount point in a directory ` +
      "that a command can write; this library makes none there",
    remedy: `install bubblewrap ${FIXED} or later once your system has it`,
  };
}

async function bubblewrapVersion(): Promise<string | null> {
  const { code, stdout } = await output(["bwrap", "--version"]);
  return code === 0 ? /\d+(\.\d+)+/.exec(stdout)?.[0] ?? null : null;
}

function isBefore(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split(".").map(Number));
  const at = b?.findIndex((number, index) => number !== (a?.[index] ?? 0)) ?? -1;
  return at !== -1 && (a?.[at] ?? 0) < (b?.[at] ?? 0);
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
