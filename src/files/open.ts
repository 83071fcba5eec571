/**
 * Opening a file to read it, and knowing that it is the file whose path was checked.
 *
 * @module
 */

import { IsADirectoryError, PathError } from "../errors.ts";
import type { FileStat } from "../platform/fs.ts";
import { openSeen, type SourceFile } from "../platform/wary_file.ts";
import { isSpecial, type Place } from "../worktree/beneath.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { type FileContext, locateTaken, type TakenPlace } from "./context.ts";

/** As often as a file may be replaced between the look at it and its opening. */
const MAX_REPLACED = 100;

const REPLACED = "something else takes its place meanwhile";

/** Why what is neither a file nor a directory nor a link is not opened: that could wait for ever. */
export const SPECIAL = "it is a FIFO, a socket or a device";

/**
 * Opens the file that `path` leads to, and gives what a look at it found, and where that is in the
 * workspace. One put in its place meanwhile is looked at anew.
 */
export function openToRead(
  context: FileContext,
  path: string,
): { file: SourceFile; stat: FileStat; inside: string } {
  for (let tries = 1;; tries++) {
    const place = locateTaken(context, "read", path, { follow: true });
    requireFile("read", place);
    const file = attempt("read", place.asked, () => openSeen(place.path, place.stat, context));
    if (file !== null) return { file, stat: place.stat, inside: place.inside };
    if (tries === MAX_REPLACED) {
      throw new PathError(cannot("read", place.asked, REPLACED), place.asked);
    }
  }
}

/** Opens the file at a place that nobody else should change, since the workspace's lock is held. */
export function openPlace(context: FileContext, place: TakenPlace): SourceFile {
  requireFile("read", place);
  return openUnchanged(context, place.asked, place.path, place.stat);
}

/**
 * Opens the file at `path` on this machine, whose path in the workspace is `shown`.
 *
 * @throws {PathError} where it is no longer the file that `stat` is about.
 */
export function openUnchanged(
  context: FileContext,
  shown: string,
  path: string,
  stat: FileStat,
): SourceFile {
  const file = attempt("read", shown, () => openSeen(path, stat, context));
  if (file === null) throw new PathError(cannot("read", shown, REPLACED), shown);
  return file;
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
  if (stat !== null && isSpecial(stat)) throw new PathError(cannot(action, asked, SPECIAL), asked);
}
