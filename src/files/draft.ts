/**
 * A file that is written where nobody sees it, and then put in its place in one step: a reader sees
 * the old file or the new one, and a hard link to the old one keeps the old content.
 *
 * @module
 */

import { ObjectHasher } from "../git/object.ts";
import {
  chmod,
  chown,
  errorCode,
  type FileStat,
  hardLink,
  OpenFile,
  rename,
  setTimes,
} from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import type { SourceFile } from "../platform/wary_file.ts";
import type { Place } from "../worktree/beneath.ts";
import { discard } from "../worktree/discard.ts";
import { attempt } from "../worktree/path_failure.ts";
import { copyRest, SLICE_BYTES, slicesOf } from "./content.ts";
import type { FileContext } from "./context.ts";
import type { Identity } from "./effect.ts";
import { withParents } from "./parents.ts";

/** What a draft needs of the workspace. */
export type DraftContext = Pick<FileContext, "temporary" | "identify">;

/** How a draft is put in its place. */
export interface DraftOptions {
  /** The permission bits; left out, those of the file that it replaces, else what the umask says. */
  readonly mode?: number | undefined;
  /** The time of the last change, in ms since 1970; now where it is left out. */
  readonly mtime?: number;
  /** Whether it is an error for anything to be at the place. */
  readonly createNew?: boolean | undefined;
}

/** A file that is not yet in the workspace. Without {@linkcode put} nothing is left of it. */
export class Draft implements Disposable {
  readonly #path: string;
  readonly #identify: boolean;
  readonly #temporary: string;
  readonly #file: OpenFile;
  readonly #slices = new Slices();
  /** Takes what is written, where it is known how much that will be: an id starts with the size. */
  readonly #hasher: ObjectHasher | null;
  readonly #expected: number | undefined;
  #size = 0;
  #identity: Identity | null = null;
  #closed = false;
  #renamed = false;

  /**
   * Starts an empty draft of what is to be at `path`, a path of the workspace; `size` is how many bytes
   * it will hold, where that is known.
   */
  constructor(context: DraftContext, path: string, size?: number) {
    this.#path = path;
    this.#identify = context.identify;
    this.#expected = size;
    this.#hasher = this.#identify && size !== undefined ? new ObjectHasher("blob", size) : null;
    this.#temporary = context.temporary();
    this.#file = attempt("write", path, () => {
      return new OpenFile(this.#temporary, { read: true, write: true, createNew: true });
    });
  }

  /** Adds text or bytes at the end. */
  async write(data: string | Uint8Array): Promise<void> {
    for (const slice of slicesOf(this.#path, data)) {
      attempt("write", this.#path, () => this.#add(slice));
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  /** Adds what an open file holds. */
  async copy(from: SourceFile): Promise<void> {
    await copyRest(this.#path, from, { write: (bytes) => this.#add(bytes) });
  }

  /** Adds what another draft holds. */
  async copyDraft(other: Draft): Promise<void> {
    attempt("read", this.#path, () => other.#file.seek(0));
    await this.copy(other.#file);
  }

  #add(bytes: Uint8Array): void {
    this.#file.write(bytes);
    this.#size += bytes.length;
    this.#hasher?.update(bytes);
  }

  /** The size and the git object id of what it holds; nothing is written after. */
  async identity(): Promise<Identity> {
    return this.#identity ??= { size: this.#size, oid: this.#identify ? await this.#oid() : null };
  }

  async #oid(): Promise<string> {
    if (this.#hasher !== null && this.#size === this.#expected) return this.#hasher.digest();
    const hasher = new ObjectHasher("blob", this.#size);
    for (const piece of this.pieces()) {
      hasher.update(piece);
      if (this.#slices.due) await this.#slices.rest();
    }
    return hasher.digest();
  }

  /** How many bytes it holds. */
  get size(): number {
    return this.#size;
  }

  /** What it holds, from the start, in pieces. Each is used again by the next. */
  *pieces(): Generator<Uint8Array> {
    attempt("read", this.#path, () => this.#file.seek(0));
    const piece = new Uint8Array(Math.min(this.#size + 1, SLICE_BYTES));
    for (let count = piece.length; count === piece.length;) {
      count = attempt("read", this.#path, () => this.#file.read(piece));
      yield piece.subarray(0, count);
    }
  }

  /** Puts the file in its place, making the directories above. The workspace's lock is held. */
  put(place: Place, { mode, mtime, createNew }: DraftOptions): void {
    const old = place.stat?.isFile === true ? place.stat : null;
    withParents("write", place, () => {
      const bits = mode ?? (old === null ? undefined : old.mode & 0o7777);
      if (bits !== undefined) this.#take(bits, old);
      if (mtime !== undefined) setTimes(this.#temporary, mtime, mtime);
      if (createNew) return hardLink(this.#temporary, place.path);
      rename(this.#temporary, place.path);
      this.#renamed = true;
    });
  }

  /** Takes on permission bits and, of the file that it replaces, the owner. */
  #take(bits: number, old: FileStat | null): void {
    const own = this.#file.stat();
    const isAnothers = old !== null && (own.uid !== old.uid || own.gid !== old.gid);
    if (isAnothers) this.#giveTo(old);
    // A file that is given away loses its set-user-ID bit.
    if (isAnothers || (own.mode & 0o7777) !== bits) chmod(this.#temporary, bits);
  }

  /** Where root works on somebody's files, they stay somebody's. Others may not give files away. */
  #giveTo({ uid, gid }: FileStat): void {
    try {
      chown(this.#temporary, uid, gid);
    } catch (error) {
      // Inside a sandbox other users do not even have a number.
      if (errorCode(error) !== "EPERM" && errorCode(error) !== "EINVAL") throw error;
    }
  }

  /** Closes the draft, and removes it unless it was put in its place. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
    if (!this.#renamed) discard(this.#temporary);
  }
}
