/**
 * Changes of refs, by compare-and-swap under git's own locks, so that git and any number of
 * processes of ours can work on one repository.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { NewFile, writeAtomic } from "../platform/atomic.ts";
import { errorCode, lstat, removeFile } from "../platform/fs.ts";
import {
  removeEmptyDirectories,
  removeEmptyParents,
  syncNames,
  syncNamesAside,
} from "./directories.ts";
import { giveTo, type Owner, ownerOf } from "./owner.ts";
import type { Staged } from "./publication.ts";
import { RefLock } from "./ref_lock.ts";
import { isRefName, RefReader, symbolicTarget } from "./ref_reader.ts";
import { appendReflog } from "./reflog.ts";
import type { Signature } from "./signature.ts";
import { dirname } from "@std/path/posix";

export { sweepDeadLocks } from "./ref_lock.ts";
export { isRefName, type Ref, RefReader } from "./ref_reader.ts";

/** What a {@linkcode RefStore} needs besides the repository. */
export interface RefStoreOptions {
  /** A directory of ours on the repository's file system. */
  readonly temporaryDirectory: string;
  /** Begins the names of this process's files there. */
  readonly session: string;
  /** Removes the locks that dead processes have left. */
  readonly removeDeadLocks?: () => void;
}

/** A ref and the value that it is to hold. */
export interface StagedRef extends Staged {
  /** Places it, provided that the ref holds `expected` now; it can be tried again. */
  placeOver(expected: string | null | undefined): void;
}

// Over all stores of this process, since they may share a session.
let temporaryFiles = 0;

/** The refs of a repository, for reading and for changing. */
export class RefStore extends RefReader {
  readonly #options: RefStoreOptions;
  readonly #owner: Owner | null;

  /** Reads nothing yet. */
  constructor(commonDirectory: string, options: RefStoreOptions) {
    super(commonDirectory);
    this.#options = options;
    this.#owner = ownerOf(commonDirectory);
  }

