/**
 * Symbolic links. One may lead anywhere; what is refused is to follow it out of the workspace.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { EncodingError, PathError } from "../errors.ts";
import { readLink as readTarget } from "../platform/fs.ts";
import { NO_LINKS, prepareLinks } from "../platform/links.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { type FileContext, locate, locateTaken } from "./context.ts";
import { effectAt, identityOfLink, NO_CONTENT } from "./effect.ts";
import { withParents } from "./parents.ts";
import { requireFree, requireName } from "./write.ts";

/**
 * Makes a link at `path`, with the directories above it. The target is stored as it is given.
 *
 * @throws {FileExistsError} where anything is there.
 * @throws {PathError} where the target is empty or holds a NUL, and where Deno's permissions are scoped
 * and do not allow to run bubblewrap, which then makes the link.
 */
export async function symlink(
  context: FileContext,
  target: string,
  path: string,
): Promise<FileEffect> {
  using _lock = await context.hold(`symlink ${path}`);
  const place = locate(context, path, { follow: false });
  const { asked } = place;
  requireFree(ACTION, place);
  requireName(ACTION, place);
  if (typeof target !== "string" || target === "" || target.includes("\0")) {
    const rule = "its target must be text that is not empty and holds no NUL";
    throw new PathError(cannot(ACTION, asked, rule), asked);
  }
  if (!target.isWellFormed()) {
    throw new EncodingError(cannot(ACTION, asked, "its target is not valid Unicode"), asked);
  }
  using links = await prepareLinks([target], context.temporary());
  if (links === null) throw new PathError(cannot(ACTION, asked, NO_LINKS), asked);
  withParents(ACTION, place, () => links.make(target, place.path));
  return effectAt(place, NO_CONTENT, identityOfLink(context, target));
}

const ACTION = "make the link";

/**
 * The target of the link at `path`, as it is stored.
 *
 * @throws {FileNotFoundError} where nothing is there.
 * @throws {PathError} where something else is there, or the target is not UTF-8.
 */
export function readLink(context: FileContext, path: string): Promise<string> {
  return Promise.try(() => {
    const place = locateTaken(context, "read the link", path, { follow: false });
    if (place.stat.isSymlink) {
      return attempt("read the link", place.asked, () => readTarget(place.path));
    }
    throw new PathError(cannot("read the link", place.asked, "it is no link"), place.asked);
  });
}
