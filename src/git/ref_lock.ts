/**
 * Git's own lock on a file, `<file>.lock`, made so that one left by a dead process can be told.
 *
 * The new content is written to a temporary file of ours, which is then hard-linked to the lock's
 * name: that fails where the name is taken, as git's exclusive create does. The lock and the
 * temporary file are one inode, so {@linkcode sweepDeadLocks} knows our locks from everybody else's.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import {
  errorCode,
  hardLink,
  lstat,
  OpenFile,
  readDirectory,
  removeFile,
  rename,
} from "../platform/fs.ts";
import { syncNames } from "./directories.ts";
import { giveTo, makeOwnedDirectory, type Owner } from "./owner.ts";
import { dirname } from "@std/path/posix";

const WAIT_MS = 1000;
const LONG_MS = 50;
const POLL_MS = 5;
const ATTEMPTS = 10;

/** Where the temporary files go, and whose all that is made becomes. */
export interface LockOptions {
  readonly owner: Owner | null;
  /** The name of a new temporary file, on the same file system. */
  readonly temporary: string;
  /** Removes the locks that dead processes have left; called once, when the wait gets long. */
  readonly removeDead?: (() => void) | undefined;
}

/** A held lock; disposing without {@linkcode commit} leaves the file as it was. */
export class RefLock implements Disposable {
  readonly #file: string;
  readonly #temporary: string;
  readonly #open: OpenFile;
  #held = false;

  /**
   * Takes the lock on `file`, waiting up to a second while somebody else has it.
   *
   * @throws {StoreError} where that is not enough, or where a file stands for a directory.
   */
  constructor(file: string, options: LockOptions) {
    this.#file = file;
    this.#temporary = options.temporary;
    this.#open = new OpenFile(options.temporary, { write: true, createNew: true });
    try {
      giveTo(options.owner, options.temporary);
      this.#take(options);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Makes `content` the content of the file, on the disk, and lets go of the lock. */
  commit(content: string): void {
    this.#open.truncate(0);
    this.#open.seek(0);
    this.#open.write(new TextEncoder().encode(content));
    this.#open.sync();
    rename(`${this.#file}.lock`, this.#file);
    this.#held = false;
    syncNames(dirname(this.#file));
  }

  /** Lets go of the lock. */
  [Symbol.dispose](): void {
    this.#open.close();
    if (this.#held) removeFile(`${this.#file}.lock`);
    this.#held = false;
    removeFile(this.#temporary);
  }

  #take({ owner, removeDead }: LockOptions): void {
    const start = performance.now();
    let asked = false;
    let missing = 0;
    while (true) {
      try {
        hardLink(this.#temporary, `${this.#file}.lock`);
        this.#held = true;
        return;
      } catch (error) {
        const code = errorCode(error);
        if (code === "ENOENT" && missing++ < ATTEMPTS) {
          // git removes directories that its last ref has left, maybe just now.
          makeOwnedDirectory(owner, dirname(this.#file));
        } else if (code === "EEXIST" && performance.now() - start < WAIT_MS) {
          if (!asked && performance.now() - start > LONG_MS) {
            asked = true;
            removeDead?.();
          }
          pause(POLL_MS);
        } else if (code === "EEXIST") {
          throw new StoreError(
            `Cannot lock ${this.#file}: another process has held ${this.#file}.lock for over ` +
              `${WAIT_MS} ms; if no git command is running there, delete that file`,
            { cause: error },
          );
        } else {
          throw error;
        }
      }
    }
  }
}

/** Waits without giving up the thread: a ref is locked for about a millisecond. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Removes the locks that dead processes left on our refs and on `packed-refs`, known by the inode of
 * the temporary files that the same processes left. Call it before those files are removed, and in
 * one process at a time.
 *
 * @returns the paths of the removed locks.
 */
export function sweepDeadLocks(commonDirectory: string, deadFiles: Iterable<string>): string[] {
  const dead = new Set<string>();
  for (const file of deadFiles) {
    const stat = lstat(file);
    if (stat !== null && stat.nlink > 1) dead.add(`${stat.dev}:${stat.ino}`);
  }
  if (dead.size === 0) return [];
  const locks = [`${commonDirectory}/packed-refs.lock`];
  for (const ours of ["refs/heads/agentfs", "refs/agentfs"]) {
    locks.push(...locksBelow(`${commonDirectory}/${ours}`));
  }
  return locks.filter((lock) => {
    const stat = lstat(lock);
    if (stat === null || !dead.has(`${stat.dev}:${stat.ino}`)) return false;
    removeFile(lock);
    return true;
  });
}

function* locksBelow(directory: string): Iterable<string> {
  for (const entry of readDirectory(directory) ?? []) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) yield* locksBelow(path);
    else if (entry.name.endsWith(".lock")) yield path;
  }
}
