/**
 * Recomputes the chain, and compares it with the heads that are known and with what can be looked up.
 *
 * @module
 */

import { Slices } from "../platform/slices.ts";
import type { Database, Statement } from "../sqlite/database.ts";
import {
  BEFORE_ALL,
  COLUMNS,
  contentOf,
  type Head,
  linkHash,
  type Row,
  sameHash,
} from "./chain.ts";
import { AuditLog } from "./log.ts";
import { firstOf, lastOf, type Lookup, type Scope, segmentOf } from "./lookup.ts";
import { PRUNE } from "./prune.ts";
import type { AuditVerification } from "./types.ts";

const VERIFY = "verify the audit log";
const PAGE = 512;

/** Verifies the log; `heads` are what it must still lead to, `scope` is whose entries are counted. */
export async function verifyLog(
  log: AuditLog,
  scope: Scope,
  heads: readonly Head[],
): Promise<AuditVerification> {
  await log.database.patiently(VERIFY, () => log.database.requireSameFile(VERIFY));
  // A connection of its own, so that what is checked comes from the file.
  using fresh = await AuditLog.open(log.options);
  const chain = new ChainWalk(fresh, scope, heads);
  await chain.walk();
  // What others remove meanwhile is not missing.
  if (
    chain.brokenAt !== null && fresh.anchor().id >= chain.brokenAt &&
    chain.start < fresh.anchor().id
  ) {
    return await verifyLog(log, scope, heads);
  }
  const brokenAt = least(chain.brokenAt, await lookupBrokenAt(fresh, chain.end));
  return { ok: brokenAt === null, entries: chain.entries, brokenAt };
}

/** One walk over the chain, from the first entry to the last. */
class ChainWalk {
  readonly start: number;
  /** How many entries of the scope there are. */
  entries = 0;
  /** The last entry that was looked at. */
  end: number;
  brokenAt: number | null = null;
  readonly #database: Database;
  readonly #scope: Scope;
  readonly #known: ReadonlyMap<number, readonly Uint8Array[]>;
  readonly #page: Statement;
  readonly #anchor: Head;
  #hash: Uint8Array;
  /** What entries tell of removals that go as far as the anchor, or further. */
  readonly #announced: Head[] = [];

  constructor(log: AuditLog, scope: Scope, heads: readonly Head[]) {
    this.#database = log.database;
    this.#scope = scope;
    this.#known = Map.groupBy(heads, ({ id }) => id)
      .entries().reduce(
        (known, [id, same]) => known.set(id, same.map(({ hash }) => hash)),
        new Map(),
      );
    this.#page = log.database.prepare(
      `SELECT ${COLUMNS} FROM audit WHERE id > ? ORDER BY id LIMIT ?`,
    );
    this.#anchor = log.anchor();
    this.start = this.end = this.#anchor.id;
    this.#hash = this.#anchor.hash;
  }

  /** Looks at every entry. */
  async walk(): Promise<void> {
    const slices = new Slices();
    this.#compareHead(this.#anchor.id);
    let last: number | bigint = BEFORE_ALL;
    for (;;) {
      const rows = await this.#rows(last, PAGE);
      for (const row of rows) {
        this.#take(row);
        last = row[0];
      }
      if (rows.length === 0) break;
      if (slices.due) await slices.rest();
    }
    const newest = Math.max(...this.#known.keys(), 0);
    if (newest > this.end) this.#break(this.end + 1);
    if (this.start > 0 && !await this.#isAnnounced()) this.#break(1);
  }

  /** Whether an entry tells of the removal, with the right hash. One that ended early has got less far. */
  async #isAnnounced(): Promise<boolean> {
    const find = this.#database.prepare("SELECT hash FROM audit WHERE id = ?");
    for (const { id, hash } of this.#announced) {
      const found = id === this.start
        ? this.#anchor.hash
        : (await this.#database.patiently(VERIFY, () => find.get<[Uint8Array]>(id)))?.[0];
      if (found !== undefined && sameHash(found, hash)) return true;
    }
    return false;
  }

  /** The next rows. One that cannot be read is none of ours. */
  async #rows(last: number | bigint, count: number): Promise<Row[]> {
    try {
      return await this.#database.patiently(VERIFY, () => this.#page.all<Row>(last, count));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (count > 1) return await this.#rows(last, 1);
      this.#break(this.end + 1);
      return [];
    }
  }

  #take(row: Row): void {
    const [id, , , workspaceId, , , operation, , details, hash] = row;
    if (id <= this.start) return this.#break(id);
    if (id !== this.end + 1) this.#break(this.end + 1);
    if (!sameHash(linkHash(this.#hash, contentOf(row)), hash)) this.#break(id);
    this.end = id;
    this.#hash = hash;
    this.#compareHead(id);
    if (this.#scope === null || this.#scope === workspaceId) this.entries++;
    if (operation === PRUNE && workspaceId === "") {
      const announced = announcedBy(details);
      // Only what is there already can be removed: a head below the anchor was known before this.
      if (announced !== null && announced.id >= this.start && announced.id < id) {
        this.#announced.push(announced);
      }
    }
  }

  #compareHead(id: number): void {
    const known = this.#known.get(id);
    if (known?.some((hash) => !sameHash(hash, this.#hash))) this.#break(id);
  }

  #break(id: number): void {
    this.brokenAt = least(this.brokenAt, id);
  }
}

/** The first entry that a lookup would hide or make up; `null` where there is none. */
async function lookupBrokenAt(log: AuditLog, end: number): Promise<number | null> {
  const slices = new Slices();
  const { database, lookup } = log;
  const segments = await database.patiently(VERIFY, () => lookup.segments());
  const anchored = log.anchor().id;
  for (const { number } of segments) {
    // What is said of entries that are not there any more is not asked for.
    if (number < segmentOf(anchored + 1)) continue;
    if (lastOf(number) > end) {
      // One that was filled since is whole; one of entries that are still to come is a forgery.
      const newest = await database.patiently(VERIFY, () => log.newestId());
      if (lastOf(number) > newest) return firstOf(number);
      continue;
    }
    const wrong = await database.patiently(VERIFY, () => wrongAt(lookup, number));
    if (wrong !== null && log.anchor().id < firstOf(number)) return wrong;
    if (wrong !== null && log.anchor().id === anchored) return wrong;
    if (slices.due) await slices.rest();
  }
  return null;
}

/** The first entry of which a segment says something wrong: all of it, where that cannot be read. */
function wrongAt(lookup: Lookup, segment: number): number | null {
  try {
    return lookup.wrongAt(segment);
  } catch (error) {
    if (error instanceof RangeError) return firstOf(segment);
    throw error;
  }
}

/** The last entry whose removal is announced; `null` where the details tell of none. */
function announcedBy(details: string | null): Head | null {
  const [, through] = /^\{"through":(\d{1,15}),/.exec(details ?? "") ?? [];
  const [, hash] = /,"hash":"([0-9a-f]{64})"/.exec(details ?? "") ?? [];
  if (through === undefined || hash === undefined) return null;
  return { id: Number(through), hash: Uint8Array.fromHex(hash) };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof RangeError;
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? a ?? b : Math.min(a, b);
}
