/**
 * A PATH of a test's own: programs of the system that are needed, and such as a test makes up.
 *
 * @module
 */

import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";

const NEEDED = ["cat", "env", "kill", "setsid", "sh", "sleep"];

/** Makes a directory with a few of the system's programs and, by their text, others. */
export async function programs(made: Record<string, string>): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  for (const name of NEEDED) await Deno.symlink(`/usr/bin/${name}`, `${directory.path}/${name}`);
  for (const [name, text] of Object.entries(made)) {
    await Deno.writeTextFile(`${directory.path}/${name}`, text);
    await Deno.chmod(`${directory.path}/${name}`, 0o755);
  }
  return directory;
}
