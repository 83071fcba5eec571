/**
 * Moving, as `rename(2)` does it.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { IsADirectoryError, NotADirectoryError, PathError } from "../errors.ts";
import { removeFile, rename } from "../platform/fs.ts";
import type { Place } from "../worktree/beneath.ts";
import { cannot } from "../worktree/path_failure.ts";
import { type FileContext, locate, locateTaken, type TakenPlace } from "./context.ts";
import { effectAt, identityAt } from "./effect.ts";
import { withParents } from "./parents.ts";
import { requireName } from "./write.ts";

/**
 * Moves what is at `from` to the path `to`, with the directories above it; a link is moved itself. A
 * file or link replaces a file or link, a directory replaces an empty directory. To move something to
 * where it is does nothing.
 *
 * @throws {FileNotFoundError} where nothing is at `from`.
 * @throws {DirectoryNotEmptyError} where a directory with something in it is at `to`.
 * @throws {IsADirectoryError} where a file is moved to where a directory is.
 * @throws {NotADirectoryError} where a directory is moved to where a file is.
 * @throws {PathError} where a directory is moved into itself.
 */
export async function move(context: FileContext, from: string, to: string): Promise<FileEffect> {
  using _lock = await context.hold(`move ${from} to ${to}`);
  const options = { follow: false, directories: new Set<string>() };
  const source = locateTaken(context, "move", from, options);
  const target = locate(context, to, options);
  const after = await identityAt(context, source);
  if (source.path === target.path) return effectAt(target, after, after, source);
  checkDirectories(source, target);
  const before = await identityAt(context, target);
  withParents("move to", target, () => {
    // rename(2) does nothing between two names of one file.
    if (isSameFile(source, target)) removeFile(source.path);
    else rename(source.path, target.path);
  });
  return effectAt(target, before, after, source);
}

/** Refuses what rename(2) would, and a slash behind what is no directory. */
export function checkDirectories(source: TakenPlace, target: Place): void {
  const { asked, stat } = target;
  if (!source.stat.isDirectory) {
    requireName("move to", target);
    if (!stat?.isDirectory) return;
    throw new IsADirectoryError(cannot("move to", asked, "a directory is there"), asked);
  }
  if (target.path.startsWith(`${source.path}/`)) {
    const rule = `the directory cannot be moved into itself, to ${JSON.stringify(asked)}`;
    throw new PathError(cannot("move", source.asked, rule), source.asked);
  }
  if (stat?.isDirectory === false) {
    const rule = "something is there that is no directory, and a directory cannot replace it";
    throw new NotADirectoryError(cannot("move to", asked, rule), asked);
  }
}

/** Whether these are two names of one file. */
export function isSameFile(source: TakenPlace, target: Place): boolean {
  return source.stat.ino === target.stat?.ino && source.stat.dev === target.stat.dev;
}
