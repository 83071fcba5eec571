/**
 * Permission bits.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { chmod as setMode } from "../platform/fs.ts";
import { attempt } from "../worktree/path_failure.ts";
import { type FileContext, locateTaken } from "./context.ts";
import { Draft } from "./draft.ts";
import { effectAt, identityAt } from "./effect.ts";
import { openPlace } from "./open.ts";

/**
 * Sets the permission bits of the file or directory at `path`; links that stay inside are followed.
 * A file that has another name, perhaps outside of the workspace, is replaced by a copy of its own.
 *
 * @throws {RangeError} where `mode` is no integer from 0 to 0o7777.
 * @throws {FileNotFoundError} where nothing is there.
 */
export async function chmod(
  context: FileContext,
  path: string,
  mode: number,
): Promise<FileEffect> {
  checkMode(mode);
  using _lock = await context.hold(`chmod ${path}`);
  const place = locateTaken(context, "change the mode of", path, { follow: true });
  const { stat } = place;
  const content = await identityAt(context, place);
  if (!stat.isFile || stat.nlink === 1) {
    attempt("change the mode of", place.asked, () => setMode(place.path, mode));
  } else {
    using old = openPlace(context, place);
    using draft = new Draft(context, place.asked);
    await draft.copy(old);
    draft.put(place, { mode, mtime: stat.mtime });
  }
  return effectAt(place, content, content);
}

/** @throws {RangeError} where `mode` is not made of permission bits. */
export function checkMode(mode: number): void {
  if (Number.isInteger(mode) && mode >= 0 && mode <= 0o7777) return;
  throw new RangeError(`Cannot use ${mode} as a mode: a mode is an integer from 0 to 0o7777`);
}
