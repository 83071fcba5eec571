/**
 * A process that has a base open, and what it would leave behind if it were killed.
 *
 * Every temporary file's name starts with the id of its session, and a session holds an flock on a
 * file of its own for as long as it lives. So whoever opens the base next can tell what is left over.
 *
 * @module
 */

import { randomId } from "../names.ts";
import {
  errorCode,
  lstat,
  makeDirectory,
  OpenFile,
  readDirectory,
  removeFile,
  removeTree,
} from "../platform/fs.ts";
import { type HeldLock, tryAcquireLock } from "../platform/lock.ts";
import { StoreError } from "../errors.ts";
import { prepareDataDirectory } from "./data_directory.ts";
import type { Layout } from "./layout.ts";

/** Somebody swept the session before it was locked. */
class SessionTaken extends Error {}

/** One opening of a base by one process. */
export class Session implements Disposable {
  /** The session's id: hexadecimal digits. */
  readonly id: string = randomId(12);
  readonly #layout: Layout;
  readonly #lock: HeldLock;
  #clock: { readonly path: string; readonly file: OpenFile } | undefined;
  #count = 0;

  /** Starts a session. */
  static start(layout: Layout): Session {
    for (let attempt = 1;; attempt++) {
      try {
        return new Session(layout);
      } catch (error) {
        if (!(error instanceof SessionTaken)) throw error;
        if (attempt === 10) throw new StoreError("Cannot open the base: its sessions do not lock");
      }
    }
  }

  private constructor(layout: Layout) {
    this.#layout = layout;
    makeDirectory(layout.storeTemporary);
    makeDirectory(layout.dataTemporary);
    const file = `${layout.sessions}/${this.id}`;
    const lock = tryAcquireLock(file, "has the base open");
    // Another process that looks for dead sessions can be between the two steps of taking the lock.
    if (lock === null || lstat(file) === null) {
      lock?.[Symbol.dispose]();
      throw new SessionTaken();
    }
    this.#lock = lock;
  }

  /**
   * A path that nothing is at, on the file system of the store.
   *
   * @throws {StoreError} where our part of the store is gone from disk.
   */
  storeTemporary(): string {
    const { agentfs, storeTemporary } = this.#layout;
    if (lstat(storeTemporary) !== null) return `${storeTemporary}/${this.id}-${this.#count++}`;
    throw new StoreError(
      `Cannot write to the store: ${agentfs} was deleted on disk; close this AgentFS and open anew`,
    );
  }

  /** A path that nothing is at, on the file system of the workspaces. */
  dataTemporary(): string {
    const { base, dataDirectory, dataTemporary } = this.#layout;
    // A `git clean -fdx` in the base takes all but the workspaces.
    if (lstat(dataTemporary) === null) {
      prepareDataDirectory(dataDirectory, base);
      makeDirectory(dataTemporary);
    }
    return `${dataTemporary}/${this.id}-${this.#count++}`;
  }

  /**
   * The clock of the file system that holds the workspaces, in whole seconds: what a file changed now
   * would have as its time. It is not always this machine's clock.
   */
  clock(): number {
    this.#clock ??= this.#makeClock();
    const { file } = this.#clock;
    // The same byte each time, which a full disk has room for.
    file.seek(0);
    file.write(new Uint8Array(1));
    return Math.floor(file.stat().mtime / 1000);
  }

  #makeClock(): { path: string; file: OpenFile } {
    const path = this.dataTemporary();
    return { path, file: new OpenFile(path, { write: true, createNew: true }) };
  }

  /**
   * The ids of sessions whose process is gone and of which something is still there. `hold` keeps others
   * from sweeping them too, and a session that just starts from taking one of them.
   */
  deadSessions(hold: DisposableStack): Set<string> {
    const dead = new Set<string>();
    for (const { name } of readDirectory(this.#layout.sessions) ?? []) {
      if (name === this.id) continue;
      const lock = tryAcquireLock(`${this.#layout.sessions}/${name}`, "sweeps what it left");
      if (lock === null) continue;
      hold.use(lock);
      dead.add(name);
    }
    // Where bases share a store, another one has swept the session without knowing of these.
    for (const { session } of this.#temporaries()) if (!this.isAlive(session)) dead.add(session);
    return dead;
  }

  /** Whether a session's process lives. */
  isAlive(id: string): boolean {
    return id === this.id || lstat(`${this.#layout.sessions}/${id}`) !== null;
  }

  /** The temporary files of these sessions. */
  leftovers(sessions: ReadonlySet<string>): string[] {
    return this.#temporaries()
      .filter(({ session }) => sessions.has(session))
      .map(({ path }) => path);
  }

  #temporaries(): { session: string; path: string }[] {
    return [this.#layout.storeTemporary, this.#layout.dataTemporary].flatMap((directory) =>
      (readDirectory(directory) ?? [])
        .map(({ name }) => ({ session: sessionOf(name), path: `${directory}/${name}` }))
    );
  }

  /** Removes what a session left and then itself; what cannot be removed is left to the next sweep. */
  sweep(session: string): void {
    try {
      for (const path of this.leftovers(new Set([session]))) removeTree(path);
      removeTree(`${this.#layout.sessions}/${session}`);
    } catch (error) {
      if (errorCode(error) === null) throw error;
    }
  }

  /** Ends the session. What is left of work that failed is for whoever opens the base next. */
  [Symbol.dispose](): void {
    this.#clock?.file.close();
    if (this.#clock !== undefined) removeFile(this.#clock.path);
    if (this.leftovers(new Set([this.id])).length === 0) this.sweep(this.id);
    this.#lock[Symbol.dispose]();
  }
}

function sessionOf(temporaryName: string): string {
  return temporaryName.slice(0, temporaryName.indexOf("-"));
}
