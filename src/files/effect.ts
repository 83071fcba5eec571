/**
 * What a call changes at a path: the sizes and git object ids before and after it.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { hashObject } from "../git/object.ts";
import { Slices } from "../platform/slices.ts";
import { isSpecial, type Place } from "../worktree/beneath.ts";
import { hashLarge, isSmall, smallContent } from "../worktree/content.ts";
import type { FileContext } from "./context.ts";

/** The size in bytes and the git object id of a content; both `null` where there is none. */
export interface Identity {
  readonly size: number | null;
  readonly oid: string | null;
}

/** What has no content of its own: a directory, or nothing at all. */
export const NO_CONTENT: Identity = { size: null, oid: null };

/** What is at `place`, at once where that is small; without an id where it cannot be read. */
export function identityAt(
  { identify, wary }: FileContext,
  { path, stat }: Pick<Place, "path" | "stat">,
): Identity | Promise<Identity> {
  if (stat === null || stat.isDirectory || isSpecial(stat)) return NO_CONTENT;
  const unread = { size: stat.size, oid: null };
  if (!identify) return unread;
  const identity = (oid: string): Identity => ({ size: stat.size, oid });
  try {
    if (isSmall(stat)) return identity(hashObject("blob", smallContent(path, stat, wary)));
    return hashLarge(path, stat, new Slices(), wary).then(identity, () => unread);
  } catch {
    // Not readable for this user, a target that is not UTF-8 …: it can be replaced and deleted all the same.
    return unread;
  }
}

/** What a link to `target` is. */
export function identityOfLink(context: FileContext, target: string): Identity {
  const content = new TextEncoder().encode(target);
  return { size: content.length, oid: context.identify ? hashObject("blob", content) : null };
}

/** What happened at `place`; `from` is the other place of a copy or move. */
export function effectAt(
  place: Place,
  before: Identity,
  after: Identity,
  from?: Place,
): FileEffect {
  return {
    path: place.inside,
    ...(from === undefined ? {} : { from: from.inside }),
    sizeBefore: before.size,
    sizeAfter: after.size,
    oidBefore: before.oid,
    oidAfter: after.oid,
  };
}
