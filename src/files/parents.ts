/**
 * The directories above a path: made when something is to be put there.
 *
 * @module
 */

import { errorCode, lstat, makeNewDirectory } from "../platform/fs.ts";
import type { Place } from "../worktree/beneath.ts";
import { discard } from "../worktree/discard.ts";
import { pathFailure } from "../worktree/path_failure.ts";

/** Makes the directories that `place` lacks, then calls; takes them away again where the call fails. */
export function withParents(action: string, place: Place, call: () => void): void {
  const made: string[] = [];
  try {
    for (const directory of place.missing) if (makeParent(directory)) made.push(directory);
    call();
  } catch (error) {
    for (const directory of made.reverse()) discard(directory);
    throw pathFailure(action, place.asked, error);
  }
}

/** Makes a directory; `false` where a running command made it just before. */
function makeParent(path: string): boolean {
  try {
    makeNewDirectory(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST" && lstat(path)?.isDirectory) return false;
    throw error;
  }
}
