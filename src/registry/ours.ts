/**
 * Whether a path of this machine lies in what belongs to agents.
 *
 * @module
 */

import { errorCode, isDenied, lstat } from "../platform/fs.ts";
import { WaryFile } from "../platform/wary_file.ts";
import { dirname, isAbsolute } from "@std/path/posix";

/** What is in the data directory by its usual name, and what a sandbox has in place of git's side. */
const KNOWN_PLACES =
  /\/\.agentfs\/(?:workspaces|home|tmp|store\.git)\/|\/agentfs\/inside\/[^/]+\/repository\//;

/** More than any path or pointer to a git directory has. */
const MAX_MARKER_BYTES = 8192;

/**
 * Whether the file at `path`, whose links are resolved, lies in a workspace or in a data directory of
 * ours, whoever's they are. Where Deno or the system do not let us look, there is no sign of it.
 */
export function isOurs(path: string): boolean {
  if (KNOWN_PLACES.test(path)) return true;
  for (let directory = dirname(path);; directory = dirname(directory)) {
    if (isWorkspaceDirectory(directory) || isDataDirectory(directory)) return true;
    if (directory === dirname(directory)) return false;
  }
}

/** The `.git` file of a workspace leads to git's side of it. */
function isWorkspaceDirectory(directory: string): boolean {
  const pointer = marker(`${directory}/.git`);
  return pointer !== null && /^gitdir: [^\n]*\/worktrees\/agentfs-[^/\n]+\n?$/.test(pointer);
}

/** A data directory names its base, and has a directory for the files of workspaces. */
function isDataDirectory(directory: string): boolean {
  const base = marker(`${directory}/base`);
  if (base === null || !isAbsolute(base) || base.includes("\n")) return false;
  return look(() => lstat(`${directory}/workspaces`))?.isDirectory === true;
}

/** The text of a small file; `null` where there is none. An agent can have put anything there. */
function marker(path: string): string | null {
  return look(() => {
    if (lstat(path)?.isFile !== true) return null;
    using file = new WaryFile(path);
    if (!file.stat().isFile) return null;
    const buffer = new Uint8Array(MAX_MARKER_BYTES);
    return new TextDecoder().decode(buffer.subarray(0, file.read(buffer)));
  });
}

function look<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (isDenied(error) || errorCode(error) !== null) return null;
    throw error;
  }
}
