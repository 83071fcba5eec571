/**
 * Making directories.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { FileExistsError } from "../errors.ts";
import { makeNewDirectory } from "../platform/fs.ts";
import { cannot } from "../worktree/path_failure.ts";
import { type FileContext, isTaken, locate } from "./context.ts";
import { effectAt, NO_CONTENT } from "./effect.ts";
import { withParents } from "./parents.ts";

/**
 * Makes the directory at `path` and those above it; nothing happens where it is there, be it behind a
 * link that stays inside.
 *
 * @throws {FileExistsError} where something else is there, such as a link that leads nowhere.
 */
export async function mkdir(context: FileContext, path: string): Promise<FileEffect> {
  using _lock = await context.hold(`mkdir ${path}`);
  const place = locate(context, path, { follow: true });
  const effect = effectAt(place, NO_CONTENT, NO_CONTENT);
  if (place.stat?.isDirectory) return effect;
  if (isTaken(place) || isTaken(locate(context, path, { follow: false }))) {
    const rule = "something else is there already";
    throw new FileExistsError(cannot("make the directory", place.asked, rule), place.asked);
  }
  withParents("make the directory", place, () => makeNewDirectory(place.path));
  return effect;
}
