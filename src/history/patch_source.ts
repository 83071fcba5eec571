/**
 * Where a patch gets the contents of files from: the store, and what is on disk and not in the store.
 *
 * @module
 */

import { abbreviator } from "../git/abbreviation.ts";
import { PathError } from "../errors.ts";
import { AT_ONCE_BYTES, ObjectHasher } from "../git/object.ts";
import { type PatchSide, type PatchSource, TEXT_BYTES } from "../git/patch.ts";
import type { ObjectStore } from "../git/store.ts";
import { type FileStat, lstat } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { FileChanged, linkContent, SMALL_FILE } from "../worktree/content.ts";
import type { Worktree } from "../worktree/worktree.ts";

/** The contents that objects of the store have. */
export class StoredSource implements PatchSource {
  readonly abbreviate: (oid: string) => string;
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
    this.abbreviate = abbreviator(objects);
  }

  async read({ oid }: PatchSide): Promise<Uint8Array | null> {
    const size = this.#objects.header(oid)?.size ?? 0;
    if (size > TEXT_BYTES) return null;
    if (size <= AT_ONCE_BYTES) return this.#objects.read(oid).data;
    const content = new Uint8Array(size);
    let length = 0;
    for await (const chunk of this.#objects.readChunks(oid)) {
      content.set(chunk, length);
      length += chunk.length;
    }
    return content;
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
    const content = stat && await this.#fromDisk(side, stat);
    if (content !== null) return content;
    // A sparse checkout leaves files out, and a filter of git's makes them others on disk.
    if (this.#worktree.base.objects.has(side.oid)) return await this.#stored.read(side);
    throw new FileChanged(`/${side.name}`);
  }

  /** The content of the file, if it has this id. */
  async #fromDisk({ name, oid }: PatchSide, stat: FileStat): Promise<Uint8Array | null> {
    try {
      if (!stat.isFile && !stat.isSymlink) return null;
      const content = stat.isSymlink
        ? linkContent(`${this.#worktree.directory}/${name}`)
        : await this.#worktree.readContent(`/${name}`);
      return await this.#hash(content) === oid ? content : null;
    } catch (error) {
      if (error instanceof FileChanged || error instanceof PathError) return null;
      throw error;
    }
  }

  async #hash(content: Uint8Array): Promise<string> {
    const hasher = new ObjectHasher("blob", content.length);
    for (let at = 0; at < content.length; at += SMALL_FILE) {
      hasher.update(content.subarray(at, at + SMALL_FILE));
      if (this.#slices.due) await this.#slices.rest();
    }
    return hasher.digest();
  }
}
