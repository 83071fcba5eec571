/**
 * Copying. A directory's copy is built out of sight and appears whole, or not at all.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { PathError } from "../errors.ts";
import { isGitName } from "../paths.ts";
import {
  chmod,
  errorCode,
  type FileStat,
  hardLink,
  lstat,
  makeNewDirectory,
  OpenFile,
  readDirectory,
  readLink,
  rename,
  symlink,
} from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { isSpecial, type Place } from "../worktree/beneath.ts";
import { discard, discardTree } from "../worktree/discard.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { copyRest } from "./content.ts";
import { type FileContext, locate, locateTaken, type TakenPlace } from "./context.ts";
import { Draft } from "./draft.ts";
import { effectAt, identityAt, NO_CONTENT } from "./effect.ts";
import { openPlace, openUnchanged, requireFile, SPECIAL } from "./open.ts";
import { withParents } from "./parents.ts";
import { locateFile, requireFree, requireName } from "./write.ts";

/**
 * Copies what is at `from` to the path `to`, with the directories above it, as `cp -a` does: a link
 * is copied as a link, permission bits are kept; times are not. A file replaces a file, and writes
 * through a link that stays inside; a link replaces a file or a link; a directory replaces nothing.
 *
 * @throws {FileNotFoundError} where nothing is at `from`.
 * @throws {FileExistsError} where a directory is copied to where anything is.
 * @throws {IsADirectoryError} where something else is copied to where a directory is.
 * @throws {PathError} where a directory is copied into itself, or holds a FIFO, a socket, a device, a
 * name that stands for `.git` or one that is not UTF-8; nothing is copied then.
 */
export async function copy(context: FileContext, from: string, to: string): Promise<FileEffect> {
  using _lock = await context.hold(`copy ${from} to ${to}`);
  const source = locateTaken(context, "copy", from, { follow: false });
  if (source.stat.isDirectory) return await copyDirectory(context, source, to);
  if (source.stat.isSymlink) return await copyLink(context, source, to);
  return await copyFile(context, source, to);
}

async function copyFile(
  context: FileContext,
  source: TakenPlace,
  to: string,
): Promise<FileEffect> {
  using file = openPlace(context, source);
  const target = locateFile(context, to);
  using draft = new Draft(context, target.asked, source.stat.size);
  await draft.copy(file);
  const after = await draft.identity();
  const before = await identityAt(context, target);
  draft.put(target, { mode: source.stat.mode & 0o7777 });
  return effectAt(target, before, after, source);
}

async function copyLink(
  context: FileContext,
  source: TakenPlace,
  to: string,
): Promise<FileEffect> {
  const target = locate(context, to, { follow: false });
  requireFile("copy to", target);
  requireName("copy to", target);
  const after = await identityAt(context, source);
  const before = await identityAt(context, target);
  const temporary = context.temporary();
  try {
    withParents("copy to", target, () => {
      duplicateLink(source.path, temporary);
      rename(temporary, target.path);
    });
  } finally {
    // Also after the rename, which does nothing between two names of the same link.
    discard(temporary);
  }
  return effectAt(target, before, after, source);
}

async function copyDirectory(
  context: FileContext,
  source: TakenPlace,
  to: string,
): Promise<FileEffect> {
  const target = locate(context, to, { follow: false });
  requireApart(source, target);
  const temporary = context.temporary();
  const { mode } = source.stat;
  try {
    const entries = await copyTree(context, source.path, temporary, source.inside);
    withParents("copy to", target, () => {
      // Only a directory that its owner may write can be moved.
      chmod(temporary, mode & 0o7777 | 0o700);
      rename(temporary, target.path);
      chmod(target.path, mode & 0o7777);
    });
    return { ...effectAt(target, NO_CONTENT, NO_CONTENT, source), entries };
  } catch (error) {
    await discardTree(temporary);
    throw error;
  }
}

/** Refuses to copy a directory into itself, or to where anything is. */
export function requireApart(source: TakenPlace, target: Place): void {
  if (target.path.startsWith(`${source.path}/`)) {
    const rule = `the directory cannot be copied into itself, to ${JSON.stringify(target.asked)}`;
    throw new PathError(cannot("copy", source.asked, rule), source.asked);
  }
  requireFree("copy to", target);
}

/**
 * Copies all that is below the directory `from`, whose path in the workspace is `shown`. Returns how many
 * files and links that are.
 */
export async function copyTree(
  context: FileContext,
  from: string,
  to: string,
  shown: string,
  slices: Slices = new Slices(),
): Promise<number> {
  let count = 0;
  attempt("copy", shown, () => makeNewDirectory(to));
  for (const { name } of attempt("copy", shown, () => readDirectory(from)) ?? []) {
    const path = `${shown}/${name}`;
    const [source, copied] = [`${from}/${name}`, `${to}/${name}`];
    const stat = attempt("copy", path, () => lstat(source));
    const rule = ruleAgainst(name, stat);
    if (rule !== null) throw new PathError(cannot("copy", path, rule), path);
    if (stat === null) continue;
    if (!stat.isDirectory) count++;
    if (stat.isDirectory) {
      count += await copyTree(context, source, copied, path, slices);
      attempt("copy", path, () => chmod(copied, stat.mode & 0o7777));
    } else if (stat.isSymlink) {
      attempt("copy", path, () => duplicateLink(source, copied));
    } else {
      await copyContent(context, source, copied, path, stat);
    }
    if (slices.due) await slices.rest();
  }
  return count;
}

/** Why something in a directory cannot be copied, and so the directory cannot either; else `null`. */
function ruleAgainst(name: string, stat: FileStat | null): string | null {
  if (isGitName(name)) return "its name stands for .git";
  if (stat === null) return name.includes("\ufffd") ? "its name is not UTF-8" : null;
  return isSpecial(stat) ? SPECIAL : null;
}

async function copyContent(
  context: FileContext,
  from: string,
  to: string,
  shown: string,
  stat: FileStat,
): Promise<void> {
  using source = openUnchanged(context, shown, from, stat);
  using copied = attempt("copy", shown, () => new OpenFile(to, { write: true, createNew: true }));
  await copyRest(shown, source, copied);
  attempt("copy", shown, () => chmod(to, stat.mode & 0o7777));
}

/**
 * Gives a link a second name: it cannot change, so that is as good as a copy. It needs no more than
 * scoped permissions, and keeps targets that are not UTF-8.
 */
export function duplicateLink(from: string, to: string): void {
  try {
    hardLink(from, to);
  } catch (error) {
    // Linux lets only its owner give a link another name.
    if (errorCode(error) !== "EPERM") throw error;
    symlink(readLink(from), to);
  }
}
