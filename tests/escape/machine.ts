/**
 * Whether this machine has what the tests of sandboxes need.
 *
 * @module
 */

import { sandboxSupport } from "../../src/exec/support.ts";
import { hasCompiler } from "../crash/fault.ts";

let told = false;

/** Why sandboxes cannot be tested here, said once; `null` where they can. */
export async function whyNoSandbox(): Promise<string | null> {
  const { sandbox, missing } = await sandboxSupport();
  const why = sandbox === "none"
    ? missing.map(({ why, remedy }) => `${why}; ${remedy}`).join("\n")
    : hasCompiler()
    ? null
    : "there is no gcc to build the probe with";
  if (why !== null && !told) {
    told = true;
    // deno-lint-ignore no-console
    console.warn(`Escapes from sandboxes are not tested here: ${why}`);
  }
  return why;
}
