/**
 * Where rename detection gets the contents of files from: the store, and what is on disk and not in
 * the store yet.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { StoreError } from "../errors.ts";
import { AT_ONCE_BYTES, hashObject } from "../git/object.ts";
import {
  type Contents,
  detectRenames,
  type FileVersion,
  type ScoredChange,
} from "../git/renames.ts";
import type { ObjectStore } from "../git/store.ts";
import { WaryFile } from "../platform/wary_file.ts";
import { type DirectoryNode, nodeAt } from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";

/** The changes between two trees of the store, with renames. */
export async function storedRenames(
  worktree: Worktree,
  changes: readonly Change[],
  signal?: AbortSignal,
): Promise<ScoredChange[]> {
  return await detectRenames(changes, new StoredContents(worktree.base.objects), signal);
}

/** The changes that lead to the files as `root` has them, with renames. */
export async function workingRenames(
  worktree: Worktree,
  root: DirectoryNode,
  changes: readonly Change[],
  signal?: AbortSignal,
): Promise<ScoredChange[]> {
  return await detectRenames(changes, new WorkingContents(worktree, root), signal);
}

/** A file that is missing or damaged resembles none: that is no reason to fail. */
class StoredContents implements Contents {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  size({ oid }: FileVersion): number | null {
    return whereReadable(() => this.#objects.header(oid)?.size ?? null);
  }

  async read(file: FileVersion): Promise<Uint8Array | null> {
    const size = this.size(file) ?? 0;
    if (size <= AT_ONCE_BYTES) return whereReadable(() => this.#objects.read(file.oid).data);
    const content = new Uint8Array(size);
    let length = 0;
    try {
      for await (const chunk of this.#objects.readChunks(file.oid)) {
        content.set(chunk, length);
        length += chunk.length;
      }
    } catch (error) {
      if (error instanceof StoreError) return null;
      throw error;
    }
    return content;
  }
}

function whereReadable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/** New files are on disk; one that is not, or not any more, is looked for in the store. */
class WorkingContents implements Contents {
  readonly #stored: StoredContents;
  readonly #directory: string;
  readonly #root: DirectoryNode;

  constructor(worktree: Worktree, root: DirectoryNode) {
    this.#stored = new StoredContents(worktree.base.objects);
    this.#directory = worktree.directory;
    this.#root = root;
  }

  size(file: FileVersion): number | null {
    return this.#sizeOnDisk(file) ?? this.#stored.size(file);
  }

  async read(file: FileVersion): Promise<Uint8Array | null> {
    return this.#readFromDisk(file) ?? await this.#stored.read(file);
  }

  #sizeOnDisk({ side, path }: FileVersion): number | null {
    if (side === "old") return null;
    const node = nodeAt(this.#root, path.split("/").slice(1));
    return node?.kind === "file" && node.permissions !== null ? node.size : null;
  }

  /** By its id the content is known to be the right one, whatever became of the path since. */
  #readFromDisk(file: FileVersion): Uint8Array | null {
    const size = this.#sizeOnDisk(file);
    if (size === null) return null;
    try {
      using source = new WaryFile(`${this.#directory}${file.path}`);
      const content = new Uint8Array(size);
      if (!source.stat().isFile || source.read(content) !== size) return null;
      return hashObject("blob", content) === file.oid ? content : null;
    } catch {
      // Whatever is wrong with it: it is not to be had here.
      return null;
    }
  }
}
