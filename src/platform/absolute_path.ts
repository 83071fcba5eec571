/**
 * Where a path or a URL that a caller gives leads on this machine.
 *
 * @module
 */

import { nodeUrl } from "./builtin.ts";
import { currentDirectory } from "./fs.ts";
import { resolve } from "@std/path/posix";

/** The absolute path that a path, or a `file:` URL, stands for; `null` for what is neither. */
export function absolutePath(place: unknown): string | null {
  const path = place instanceof URL ? pathOf(place) : place;
  const isPath = typeof path === "string" && path !== "" && path.isWellFormed() &&
    !path.includes("\0");
  return isPath ? resolve(currentDirectory(), path) : null;
}

function pathOf(url: URL): string | null {
  try {
    return nodeUrl().fileURLToPath(url);
  } catch {
    // Of another scheme, on another host, or with a slash inside a name.
    return null;
  }
}
