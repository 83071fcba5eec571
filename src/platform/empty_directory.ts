/**
 * Removes a directory only as long as it is empty, and is a directory.
 *
 * `Deno.remove` cannot promise that: it looks what the path is and then removes that, so a file that
 * another process has put there in the meantime, a ref say, would go.
 *
 * @module
 */

import { nodeFs } from "./builtin.ts";
import { errorCode } from "./fs.ts";

/** Whether nothing is at `path` any more, which a file or a directory with something in it stops. */
export function removeEmptyDirectory(path: string): boolean {
  try {
    nodeFs().rmdirSync(path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    return code === "ENOENT";
  }
}
