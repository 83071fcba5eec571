/**
 * Where rename detection gets the contents of files from: the store, and what is on disk and not in
 * the store yet.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { StoreError } from "../errors.ts";
import {
  type Contents,
  detectRenames,
  type FileVersion,
  type ScoredChange,
} from "../git/renames.ts";
import type { ObjectStore } from "../git/store.ts";
import { Slices } from "../platform/slices.ts";
import { type DirectoryNode, nodeAt } from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { storedContent, workingContent } from "./contents.ts";

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
  return await detectRenames(changes, new WorkingContents(worktree, root, signal), signal);
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

  async read({ oid }: FileVersion): Promise<Uint8Array | null> {
    return await storedContent(this.#objects, oid).catch(nothingWhereUnreadable);
  }
}

function whereReadable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    return nothingWhereUnreadable(error);
  }
}

function nothingWhereUnreadable(error: unknown): null {
  if (error instanceof StoreError) return null;
  throw error;
}

/** New files are on disk; one that is not, or not any more, is looked for in the store. */
class WorkingContents implements Contents {
  readonly #stored: StoredContents;
  readonly #worktree: Worktree;
  readonly #root: DirectoryNode;
  readonly #slices: Slices;

  constructor(worktree: Worktree, root: DirectoryNode, signal: AbortSignal | undefined) {
    this.#stored = new StoredContents(worktree.base.objects);
    this.#worktree = worktree;
    this.#root = root;
    this.#slices = new Slices(signal);
  }

  size(file: FileVersion): number | null {
    return this.#sizeOnDisk(file) ?? this.#stored.size(file);
  }

  async read(file: FileVersion): Promise<Uint8Array | null> {
    const isThere = this.#sizeOnDisk(file) !== null;
    const content = isThere ? await workingContent(this.#worktree, file, this.#slices) : null;
    return content ?? await this.#stored.read(file);
  }

  #sizeOnDisk({ side, path }: FileVersion): number | null {
    if (side === "old") return null;
    const node = nodeAt(this.#root, path.split("/").slice(1));
    return node?.kind === "file" && node.permissions !== null ? node.size : null;
  }
}
