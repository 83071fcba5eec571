/**
 * The SQLite database of a base, over `node:sqlite`: one connection, in WAL, so that readers and a writer
 * do not wait for each other.
 *
 * What a transaction has written survives the end of this process at any moment. A loss of power can
 * take the last moments, never the file.
 *
 * @module
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { BusyError, ClosedError, StoreError } from "../errors.ts";
import { storeFailure } from "../platform/failure.ts";
import { lstat, makeDirectory, OpenFile } from "../platform/fs.ts";
import { pause } from "../platform/patience.ts";
import { databaseFailure, isLocked } from "./failure.ts";
import { MIGRATIONS } from "./schema.ts";
import { dirname } from "@std/path/posix";

/** How long SQLite itself waits for a lock, in which nothing else of this process runs. */
const HELD_MS = 5;
const MAX_PAUSE_MS = 10;
const OPEN = "open the database";
/** How often the file is looked at, to see that it is still the one that is open. */
const LOOK_MS = 100;

/** What a statement takes. */
export type Value = SQLInputValue;

/** Says that another connection has the lock. */
export const LOCKED: unique symbol = Symbol("locked");

/** Deno has this call, and its types do not. */
type ArrayStatement = StatementSync & { setReturnArrays(enabled: boolean): void };

/** A prepared statement; a row is an array of its columns. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    (statement as ArrayStatement).setReturnArrays(true);
    this.#statement = statement;
  }

  /** Runs it; returns how many rows it changed. */
  run(...values: Value[]): number {
    return Number(this.#statement.run(...values).changes);
  }

  /** The first row; `null` where there is none. */
  get<Row extends readonly unknown[]>(...values: Value[]): Row | null {
    return this.#statement.get(...values) as unknown as Row | undefined ?? null;
  }

  /** Every row. */
  all<Row extends readonly unknown[]>(...values: Value[]): Row[] {
    return this.#statement.all(...values) as unknown as Row[];
  }
}

/** A connection to the database of a base. */
export class Database implements Disposable {
  /** The file. */
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #lockTimeout: number;
  readonly #inode: string;
  #looked = performance.now();
  #isOpen = true;

  private constructor(path: string, connection: DatabaseSync, lockTimeout: number) {
    this.path = path;
    this.#connection = connection;
    this.#lockTimeout = lockTimeout;
    this.#inode = inodeOf(path);
  }

  /**
   * Opens the database, making it if need be.
   *
   * @param options.lockTimeout how long to wait for other processes, ms.
   * @throws {StoreError} where the file is damaged, or was written by a newer version of this library.
   * @throws {BusyError} where another process does not let go of it in time.
   */
  static async open(path: string, { lockTimeout }: { lockTimeout: number }): Promise<Database> {
    using opened = new DisposableStack();
    const database = opened.adopt(Database.#connect(path, lockTimeout), (it) => it.#close());
    await database.patiently(OPEN, () => database.#prepareFile());
    opened.move();
    return database;
  }

  static #connect(path: string, lockTimeout: number): Database {
    try {
      makeDirectory(dirname(path));
      // SQLite would let everybody read it; its other files get the mode of this one.
      new OpenFile(path, { write: true, create: true, mode: 0o600 }).close();
      return new Database(path, new DatabaseSync(path, { timeout: HELD_MS }), lockTimeout);
    } catch (error) {
      throw storeFailure(`open the database ${path}`, databaseFailure(OPEN, path, error));
    }
  }

  /** Prepares a statement, which lives as long as the connection. */
  prepare(sql: string): Statement {
    return this.#attempt(() => new Statement(this.#connection.prepare(sql)));
  }

  /**
   * Does the work at once; {@linkcode LOCKED} where another connection has the lock.
   *
   * @throws {StoreError} where SQLite fails, or where the file is not the one that was opened.
   */
  soon<T>(action: string, work: () => T): T | typeof LOCKED {
    this.#checkOpen(action);
    try {
      return work();
    } catch (error) {
      if (isLocked(error)) return LOCKED;
      throw databaseFailure(action, this.path, error);
    }
  }

  /**
   * Does the work, as soon as others let it.
   *
   * @throws {BusyError} where they do not in time.
   * @throws {StoreError} as {@linkcode soon}.
   */
  async patiently<T>(action: string, work: () => T): Promise<T> {
    const deadline = performance.now() + this.#lockTimeout;
    for (let ms = 1;; ms = Math.min(ms * 2, MAX_PAUSE_MS)) {
      const result = this.soon(action, work);
      if (result !== LOCKED) return result;
      if (performance.now() >= deadline) throw this.#busy(action);
      // Random, so that processes that try in step fall out of it.
      await pause(ms * (0.5 + Math.random()));
    }
  }

  /** Does the work as one transaction, which is undone where it throws. */
  transaction<T>(work: () => T): T {
    this.#connection.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#connection.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk has undone it already.
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Closes the connection; a second time does nothing. */
  [Symbol.dispose](): void {
    if (this.#isOpen) this.#close();
  }

  #close(): void {
    this.#isOpen = false;
    this.#connection.close();
  }

  #prepareFile(): void {
    const connection = this.#connection;
    connection.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    connection.exec("PRAGMA trusted_schema = OFF");
    if (this.#version() === MIGRATIONS.length) return;
    this.transaction(() => {
      const version = this.#version();
      if (version > MIGRATIONS.length) {
        throw new StoreError(
          `Cannot open the database ${this.path}: a newer version of this library has written it ` +
            `(version ${version}, and this one knows ${MIGRATIONS.length}); update @agentfs/sdk`,
        );
      }
      for (const step of MIGRATIONS.slice(version)) connection.exec(step);
      connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
  }

  #version(): number {
    return this.prepare("PRAGMA user_version").get<[number]>()?.[0] ?? 0;
  }

  /** What fails while a statement is prepared is no lock: the schema is read. */
  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw isLocked(error) ? error : databaseFailure("use the database", this.path, error);
    }
  }

  #checkOpen(action: string): void {
    if (!this.#isOpen) {
      throw new ClosedError(`Cannot ${action}: the database ${this.path} is closed; open it anew`);
    }
    const now = performance.now();
    if (now - this.#looked < LOOK_MS) return;
    this.requireSameFile(action);
    this.#looked = now;
  }

  /** @throws {StoreError} where the file is gone, or another is in its place: nobody would find what is written. */
  requireSameFile(action: string): void {
    if (inodeOf(this.path) === this.#inode) return;
    throw new StoreError(
      `Cannot ${action}: the database ${this.path} was deleted or replaced while it was open; ` +
        "close this AgentFS and open anew",
    );
  }

  #busy(action: string): BusyError {
    return new BusyError(
      `Cannot ${action}: another process has the database ${this.path}, for over ` +
        `${this.#lockTimeout} ms; wait for that to end, or raise lockTimeout`,
      "another process",
    );
  }
}

/** Tells a file from one that has taken its place. */
function inodeOf(path: string): string {
  const stat = lstat(path);
  return stat === null ? "" : `${stat.dev} ${stat.ino}`;
}
