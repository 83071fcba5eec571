/**
 * Git's own lock on a file, `<file>.lock`, made so that one left by a dead process can be told.
 *
 * The new content is in a temporary file of ours, written before, which is hard-linked to the lock's
 * name: that fails where the name is taken, as git's exclusive create does. The lock and the
 * temporary file are one inode, so {@linkcode sweepDeadLocks} knows our locks from everybody else's.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { errorCode, hardLink, lstat, readDirectory, removeFile, rename } from "../platform/fs.ts";
import { makeOwnedDirectory, type Owner } from "./owner.ts";
import { dirname } from "@std/path/posix";

const WAIT_MS = 1000;
const LONG_MS = 50;
const POLL_MS = 5;
const ATTEMPTS = 10;

/** What a lock is made of, and whose directories that are made become. */
export interface LockOptions {
  readonly owner: Owner | null;
  /** A file of ours on the same file system, with the new content. */
  readonly temporary: string;
  /** Removes the locks that dead processes have left; called once, when the wait gets long. */
  readonly removeDead?: (() => void) | undefined;
}

/** A held lock; disposing without {@linkcode commit} leaves the file as it was. */
export class RefLock implements Disposable {
  readonly #file: string;
  readonly #temporary: string;
  #held = false;

  /**
   * Takes the lock on `file`, waiting up to a second while somebody else has it.
   *
   * @throws {StoreError} where that is not enough, or where a file stands for a directory.
   */
  constructor(file: string, options: LockOptions) {
    this.#file = file;
    this.#temporary = options.temporary;
    this.#take(options);
  }

  /** Makes the new content that of the file, and lets go of the lock. */
  commit(): void {
    rename(`${this.#file}.lock`, this.#file);
    this.#held = false;
  }

  /** Lets go of the lock. */
  [Symbol.dispose](): void {
    if (this.#held) removeFile(`${this.#file}.lock`);
    this.#held = false;
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
