/**
 * Locks between processes and inside this one.
 *
 * A lock is an flock on a file whose content names the holder. The kernel releases it when its
 * process ends, however it ends, so no lock is ever stale. Inside a process waiters stand in a
 * queue; between processes they try again at short intervals, one of them at a time for the lock
 * itself and the others for the next place.
 *
 * @module
 */

import { BusyError } from "../errors.ts";
import { storeFailure } from "./failure.ts";
import { errorCode, isMissing, makeDirectory, OpenFile, processId, readTextFile } from "./fs.ts";
import { pause } from "./patience.ts";
import { dirname } from "@std/path/posix";

/** How a lock is taken. */
export interface LockOptions {
  /** Exclusive: nobody else. Shared: any number of others that share. */
  readonly exclusive: boolean;
  /** What the lock is for, told to those who wait in vain: `writing /a.txt`. */
  readonly purpose: string;
  /** How long to wait, ms. */
  readonly timeout: number;
  /** What the lock guards, for the error: `workspace "fix"`. */
  readonly subject: string;
  /** Stops the waiting. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_PAUSE_MS = 5;

/** The end of this process's queue of exclusive waiters, by the lock file's path. */
const queues = new Map<string, Promise<void>>();

/** A lock that is held until it is disposed of. */
export class HeldLock implements Disposable {
  readonly #release: () => void;
  #held = true;

  constructor(release: () => void) {
    this.#release = release;
  }

  /** Lets go; a second time does nothing. */
  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    this.#release();
  }
}

/** A lock by the flock on a file that is open for nothing else. */
function heldBy(file: OpenFile): HeldLock {
  return new HeldLock(() => {
    // A child that another thread is just forking has the file open, too: to close it frees nothing.
    file.unlock();
    file.close();
  });
}

/**
 * Takes the lock at `path`, making its file.
 *
 * @throws {BusyError} where others keep it for longer than `timeout`.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<HeldLock> {
  if (!options.exclusive) return await share(path, options);
  const files = new LockFiles(path);
  try {
    const held = await files.acquire(options);
    return new HeldLock(() => {
      files[Symbol.dispose]();
      held[Symbol.dispose]();
    });
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }
}

async function share(path: string, options: LockOptions): Promise<HeldLock> {
  const deadline = performance.now() + options.timeout;
  using opened = new DisposableStack();
  try {
    const file = opened.use(openLockFile(path));
    await flock(path, file, deadline, options);
    sign(file, options.purpose);
    opened.move();
    return heldBy(file);
  } catch (error) {
    throw failure(options, error);
  }
}

/**
 * The files of a lock that is taken again and again by who wants it alone. They stay open: to open them
 * takes longer than most of what is done under the lock.
 */
export class LockFiles implements Disposable {
  readonly #path: string;
  #lock: OpenFile | null = null;
  /** Who has the flock on this one may try for the lock. */
  #next: OpenFile | null = null;
  #held = false;
  #disposed = false;

