/**
 * What this machine can hold a command with, and what is missing.
 *
 * @module
 */

import type { Missing } from "./detect.ts";

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
  const { bubblewrapVersion, detectSandbox } = await import("./detect.ts");
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

function isBefore(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split(".").map(Number));
  const at = b?.findIndex((number, index) => number !== (a?.[index] ?? 0)) ?? -1;
  return at !== -1 && (a?.[at] ?? 0) < (b?.[at] ?? 0);
}
