/**
 * What the operations of a batch do to what is at their paths.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { errorCode, isDenied, readDirectory } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { isSpecial, type Place } from "../worktree/beneath.ts";
import { FileChanged, hashFile } from "../worktree/content.ts";
import type { FileContext } from "./context.ts";
import type { BatchOperation } from "./types.ts";

/** What one operation did. */
export type BatchEffect = FileEffect & { readonly type: BatchOperation["type"] };

/** A workspace's files, and whether object ids are wanted of what changes, which costs reading it. */
export interface BatchContext extends FileContext {
  readonly identify: boolean;
}

/** The size in bytes and the git object id of a content; both `null` where there is none. */
export interface Identity {
  readonly size: number | null;
  readonly oid: string | null;
}

/** What has no content of its own: a directory, or nothing at all. */
export const NO_CONTENT: Identity = { size: null, oid: null };

/** What is at `place`; without an id where it cannot be read, which need not stop a change. */
export async function identityAt(
  context: BatchContext,
  { path, stat }: Pick<Place, "path" | "stat">,
): Promise<Identity> {
  if (stat === null || stat.isDirectory || isSpecial(stat)) return NO_CONTENT;
  if (!context.identify) return { size: stat.size, oid: null };
  try {
    const { oid } = await hashFile(path, stat, new Slices());
    return { size: stat.size, oid };
  } catch (error) {
    const isUnreadable = error instanceof FileChanged || isDenied(error);
    if (!isUnreadable && errorCode(error) === null) throw error;
    return { size: stat.size, oid: null };
  }
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

/** How many files and links are below a directory, as far as it can be read. */
export async function entriesBelow(
  directory: string,
  slices: Slices = new Slices(),
): Promise<number> {
  let count = 0;
  for (const { name, isDirectory } of entriesOf(directory)) {
    count += isDirectory ? await entriesBelow(`${directory}/${name}`, slices) : 1;
    if (slices.due) await slices.rest();
  }
  return count;
}

function entriesOf(directory: string): { name: string; isDirectory: boolean }[] {
  try {
    return readDirectory(directory) ?? [];
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return [];
  }
}
