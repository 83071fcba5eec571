/**
 * No sandbox: a command with all rights of its user. Its environment is clean all the same, and its
 * process group is ended with it.
 *
 * @module
 */

import { ProcessGroup, type ProcessTree } from "../platform/process.ts";
import { launcher } from "./launcher.ts";
import { limitScript } from "./limits.ts";
import type { Grants } from "./permissions.ts";
import type { Sandbox, SandboxRequest } from "./sandbox.ts";
import type { Limits } from "./types.ts";

/** Holds nothing but limits. */
export const NO_SANDBOX: Sandbox = {
  name: "none",

  refusal(_grants: Grants, limits: Limits): string | null {
    if (limits.processes === undefined) return null;
    return "the limit processes cannot be held without a sandbox, where all processes of the user " +
      "count; leave it out";
  },

  start({ argv, environment, directory, stdin, output, limits }: SandboxRequest): ProcessTree {
    const script = limitScript(limits, { processes: 0 });
    const steps = { dropStdin: false, control: null, environment: null, limits: script };
    return new ProcessGroup({
      argv: script.length === 0 ? argv : launcher(argv, steps),
      environment,
      directory,
      stdin,
      output,
    });
  },
};
