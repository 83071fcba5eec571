/**
 * The audit log of a base: one chain of entries over all its workspaces and processes.
 *
 * An append is one statement without a transaction around it: it takes the next id after the head that
 * this process knows, and changes nothing where another process was first; then the head is read
 * anew. So nobody waits for a lock but while another's statement runs.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { Database, LOCKED, type Statement } from "../sqlite/database.ts";
import {
  COLUMNS,
  type Content,
  type Facts,
  GENESIS,
  type Head,
  linkHash,
  MAX_ID,
  sameHash,
  toEntry,
} from "./chain.ts";
import { lastOf, Lookup, SEGMENT, segmentOf } from "./lookup.ts";
import { redactDetails } from "./redact.ts";
import type { AuditDetails, AuditEntry } from "./types.ts";

/** What an {@linkcode AuditLog} is opened with. */
export interface AuditLogOptions {
  /** The database. */
  readonly path: string;
  /** The id of this opening of the base. */
  readonly session: string;
  /** How long to wait for other processes, ms. */
  readonly lockTimeout: number;
}

/** An entry that is to be. */
export interface AuditDraft {
  /** The name of the workspace. */
  readonly workspace: string;
  /** The id of its record. */
  readonly workspaceId: string;
  readonly agentId: string | null;
  readonly operation: string;
  readonly path: string | null;
  readonly details: AuditDetails | null;
}

const APPEND = "append to the audit log";

/** The log, opened by this process. */
export class AuditLog implements Disposable {
  readonly database: Database;
  readonly lookup: Lookup;
  readonly options: AuditLogOptions;
  readonly #insert: Statement;
  readonly #newest: Statement;
  readonly #anchor: Statement;
  readonly #hashOf: Statement;
  #head: Head = GENESIS;
  /** A head that this process knew and that the log does not have any more. */
  #lost: Head | null = null;
  /** The end of the queue of those who wait. */
  #waiting: Promise<unknown> | null = null;
  #indexed: number;

  private constructor(database: Database, options: AuditLogOptions) {
    this.database = database;
    this.lookup = new Lookup(database);
    this.options = options;
    this.#insert = database.prepare(
      `INSERT OR IGNORE INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#newest = database.prepare(
      `SELECT id, hash FROM audit WHERE id <= ${MAX_ID} ORDER BY id DESC LIMIT 1`,
    );
    this.#anchor = database.prepare("SELECT id, hash FROM anchor ORDER BY id DESC LIMIT 1");
    this.#hashOf = database.prepare("SELECT hash FROM audit WHERE id = ?");
    this.#head = this.#readHead();
    this.#indexed = this.lookup.last();
  }

  /**
   * Opens the log, making its database if need be.
   *
   * @throws {StoreError} where the database is damaged, or of a newer version.
   * @throws {BusyError} where another process does not let go of it in time.
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    using opened = new DisposableStack();
    const database = opened.use(await Database.open(options.path, options));
    const log = await database.patiently(
      "open the audit log",
      () => new AuditLog(database, options),
    );
    opened.move();
    return log;
  }

  /**
   * Adds an entry at the end. It is in the database once this resolves, whatever then becomes of this
   * process. Entries of one process have the order of the calls.
   *
   * @throws {StoreError} where it cannot be written; the log is as it was.
   * @throws {BusyError} where another process has the database locked for too long.
   */
  async append(draft: AuditDraft): Promise<AuditEntry> {
    return toEntry(await this.add(draft));
  }

  /** The same, at once where nobody has the database locked; gives the columns of the entry. */
  add(draft: AuditDraft): Content | Promise<Content> {
    const facts = prepare(draft, this.options.session);
    if (this.#waiting !== null) return this.#addLater(facts);
    const content = this.database.soon(APPEND, () => this.#add(facts));
    return content === LOCKED ? this.#addLater(facts) : content;
  }

  /** The newest entry of all processes. */
  async head(): Promise<Head> {
    return await this.database.patiently("read the audit log", () => this.#readHead());
  }

  /** The last entry that was removed from the beginning; where none was, what the first one follows. */
  anchor(): Head {
    const row = this.#anchor.get<[number, Uint8Array]>();
    return row === null ? GENESIS : { id: row[0], hash: row[1] };
  }

  /** The id of the newest entry that is in the database; 0 where there is none. */
  newestId(): number {
    return this.#newest.get<[number, Uint8Array]>()?.[0] ?? 0;
  }

  /** The newest entry that this process knows of. */
  get latest(): Head {
    return this.#head;
  }

  /** The heads that this process remembers. */
  get remembered(): Head[] {
    return this.#lost === null ? [this.#head] : [this.#head, this.#lost];
  }

  /** Makes it possible to look up one more segment, if one is full; returns whether it did. */
  index(): boolean {
    const next = Math.max(this.#indexed + 1, segmentOf(this.anchor().id + 1));
    if (lastOf(next) > this.#head.id) return false;
    this.lookup.add(next);
    this.#indexed = Math.max(this.#indexed, this.lookup.last());
    // Of a log that was tampered with, a whole segment can be missing.
    return this.#indexed >= next;
  }

  /** Closes the database. */
  [Symbol.dispose](): void {
    this.database[Symbol.dispose]();
  }

  #addLater(facts: Facts): Promise<Content> {
    const turn = (this.#waiting ?? Promise.resolve()).then(() => {
      return this.database.patiently(APPEND, () => this.#add(facts));
    });
    const end = turn.catch(() => {}).then(() => {
      if (this.#waiting === end) this.#waiting = null;
    });
    this.#waiting = end;
    return turn;
  }

  #add(facts: Facts): Content {
    for (;;) {
      const content: Content = [this.#head.id + 1, ...facts];
      const hash = linkHash(this.#head.hash, content);
      if (this.#insert.run(...content, hash) > 0) {
        this.#head = { id: content[0], hash };
        if (content[0] % SEGMENT === 0) this.#indexSoon();
        return content;
      }
      if (this.#readHead().id < content[0]) {
        throw new StoreError(`Cannot ${APPEND}: the database refuses entry ${content[0]}`);
      }
    }
  }

  /** The entry is there already; who cannot do this leaves it to who looks something up. */
  #indexSoon(): void {
    try {
      this.database.soon("index the audit log", () => this.index());
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Reads which entry is the newest, and sees that the one before was not replaced. */
  #readHead(): Head {
    const row = this.#newest.get<[number, Uint8Array]>();
    const head = row === null ? this.anchor() : { id: row[0], hash: row[1] };
    if (!this.#has(this.#head)) this.#lost ??= this.#head;
    return this.#head = head;
  }

  #has({ id, hash }: Head): boolean {
    if (id <= this.anchor().id) return true;
    const found = this.#hashOf.get<[Uint8Array]>(id)?.[0];
    return found !== undefined && sameHash(found, hash);
  }
}

function prepare(draft: AuditDraft, session: string): Facts {
  const details = draft.details && redactDetails(draft.details, draft.operation);
  return [
    Date.now(),
    storable(draft.workspace),
    draft.workspaceId,
    draft.agentId && storable(draft.agentId),
    session,
    storable(draft.operation),
    draft.path && storable(draft.path),
    details && JSON.stringify(details),
  ];
}

/** Text that comes back from SQLite as it went in: a path that was refused can be anything. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\u2400");
}
