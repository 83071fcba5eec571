/**
 * What the room needs of the workspace that it works in.
 *
 * @module
 */

import { FileNotFoundError } from "../errors.ts";
import type { FileStat } from "../platform/fs.ts";
import { type Place, resolveBeneath, type ResolveOptions } from "../worktree/beneath.ts";
import { cannot } from "../worktree/path_failure.ts";

/** A workspace, as far as its files go. */
export interface FileContext {
  /** The absolute path of the workspace's directory. */
  readonly root: string;

  /** Whether changes tell the git object ids of what was and is there, which costs reading it. */
  readonly identify: boolean;

  /** Whether commands may be changing the workspace while it is worked on. */
  readonly wary?: boolean;

  /** An unused path on the same file system, outside of the workspace; swept after a crash. */
  temporary(): string;

  /** Takes the workspace's single writer lock, for one change; `purpose` is what the change does. */
  hold(purpose: string): Promise<Disposable>;

  /**
   * Does nothing where the workspace's directory is there.
   *
   * @throws {StoreError} where it is gone from disk.
   */
  requireRoot(): void;
}

/** A place where something is. */
export interface TakenPlace extends Place {
  readonly stat: FileStat;
}

/** Finds where `path` leads. Nothing need be there, but the workspace itself must be. */
export function locate(context: FileContext, path: string, options: ResolveOptions): Place {
  const place = resolveBeneath(context.root, path, options);
  // Where a directory below the root was seen, so was the root.
  const { stat, missing: [first = place.path] } = place;
  if (stat === null && first.lastIndexOf("/") <= context.root.length) context.requireRoot();
  return place;
}

/** Whether something is at `place`. */
export function isTaken(place: Place): place is TakenPlace {
  return place.stat !== null;
}

/**
 * Finds what `path` leads to.
 *
 * @throws {FileNotFoundError} where that is nothing.
 */
export function locateTaken(
  context: FileContext,
  action: string,
  path: string,
  options: ResolveOptions,
): TakenPlace {
  const place = locate(context, path, options);
  if (isTaken(place)) return place;
  throw new FileNotFoundError(cannot(action, place.asked, "nothing is there"), place.asked);
}
