/**
 * Keeps apart, over processes, the calls that work on a workspace's files by themselves and the
 * sandboxed commands that could lead them astray.
 *
 * A command's start takes the workspace's run lock, shared, and then waits until no call holds the
 * files lock. A call takes the files lock, shared, and then looks whether anybody shares the run lock.
 * So either the call sees the command, or the command waits for the call.
 *
 * @module
 */

import { BusyError } from "../errors.ts";
import { storeFailure } from "../platform/failure.ts";
import type { OpenFile } from "../platform/fs.ts";
import { openLockFile } from "../platform/lock.ts";
import { pause, settlesWithin } from "../platform/patience.ts";

/** As often as the run lock is tried: another call that looks at it at the same moment has it too. */
const LOOKS = 8;

const MAX_PAUSE_MS = 5;

/** The two locks, which stay open: to open them for each call would take longer than most calls. */
interface Locks {
  readonly files: OpenFile;
  readonly run: OpenFile;
}

/** The calls of this process. */
export class DirectCalls implements Disposable {
  readonly #paths: { readonly files: string; readonly run: string };
  #locks: Locks | null = null;
  #count = 0;
  #idle: PromiseWithResolvers<void> | null = null;

  /** Takes the paths of the files lock and of the run lock. */
  constructor(paths: { readonly files: string; readonly run: string }) {
    this.#paths = paths;
  }

  /** Begins a call; `false`, and nothing is begun, where a command runs or is about to. */
  begin(): boolean {
    const { files, run } = this.#open();
    if (this.#count === 0 && !files.tryLock(false)) return false;
    const begun = !isShared(run);
    if (begun) this.#count++;
    else this.#letGo();
    return begun;
  }

  /** Ends a call that was begun. */
  end(): void {
    this.#count--;
    this.#letGo();
  }

  /**
   * Waits for the end of the calls of all processes that began before; who waits has the run lock.
   *
   * @throws {BusyError} where that takes longer than `timeout`, in ms.
   */
  async settled(purpose: string, timeout: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeout;
    for (let ms = 1; !this.#isSettled(); ms = Math.min(2 * ms, MAX_PAUSE_MS)) {
      signal?.throwIfAborted();
      if (performance.now() >= deadline) {
        throw new BusyError(
          `Cannot ${purpose}: a call on the workspace's files has been under way for over ` +
            `${timeout} ms; wait for it, or raise lockTimeout`,
          "a call on the workspace's files",
        );
      }
      await this.#pause(ms);
    }
  }

  /** Closes the locks. Calls under way go on; another one opens them anew. */
  [Symbol.dispose](): void {
    this.#locks?.files.close();
    this.#locks?.run.close();
    this.#locks = null;
  }

  /** @throws {StoreError} where they cannot be opened. */
  #open(): Locks {
    if (this.#locks !== null) return this.#locks;
    using opened = new DisposableStack();
    try {
      const files = opened.use(openLockFile(this.#paths.files));
      const run = opened.use(openLockFile(this.#paths.run));
      opened.move();
      return this.#locks = { files, run };
    } catch (error) {
      throw storeFailure("lock the files of the workspace", error);
    }
  }

  #letGo(): void {
    if (this.#count > 0) return;
    this.#locks?.files.unlock();
    this.#idle?.resolve();
    this.#idle = null;
  }

  #isSettled(): boolean {
    if (this.#count > 0) return false;
    const { files } = this.#open();
    if (!files.tryLock(true)) return false;
    files.unlock();
    return true;
  }

  /** Waits for the calls of this process or, where there are none, for a while. */
  async #pause(ms: number): Promise<void> {
    if (this.#count > 0) this.#idle ??= Promise.withResolvers();
    // Random, so that processes that try in step fall out of it.
    const most = ms * (0.5 + Math.random());
    await (this.#idle === null ? pause(most) : settlesWithin(this.#idle.promise, most));
  }
}

/** Whether a lock is shared now. Held by one alone it is not, be that a look like this one. */
function isShared(lock: OpenFile): boolean {
  for (let look = 0; look < LOOKS; look++) {
    if (lock.tryLock(true)) {
      lock.unlock();
      return false;
    }
    if (!lock.tryLock(false)) return false;
  }
  lock.unlock();
  return true;
}
