/**
 * Whole contents of files: of those in the store, and of those that are on disk and not in it yet.
 *
 * @module
 */

import { PathError } from "../errors.ts";
import { AT_ONCE_BYTES, ObjectHasher } from "../git/object.ts";
import type { ObjectStore } from "../git/store.ts";
import { lstat } from "../platform/fs.ts";
import type { Slices } from "../platform/slices.ts";
import { FileChanged, linkContent, SMALL_FILE } from "../worktree/content.ts";
import type { Worktree } from "../worktree/worktree.ts";

/**
 * The content of an object of the store; `null` where it has more bytes than `most`.
 *
 * @throws {StoreError} where it is missing or damaged.
 */
export async function storedContent(
  objects: ObjectStore,
  oid: string,
  most: number = Infinity,
): Promise<Uint8Array | null> {
  const size = objects.remembered(oid)?.data.length ?? objects.header(oid)?.size ?? 0;
  if (size > most) return null;
  if (size <= AT_ONCE_BYTES) return objects.read(oid).data;
  const content = new Uint8Array(size);
  let length = 0;
  for await (const chunk of objects.readChunks(oid)) {
    content.set(chunk, length);
    length += chunk.length;
  }
  return content;
}

/** The content that is at a path of the workspace, or the target of the link, if its id is this one. */
export async function workingContent(
  worktree: Worktree,
  { path, oid }: { path: string; oid: string },
  slices: Slices,
): Promise<Uint8Array | null> {
  const file = `${worktree.directory}${path}`;
  const stat = lstat(file);
  if (!stat?.isFile && !stat?.isSymlink) return null;
  try {
    const content = stat.isSymlink ? linkContent(file) : await worktree.readContent(path);
    return await hash(content, slices) === oid ? content : null;
  } catch (error) {
    if (error instanceof FileChanged || error instanceof PathError) return null;
    throw error;
  }
}

async function hash(content: Uint8Array, slices: Slices): Promise<string> {
  const hasher = new ObjectHasher("blob", content.length);
  for (let at = 0; at < content.length; at += SMALL_FILE) {
    hasher.update(content.subarray(at, at + SMALL_FILE));
    if (slices.due) await slices.rest();
  }
  return hasher.digest();
}
