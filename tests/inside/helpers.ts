/**
 * The helpers that work on the files of a workspace, as the machine sees them.
 *
 * @module
 */

import { HAS_BUBBLEWRAP } from "../exec/each_sandbox.ts";

/** The ids of the helpers of the workspace at `directory`, outermost process first. */
export function helpersOf(directory: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const argv = commandLine(name);
    const server = argv.findIndex((argument) => argument.endsWith("/file_server.ts"));
    if (server !== -1 && argv[server + 1] === directory) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}

/** Empty for a process that has ended meanwhile. */
function commandLine(id: string): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${id}/cmdline`).split("\0");
  } catch {
    return [];
  }
}

/** Waits until something holds, for at most ten seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited >= 10_000) throw new Error("It took over ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Registers a test for which bubblewrap must be there; where it is not, a word at the start says so. */
export function sandboxTest(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, ignore: !HAS_BUBBLEWRAP, fn });
}
