/**
 * Where a patch gets the contents of files from: the store, and what is on disk and not in the store.
 *
 * @module
 */

import { abbreviator } from "../git/abbreviation.ts";
import { type PatchSide, type PatchSource, TEXT_BYTES } from "../git/patch.ts";
import type { ObjectStore } from "../git/store.ts";
import { lstat } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { FileChanged } from "../worktree/content.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { storedContent, workingContent } from "./contents.ts";

/** The contents that objects of the store have. */
export class StoredSource implements PatchSource {
  readonly abbreviate: (oid: string) => string;
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
    this.abbreviate = abbreviator(objects);
  }

  async read({ oid }: PatchSide): Promise<Uint8Array | null> {
    return await storedContent(this.#objects, oid, TEXT_BYTES);
  }
}

/** The same for the old side; the new one is what is on disk now, by its id known to be the right one. */
export class WorkingSource implements PatchSource {
  readonly abbreviate: (oid: string) => string;
  readonly #worktree: Worktree;
  readonly #stored: StoredSource;
  readonly #slices = new Slices();

  constructor(worktree: Worktree) {
    this.#worktree = worktree;
    this.#stored = new StoredSource(worktree.base.objects);
    this.abbreviate = this.#stored.abbreviate;
  }

  /** @throws {FileChanged} naming the path, where the content is not to be had any more: look again. */
  async read(side: PatchSide, which: "old" | "new"): Promise<Uint8Array | null> {
    if (which === "old") return await this.#stored.read(side);
    const stat = lstat(`${this.#worktree.directory}/${side.name}`);
    if (stat?.isFile && stat.size > TEXT_BYTES) return null;
    const file = { path: `/${side.name}`, oid: side.oid };
    const content = await workingContent(this.#worktree, file, this.#slices);
    if (content !== null) return content;
    // A sparse checkout leaves files out, and a filter of git's makes them others on disk.
    if (this.#worktree.base.objects.has(side.oid)) return await this.#stored.read(side);
    throw new FileChanged(file.path);
  }
}