  /**
   * Makes a ref hold `to`, on the disk, provided that it holds `expected` now: an object id, `null`
   * for a ref that must not be there, `undefined` for whatever there is.
   *
   * @throws {StoreError} where it holds something else, is symbolic, is locked by somebody for over
   * a second, or cannot be because another ref is a directory of its name or the reverse.
   */
  update(ref: string, to: string, expected: string | null | undefined): void {
    this.#change(ref, () => {
      using value = this.#newFile(`${to}\n`);
      value.sync();
      this.#place(ref, value, expected);
      syncNames(this.#directoryOf(ref));
    });
  }

  /**
   * The same in steps: the value is written now, and the ref moves when it is placed.
   *
   * @throws {StoreError} where the value cannot be written; to place it throws as {@linkcode update} does.
   */
  stage(ref: string, to: string, expected: string | null | undefined): StagedRef {
    const value = this.#change(ref, () => this.#newFile(`${to}\n`));
    const placeOver: StagedRef["placeOver"] = (expected) =>
      this.#change(ref, () => this.#place(ref, value, expected));
    return {
      placeOver,
      place: () => placeOver(expected),
      syncAside: () => value.syncAside(),
      syncNameAside: () => syncNamesAside(this.#directoryOf(ref)),
      [Symbol.dispose]: () => value[Symbol.dispose](),
    };
  }

  /**
   * Removes a ref with its reflog, provided that it holds `expected` now; left out: whatever it
   * holds. Nothing happens where it is not there.
   *
   * @throws {StoreError} as {@linkcode update}.
   */
  delete(ref: string, expected?: string): void {
    this.#change(ref, () => {
      using content = this.#newFile("");
      using _lock = this.#lock(ref, content);
      if (this.#current(ref, expected) === null) return;
      // Held until the loose ref is gone, or `git pack-refs` might just be packing it.
      using _packedLock = this.#lock("packed-refs", content);
      this.#deletePacked(ref);
      const file = `${this.commonDirectory}/${ref}`;
      if (lstat(file)?.isDirectory === false) removeFile(file);
      removeFile(`${this.commonDirectory}/logs/${ref}`);
    });
    this.#removeEmptyParents(ref);
  }

  /**
   * Notes a change of a ref in its log, where git would: in a log that is there, and in a new one
   * for a branch of a repository that keeps logs. A log that cannot be written stops nothing.
   */
  appendReflog(
    ref: string,
    from: string | null,
    to: string | null,
    who: Signature,
    message: string,
  ): void {
    const logs = `${this.commonDirectory}/logs`;
    const file = `${logs}/${ref}`;
    const wanted = ref.startsWith("refs/heads/") && lstat(logs) !== null;
    if (!isRefName(ref) || (!wanted && lstat(file) === null)) return;
    removeEmptyDirectories(file);
    try {
      appendReflog(file, { from, to, who, message }, this.#owner);
    } catch (error) {
      if (errorCode(error) === null) throw error;
    }
  }

  /** Does the work; failing, leaves no directory behind and tells of the ref. */
  #change<T>(ref: string, work: () => T): T {
    if (!isRefName(ref)) {
      throw new StoreError(`Cannot change the ref ${JSON.stringify(ref)}: git allows no such name`);
    }
    try {
      return work();
    } catch (error) {
      // A file that stands for a directory is another ref.
      if (errorCode(error) === "ENOTDIR") this.#checkDirectories(ref);
      this.#removeEmptyParents(ref);
      if (error instanceof StoreError) throw error;
      throw new StoreError(`Cannot change the ref ${ref}: ${error}`, { cause: error });
    }
  }

  #newFile(content: string): NewFile {
    const file = new NewFile(this.#temporary(), new TextEncoder().encode(content));
    giveTo(this.#owner, file.path);
    return file;
  }

  #lock(file: string, content: NewFile): RefLock {
    return new RefLock(`${this.commonDirectory}/${file}`, {
      owner: this.#owner,
      temporary: content.path,
      removeDead: this.#options.removeDeadLocks,
    });
  }

  /** Moves a ref to the value that a file has, and leaves it to the caller to sync its name. */
  #place(ref: string, value: NewFile, expected: string | null | undefined): void {
    using lock = this.#lock(ref, value);
    if (this.#current(ref, expected) === null) this.#checkDirectories(ref);
    this.#commit(lock, ref);
  }

  #directoryOf(ref: string): string {
    return dirname(`${this.commonDirectory}/${ref}`);
  }

  #temporary(): string {
    const { temporaryDirectory, session } = this.#options;
    return `${temporaryDirectory}/${session}-ref${++temporaryFiles}`;
  }

  /** Puts the ref in its place, where a directory may stand that its last ref has left. */
  #commit(lock: RefLock, ref: string): void {
    for (let attempt = 1;; attempt++) {
      removeEmptyDirectories(`${this.commonDirectory}/${ref}`);
      try {
        return lock.commit();
      } catch (error) {
        if (errorCode(error) !== "EISDIR" || attempt === 3) throw error;
      }
    }
  }

  /** What a ref holds under its lock, which must be what is expected. */
  #current(ref: string, expected: string | null | undefined): string | null {
    const current = this.content(ref);
    if (current !== null && symbolicTarget(current) !== null) {
      throw new StoreError(
        `Cannot change the ref ${ref}: it is symbolic (${current}); ` +
          `remove it with \`git symbolic-ref --delete ${ref}\``,
      );
    }
    if (expected !== undefined && current !== expected) {
      throw new StoreError(
        `Cannot change the ref ${ref}: ref conflict, since it should hold ` +
          `${expected ?? "nothing"} and holds ${current ?? "nothing"}; look at it again`,
      );
    }
    return current;
  }

  /** git keeps no `a` beside `a/b`, in no mixture of loose and packed. */
  #checkDirectories(ref: string): void {
    const parts = ref.split("/");
    for (let count = 2; count < parts.length; count++) {
      const parent = parts.slice(0, count).join("/");
      const isDirectory = lstat(`${this.commonDirectory}/${parent}`)?.isDirectory;
      const isRef = isDirectory ? this.packed.refs().has(parent) : this.content(parent) !== null;
      if (isRef) throw blocked(ref, parent);
    }
    const below = this.list(`${ref}/`)[0];
    if (below !== undefined) throw blocked(ref, below.ref);
  }

  #deletePacked(ref: string): void {
    const bytes = this.packed.bytesWithout(ref);
    if (bytes === null) return;
    const file = `${this.commonDirectory}/packed-refs`;
    const temporary = this.#temporary();
    writeAtomic(file, bytes, { temporary, durable: true });
    giveTo(this.#owner, file);
  }

  /** Removes the directories that the last ref has left, but none directly in `refs/`. */
  #removeEmptyParents(ref: string): void {
    const top = ref.split("/", 2).join("/");
    for (const root of [this.commonDirectory, `${this.commonDirectory}/logs`]) {
      removeEmptyParents(`${root}/${ref}`, `${root}/${top}`);
    }
  }
}

function blocked(ref: string, other: string): StoreError {
  const name = other.replace(/^refs\/heads\//, "");
  const remedy = name === other
    ? `delete it with \`git update-ref -d ${other}\``
    : `rename that branch with \`git branch -m ${name} <new name>\``;
  return new StoreError(
    `Cannot create the ref ${ref}: ${other} exists, and git keeps no ref beside one that would ` +
      `be its directory; ${remedy}`,
  );
}
