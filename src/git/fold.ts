/**
 * Keeping packs few: every transaction writes one, and whoever looks for an object asks them all.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { errorCode, lstat } from "../platform/fs.ts";
import { tryAcquireLock } from "../platform/lock.ts";
import { isOurPack, listPacks, type PackFile, packNames } from "./pack_files.ts";
import { Repack, type RepackOptions } from "./repack.ts";
import { dirname } from "@std/path/posix";

/** With so many a search takes a tenth of a millisecond. */
const MOST_SMALL_PACKS = 32;
/** What is longer is only copied when somebody asks for it: that takes too long to do by the way. */
const SMALL_BYTES = 4 << 20;
/** An older lock of `git gc` is one that a killed git has left, by git's own rule. */
const GC_LOCK_MS = 12 * 3_600_000;

/** What {@linkcode foldSmallPacks} works with. */
export interface FoldOptions extends RepackOptions {
  /** The path of the lock that whoever takes packs away holds. */
  readonly packsLock: string;
}

/**
 * Makes one pack of the small ones that this library wrote, once there are many of them. Those that
 * somebody holds stay. Returns `false` where that cannot be done: then there is something wrong with one
 * of them, which those who read it are told.
 */
export async function foldSmallPacks(
  objectsDirectory: string,
  options: FoldOptions,
): Promise<boolean> {
  if (packNames(objectsDirectory).filter(isOurPack).length <= MOST_SMALL_PACKS) return true;
  try {
    using lock = tryAcquireLock(options.packsLock, "putting packs together");
    const packs = lock === null ? [] : smallPacks(objectsDirectory);
    if (packs.length > MOST_SMALL_PACKS) await fold(objectsDirectory, packs, options);
    return true;
  } catch (error) {
    if (error instanceof StoreError || errorCode(error) !== null) return false;
    throw error;
  }
}

function smallPacks(objectsDirectory: string): PackFile[] {
  if (isGitAtWork(objectsDirectory)) return [];
  return listPacks(objectsDirectory, isOurPack)
    .filter(({ bytes, isHeld }) => bytes < SMALL_BYTES && !isHeld);
}

/** Whether the owner's `git gc` is running, which could not go on where packs vanish. */
export function isGitAtWork(objectsDirectory: string): boolean {
  const stat = lstat(`${dirname(objectsDirectory)}/gc.pid`);
  return stat !== null && Date.now() - stat.mtime < GC_LOCK_MS;
}

async function fold(
  objectsDirectory: string,
  packs: readonly PackFile[],
  options: RepackOptions,
): Promise<void> {
  using repack = new Repack(objectsDirectory, packs, options);
  await repack.load();
  // As old as the newest of them, so that what nobody refers to does not get younger.
  await repack.write(repack.oids, { mtime: Math.max(...packs.map(({ mtime }) => mtime)) });
  await repack.remove(repack.sources);
}
