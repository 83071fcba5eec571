/**
 * Opening a file to read it, and knowing that it is the file whose path was checked.
 *
 * @module
 */

import { IsADirectoryError, PathError } from "../errors.ts";
import type { OpenFile } from "../platform/fs.ts";
import { isSpecial, openSeen, type Place } from "../worktree/beneath.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { type FileContext, locateTaken, type TakenPlace } from "./context.ts";

/** As often as a file may be replaced between the look at it and its opening. */
const MAX_REPLACED = 100;

/** Opens the file that `path` leads to. One put in its place meanwhile is looked at anew. */
export function openToRead(context: FileContext, path: string): OpenFile {
  for (let tries = 1;; tries++) {
    const place = locateTaken(context, "read", path, { follow: true });
    requireFile("read", place);
    const file = attempt("read", place.asked, () => openSeen(place.path, place.stat));
    if (file !== null) return file;
    if (tries === MAX_REPLACED) throw replaced(place);
  }
}

/** Opens the file at a place that nobody else should change, since the workspace's lock is held. */
export function openPlace(place: TakenPlace): OpenFile {
  requireFile("read", place);
  const file = attempt("read", place.asked, () => openSeen(place.path, place.stat));
  if (file === null) throw replaced(place);
  return file;
}

function replaced({ asked }: Place): PathError {
  return new PathError(cannot("read", asked, "something else replaces it meanwhile"), asked);
}

/**
 * Refuses what is there and no file with content.
 *
 * @throws {IsADirectoryError} for a directory.
 * @throws {PathError} for a FIFO, a socket or a device.
 */
export function requireFile(action: string, { asked, stat }: Place): void {
  if (stat?.isDirectory) {
    throw new IsADirectoryError(cannot(action, asked, "it is a directory"), asked);
  }
  if (stat !== null && isSpecial(stat)) {
    throw new PathError(cannot(action, asked, "it is a FIFO, a socket or a device"), asked);
  }
}
