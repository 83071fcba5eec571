/**
 * A file that is written where nobody sees it, and then put in its place in one step: a reader sees
 * the old file or the new one, and a hard link to the old one keeps the old content.
 *
 * @module
 */

import { chmod, chown, errorCode, hardLink, OpenFile, rename, setTimes } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import type { SourceFile } from "../platform/wary_file.ts";
import type { Place } from "../worktree/beneath.ts";
import { discard } from "../worktree/discard.ts";
import { attempt } from "../worktree/path_failure.ts";
import { copyRest, SLICE_BYTES, slicesOf } from "./content.ts";
import type { FileContext } from "./context.ts";
import { withParents } from "./parents.ts";

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
  readonly #temporary: string;
  readonly #file: OpenFile;
  readonly #slices = new Slices();
  #closed = false;
  #renamed = false;

  /** Starts an empty draft of what is to be at `path`, a path of the workspace. */
  constructor(context: Pick<FileContext, "temporary">, path: string) {
    this.#path = path;
    this.#temporary = context.temporary();
    this.#file = attempt("write", path, () => {
      return new OpenFile(this.#temporary, { read: true, write: true, createNew: true });
    });
  }

  /** Adds text or bytes at the end. */
  async write(data: string | Uint8Array): Promise<void> {
    for (const slice of slicesOf(this.#path, data)) {
      attempt("write", this.#path, () => this.#file.write(slice));
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  /** Adds what an open file holds. */
  async copy(from: SourceFile): Promise<void> {
    await copyRest(this.#path, from, this.#file);
  }

  /** Adds what another draft holds. */
  async copyDraft(other: Draft): Promise<void> {
    attempt("read", this.#path, () => other.#file.seek(0));
    await this.copy(other.#file);
  }

  /** What it holds, from the start, in pieces. */
  *content(): Generator<Uint8Array> {
    attempt("read", this.#path, () => this.#file.seek(0));
    for (let count = SLICE_BYTES; count === SLICE_BYTES;) {
      const piece = new Uint8Array(SLICE_BYTES);
      count = attempt("read", this.#path, () => this.#file.read(piece));
      yield piece.subarray(0, count);
    }
  }

  /** Puts the file in its place, making the directories above. The workspace's lock is held. */
  put(place: Place, { mode, mtime, createNew }: DraftOptions): void {
    const old = place.stat?.isFile === true ? place.stat : null;
    withParents("write", place, () => {
      if (old !== null) this.#keepOwner(old.uid, old.gid);
      const bits = mode ?? (old === null ? undefined : old.mode & 0o7777);
      if (bits !== undefined) chmod(this.#temporary, bits);
      if (mtime !== undefined) setTimes(this.#temporary, mtime, mtime);
      if (createNew) return hardLink(this.#temporary, place.path);
      rename(this.#temporary, place.path);
      this.#renamed = true;
    });
  }

  /** Where root works on somebody's files, they stay somebody's. Others may not give files away. */
  #keepOwner(uid: number, gid: number): void {
    const own = this.#file.stat();
    if (own.uid === uid && own.gid === gid) return;
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