  /** Takes the path of the lock; the files are made and opened when they are first needed. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the lock, exclusive, until what is given is disposed of.
   *
   * @throws {BusyError} where others keep it for longer than `timeout`.
   */
  async acquire(options: LockOptions): Promise<Disposable> {
    const deadline = performance.now() + options.timeout;
    const leave = await queue(this.#path, deadline, options);
    this.#held = true;
    const free = (): void => {
      this.#held = false;
      if (this.#disposed) this.#close();
      leave();
    };
    try {
      const lock = await this.#take(deadline, options);
      return {
        [Symbol.dispose]: () => {
          lock.unlock();
          free();
        },
      };
    } catch (error) {
      free();
      throw failure(options, error);
    }
  }

  async #take(deadline: number, options: LockOptions): Promise<OpenFile> {
    // A file that was deleted on disk locks nothing any more: others make another.
    if (this.#lock?.stat().nlink === 0) this.#close();
    const lock = this.#lock ??= openLockFile(this.#path);
    // Only who has this place may try: else a process that takes the lock over and over keeps it.
    const next = this.#next ??= openLockFile(`${this.#path}.next`);
    await flock(this.#path, next, deadline, options);
    try {
      await flock(this.#path, lock, deadline, options);
    } finally {
      next.unlock();
    }
    sign(lock, options.purpose);
    return lock;
  }

  #close(): void {
    this.#lock?.close();
    this.#next?.close();
    this.#lock = this.#next = null;
  }

  /** Closes the files, once nobody has the lock by them. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    if (!this.#held) this.#close();
  }
}

function failure({ subject, purpose }: LockOptions, error: unknown): unknown {
  return storeFailure(`have ${subject} for ${purpose}`, error);
}

/** Takes the flock on a file of the lock at `path`, trying again and again. */
async function flock(
  path: string,
  file: OpenFile,
  deadline: number,
  options: LockOptions,
): Promise<void> {
  for (let ms = 1; !file.tryLock(options.exclusive); ms = Math.min(ms * 2, MAX_PAUSE_MS)) {
    options.signal?.throwIfAborted();
    if (performance.now() >= deadline) throw busy(path, options);
    // Random, so that processes that try in step fall out of it.
    await pause(ms * (0.5 + Math.random()));
  }
}

/** Takes the lock if nobody has it; else `null`. */
export function tryAcquireLock(path: string, purpose: string): HeldLock | null {
  if (queues.has(path)) return null;
  const file = openLockFile(path);
  if (!file.tryLock(true)) {
    file.close();
    return null;
  }
  sign(file, purpose);
  return heldBy(file);
}

/** How often a lock is tried that is only wanted if it is free soon, and how long is waited between. */
const SOON_TRIES = 10;
const SOON_PAUSE_MS = 5;

/** Takes the lock if nobody has it, or only somebody who lets go of it at once; else `null`. */
export async function acquireLockSoon(path: string, purpose: string): Promise<HeldLock | null> {
  for (let tries = SOON_TRIES;; tries--) {
    const lock = tryAcquireLock(path, purpose);
    if (lock !== null || tries === 1) return lock;
    await pause(SOON_PAUSE_MS);
  }
}

/**
 * Tells those who wait who has the lock; on a full disk they are left without. A NUL ends the text:
 * to cut off what is behind it would take longer than all else that a short operation does.
 */
function sign(file: OpenFile, purpose: string): void {
  try {
    file.seek(0);
    file.write(new TextEncoder().encode(`process ${processId()}, ${purpose}\0`));
  } catch (error) {
    if (errorCode(error) === null) throw error;
  }
}

/** Opens the file of a lock, which is made if need be, with its directory. */
export function openLockFile(path: string): OpenFile {
  const options = { read: true, write: true, create: true, mode: 0o600 };
  try {
    return new OpenFile(path, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    makeDirectory(dirname(path));
    return new OpenFile(path, options);
  }
}

/** Waits for a turn among this process's waiters; the returned function ends the turn. */
async function queue(path: string, deadline: number, options: LockOptions): Promise<() => void> {
  const before = queues.get(path);
  let end = (): void => {};
  const turn = new Promise<void>((resolve) => end = resolve);
  const tail = before === undefined ? turn : before.then(() => turn);
  queues.set(path, tail);
  const forget = (): void => {
    if (queues.get(path) === tail) queues.delete(path);
  };
  const leave = (): void => {
    end();
    forget();
  };
  if (before === undefined) return leave;
  try {
    await withDeadline(before, deadline, options, () => busy(path, options));
    return leave;
  } catch (error) {
    end();
    // Whoever comes next still has to wait for those before.
    void before.then(forget);
    throw error;
  }
}

async function withDeadline(
  promise: Promise<void>,
  deadline: number,
  options: LockOptions,
  late: () => BusyError,
): Promise<void> {
  options.signal?.throwIfAborted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = (): void => {};
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, deadline - performance.now()));
    onAbort = () => reject(options.signal?.reason);
    options.signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

function busy(path: string, { purpose, subject, timeout }: LockOptions): BusyError {
  const holder = readTextFile(path)?.split("\0", 1)[0] || "somebody who did not leave a name";
  return new BusyError(
    `Cannot have ${subject} for ${purpose}: ${holder} has it, for over ${timeout} ms; ` +
      "wait for that to end, or raise lockTimeout",
    holder,
  );
}
