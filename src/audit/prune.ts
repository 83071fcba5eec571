/**
 * Removes the oldest entries, when they have been kept for long enough.
 *
 * The chain stays whole: what it begins with is then the hash of the last entry that was removed, the
 * anchor. The removal is an entry itself, made before, so that an anchor without one is a forgery.
 *
 * @module
 */

import { Slices } from "../platform/slices.ts";
import type { Statement } from "../sqlite/database.ts";
import { BEFORE_ALL, COLUMNS, follows, type Head, hexOf, type Row } from "./chain.ts";
import type { AuditLog } from "./log.ts";
import { lastOf, segmentOf } from "./lookup.ts";

/** The entry that tells of it; `details.through` is the last id that goes. It is of no workspace. */
export const PRUNE = "audit.prune";

const ACTION = "remove old entries of the audit log";
const DAY_MS = 24 * 60 * 60 * 1000;
/** So many entries are looked at or removed at once. */
const STEP = 512;

/**
 * Removes entries older than `days`, from the oldest up to the first one that is not; returns how many.
 * Where one of them is not as it was, none goes: that is for who verifies the log.
 *
 * @throws {RangeError} where `days` is not above 0.
 */
export async function prune(log: AuditLog, days: number): Promise<number> {
  if (!(days > 0)) throw new RangeError(`Cannot ${ACTION}: days is above 0, not ${days}`);
  const slices = new Slices();
  const anchor = await log.database.patiently(ACTION, () => log.anchor());
  const last = await lastBefore(log, anchor, Date.now() - days * DAY_MS, slices);
  if (last === null || last.id === anchor.id) return 0;
  await log.append({
    workspace: "",
    workspaceId: "",
    agentId: null,
    operation: PRUNE,
    path: null,
    details: { through: last.id, hash: hexOf(last.hash), days },
  });
  const { database } = log;
  const removing = await database.patiently(ACTION, () => new Removing(log));
  for (let at = anchor.id; at < last.id;) {
    const end = Math.min(at + STEP, lastOf(segmentOf(at + 1)), last.id);
    await database.patiently(ACTION, () => database.transaction(() => removing.upTo(end)));
    at = end;
    if (slices.due) await slices.rest();
  }
  return last.id - anchor.id;
}

/**
 * The last entry before the first that is of `moment` or later; `null` where there is none. The chain up
 * to there is computed anew: where it is not whole, nothing may go, since that would be evidence.
 */
async function lastBefore(
  log: AuditLog,
  anchor: Head,
  moment: number,
  slices: Slices,
): Promise<Head | null> {
  const { database } = log;
  const page = await database.patiently(ACTION, () => {
    return database.prepare(`SELECT ${COLUMNS} FROM audit WHERE id > ? ORDER BY id LIMIT ${STEP}`);
  });
  let last = anchor;
  // A row before all of ours is evidence as well.
  let after: number | bigint = BEFORE_ALL;
  for (;;) {
    const rows = await database.patiently(ACTION, () => readable(() => page.all<Row>(after)));
    if (rows === null) return null;
    for (const row of rows) {
      if (row[0] === last.id + 1 && row[1] >= moment) return last;
      if (!follows(last, row)) return null;
      last = { id: row[0], hash: row[9] };
    }
    if (rows.length < STEP) return last;
    after = last.id;
    if (slices.due) await slices.rest();
  }
}

/** What is read; `null` where it has a number that is none of ours. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The removal of entries in small steps, after each of which the log is whole. */
class Removing {
  readonly #log: AuditLog;
  readonly #setAnchor: Statement;
  readonly #dropAnchors: Statement;
  readonly #remove: Statement;

  constructor(log: AuditLog) {
    this.#log = log;
    const { database } = log;
    this.#setAnchor = database.prepare(
      "INSERT OR IGNORE INTO anchor SELECT id, hash FROM audit WHERE id = ?",
    );
    this.#dropAnchors = database.prepare("DELETE FROM anchor WHERE id < ?");
    this.#remove = database.prepare("DELETE FROM audit WHERE id <= ?");
  }

  /** Removes all up to the entry `id`, which is in the segment of the first of them. */
  upTo(id: number): void {
    // Another process may have come further.
    if (this.#setAnchor.run(id) === 0) return;
    this.#dropAnchors.run(id);
    this.#remove.run(id);
    const segment = segmentOf(id);
    if (segment <= this.#log.lookup.last()) this.#log.lookup.renew(segment);
  }
}
