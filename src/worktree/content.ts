/**
 * The content of a file on disk and its git object id, small files at once, large ones in pieces.
 *
 * @module
 */

import { hashObject, ObjectHasher } from "../git/object.ts";
import {
  errorCode,
  type FileStat,
  isDenied,
  isMissing,
  OpenFile,
  readLink,
} from "../platform/fs.ts";
import type { Slices } from "../platform/slices.ts";
import { type SourceFile, WaryFile } from "../platform/wary_file.ts";

/** Files up to this size are read, hashed and compressed in one call; bytes. */
export const SMALL_FILE = 1024 * 1024;

/** The file is not the one that was looked at a moment ago, or does not hold still. */
export class FileChanged extends Error {}

const encoder = new TextEncoder();

/**
 * The bytes that git stores for a link: its target.
 *
 * @throws {FileChanged} where it is gone, or no link any more.
 */
export function linkContent(path: string): Uint8Array<ArrayBuffer> {
  try {
    return encoder.encode(readLink(path));
  } catch (error) {
    if (isMissing(error) || errorCode(error) === "EINVAL") throw new FileChanged();
    throw error;
  }
}

/** Opens a file that was there a moment ago; `wary`, where a command may be at it. */
function open(path: string, wary: boolean): SourceFile {
  try {
    return wary ? new WaryFile(path) : new OpenFile(path);
  } catch (error) {
    const isElsewhere = errorCode(error) === "ELOOP" || isDenied(error);
    if (isMissing(error) || isElsewhere) throw new FileChanged();
    throw error;
  }
}

/**
 * Deno follows a link even where it is told not to, and others write files in place: so what was
 * opened is compared with what was looked at, once its content is read.
 *
 * @throws {FileChanged} where the open file is not, or no longer, as `stat` says.
 */
function requireSame(file: SourceFile, stat: FileStat): void {
  const now = file.stat();
  const same = now.isFile && now.ino === stat.ino && now.dev === stat.dev &&
    now.size === stat.size && now.mtime === stat.mtime && now.ctime === stat.ctime;
  if (!same) throw new FileChanged();
}

const buffer = new Uint8Array(SMALL_FILE);

/**
 * The whole content of a small file. The array is used again by the next call.
 *
 * @throws {FileChanged} where the file changed since `stat`.
 */
export function readSmall(path: string, stat: FileStat, wary = false): Uint8Array {
  using file = open(path, wary);
  const length = file.read(buffer.subarray(0, stat.size));
  // Which also says that there is no more of it.
  requireSame(file, stat);
  if (length !== stat.size) throw new FileChanged();
  return buffer.subarray(0, length);
}

/** The content of a small file, of `size` bytes, if it has this id; as of {@linkcode readSmall}. */
export function readIfSame(path: string, size: number, oid: string): Uint8Array | null {
  try {
    using file = new OpenFile(path);
    const content = buffer.subarray(0, file.read(buffer.subarray(0, size)));
    return hashObject("blob", content) === oid ? content : null;
  } catch {
    // Whatever is wrong with it: it is not to be had here.
    return null;
  }
}

/**
 * A large file in pieces of 1 MiB. Each piece is used again by the next.
 *
 * @throws {FileChanged} where the file changed since `stat`.
 */
export async function* readPieces(
  path: string,
  stat: FileStat,
  slices: Slices,
  wary = false,
): AsyncGenerator<Uint8Array> {
  using file = open(path, wary);
  requireSame(file, stat);
  const piece = new Uint8Array(SMALL_FILE);
  for (let length; (length = file.read(piece)) > 0;) {
    yield piece.subarray(0, length);
    if (slices.due) await slices.rest();
  }
  requireSame(file, stat);
}

/** Whether this is a link, or a file that is read in one call. */
export function isSmall({ isSymlink, size }: FileStat): boolean {
  return isSymlink || size <= SMALL_FILE;
}

/**
 * The content of a small file or of a link; as of {@linkcode readSmall}.
 *
 * @throws {FileChanged} where it changed since `stat`.
 */
export function smallContent(path: string, stat: FileStat, wary = false): Uint8Array {
  return stat.isSymlink ? linkContent(path) : readSmall(path, stat, wary);
}

/**
 * The object id of a large file's content.
 *
 * @throws {FileChanged} where the file changed while it was read.
 */
export async function hashLarge(
  path: string,
  stat: FileStat,
  slices: Slices,
  wary = false,
): Promise<string> {
  const hasher = new ObjectHasher("blob", stat.size);
  let size = 0;
  for await (const piece of readPieces(path, stat, slices, wary)) {
    size += piece.length;
    hasher.update(piece);
  }
  if (size !== stat.size) throw new FileChanged();
  return hasher.digest();
}
