/**
 * One suite for all sandboxes: a test is registered once for each, and what truly differs between them
 * is a fact that a test can ask for.
 *
 * @module
 */

import type { RunSettings } from "../../src/exec/host.ts";
import { detectSandbox } from "../../src/exec/detect.ts";
import { type TestHost, testHost } from "./host.ts";

/** A sandbox, and how it differs from others. */
export interface SandboxFacts {
  readonly name: "none" | "bubblewrap";
  /** The settings that choose it. */
  readonly settings: RunSettings;
  /**
   * What ends a command of `run` that would let itself be ended: by `SIGTERM` it has time to clear up;
   * a sandbox ends all at once.
   */
  readonly endsBy: "SIGTERM" | "SIGKILL";
  /** Whether a process that leaves for a session of its own is ended with the command. */
  readonly endsSessions: boolean;
  /** Whether who writes to a stdin that was closed learns that before the command ends. */
  readonly tellsOfClosedStdin: boolean;
  /** Whether the private HOME is made although the command is given another. */
  readonly alwaysMakesHome: boolean;
}

const SANDBOXES: readonly SandboxFacts[] = [
  {
    name: "none",
    settings: { sandbox: "off" },
    endsBy: "SIGTERM",
    endsSessions: false,
    tellsOfClosedStdin: true,
    alwaysMakesHome: false,
  },
  {
    name: "bubblewrap",
    settings: { sandbox: "required" },
    endsBy: "SIGKILL",
    endsSessions: true,
    // Its own processes have the same stdin, and keep it.
    tellsOfClosedStdin: false,
    alwaysMakesHome: true,
  },
];

const detected = await detectSandbox();

/** Whether commands can be sandboxed on this machine. */
export const HAS_BUBBLEWRAP = detected.sandbox !== null;

/** Whether this machine's root runs the tests. */
export const IS_ROOT = Deno.uid() === 0;

if (detected.sandbox === null) tellOnce(`${detected.missing.why}; ${detected.missing.remedy}`);

/** Registers a test for each sandbox, each with a host of its own. */
export function eachSandbox(
  name: string,
  test: (host: TestHost, facts: SandboxFacts) => Promise<void>,
): void {
  for (const facts of SANDBOXES) register(name, facts, test);
}

/** Registers a test of what only a real sandbox can do. */
export function sandboxed(name: string, test: (host: TestHost) => Promise<void>): void {
  for (const facts of SANDBOXES.filter((one) => one.name !== "none")) register(name, facts, test);
}

function register(
  name: string,
  facts: SandboxFacts,
  test: (host: TestHost, facts: SandboxFacts) => Promise<void>,
): void {
  Deno.test({
    name: `${name} (${facts.name})`,
    ignore: facts.name !== "none" && !HAS_BUBBLEWRAP,
    fn: async () => {
      await using host = await testHost(facts.settings);
      await test(host, facts);
    },
  });
}

/** Once for all files of a run, which share the environment of their process. */
function tellOnce(why: string): void {
  const told = "AGENTFS_TEST_TOLD";
  if (Deno.env.has(told)) return;
  Deno.env.set(told, "1");
  Deno.stderr.writeSync(
    new TextEncoder().encode(`\nTHE TESTS OF THE SANDBOX WERE NOT RUN: ${why}\n\n`),
  );
}
