/**
 * Deleting.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import type { FileEffect } from "../changes.ts";
import { DirectoryNotEmptyError, PathError } from "../errors.ts";
import { errorCode, removeFile, rename } from "../platform/fs.ts";
import { discardTree } from "../worktree/discard.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { type FileContext, locateTaken } from "./context.ts";
import { effectAt, identityAt, NO_CONTENT } from "./effect.ts";
import type { DeleteOptions } from "./types.ts";

/** Why something is not deleted. */
export const IS_WORKSPACE = "it is the workspace itself; delete that by its name";
export const IS_NOT_EMPTY = "the directory is not empty; delete it with recursive: true";

/**
 * Deletes the file, the link itself or the empty directory at `path`; under `recursive` a directory
 * with all below it, which goes out of sight in one step.
 *
 * @throws {FileNotFoundError} where nothing is there.
 * @throws {DirectoryNotEmptyError} where a directory is not empty, without `recursive`.
 * @throws {PathError} for the workspace itself.
 */
export async function remove(
  context: FileContext,
  path: string,
  options: DeleteOptions = {},
): Promise<FileEffect> {
  checkOptions("delete", options, { recursive: "boolean" });
  const { effect, trash } = await unlink(context, path, options.recursive ?? false);
  if (trash === null) return effect;
  return { ...effect, entries: await discardTree(trash) };
}

/** Takes away what is at `path`; `trash` is where a directory is now that still has to be removed. */
async function unlink(
  context: FileContext,
  path: string,
  recursive: boolean,
): Promise<{ effect: FileEffect; trash: string | null }> {
  using _lock = await context.hold(`delete ${path}`);
  const place = locateTaken(context, "delete", path, { follow: false });
  const { asked, path: file, inside, stat } = place;
  if (inside === "/") {
    throw new PathError(cannot("delete", asked, IS_WORKSPACE), asked);
  }
  const effect = effectAt(place, await identityAt(context, place), NO_CONTENT);
  if (!recursive || !stat.isDirectory) {
    attempt("delete", asked, () => removeOne(asked, file));
    return { effect: stat.isDirectory ? { ...effect, entries: 0 } : effect, trash: null };
  }
  const trash = context.temporary();
  attempt("delete", asked, () => rename(file, trash));
  return { effect, trash };
}

function removeOne(asked: string, file: string): void {
  try {
    removeFile(file);
  } catch (cause) {
    if (errorCode(cause) !== "ENOTEMPTY") throw cause;
    throw new DirectoryNotEmptyError(cannot("delete", asked, IS_NOT_EMPTY), asked, { cause });
  }
}
