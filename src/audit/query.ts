/**
 * Finds the entries that are wanted, segment by segment, oldest first, in little memory.
 *
 * @module
 */

import { Slices } from "../platform/slices.ts";
import type { Statement } from "../sqlite/database.ts";
import { COLUMNS, type Row, toEntry } from "./chain.ts";
import type { Criteria, PathTest } from "./filter.ts";
import type { AuditLog } from "./log.ts";
import { type Field, firstOf, lastOf, type Scope, type Segment, segmentOf } from "./lookup.ts";
import type { AuditEntry } from "./types.ts";

const READ = "read the audit log";
/** So many entries are in memory at once. */
const PAGE = 256;

/** The wanted entries that are there now, oldest first, in pages. */
export async function* readPages(
  log: AuditLog,
  scope: Scope,
  criteria: Criteria,
): AsyncGenerator<AuditEntry[]> {
  const slices = new Slices();
  await indexAll(log, slices);
  const search = await log.database.patiently(READ, () => new Search(log, scope, criteria));
  const look = (segment: number) => log.database.patiently(READ, () => search.idsIn(segment));
  const { limit, after } = criteria;
  let segments = search.segments();
  let skip = 0;
  if (limit !== null && after === null) {
    const newest: number[] = [];
    let found = 0;
    for (const segment of segments.toReversed()) {
      const { length } = await look(segment);
      if (length > 0) newest.push(segment);
      found += length;
      if (found >= limit) break;
      if (slices.due) await slices.rest();
    }
    segments = newest.reverse();
    skip = Math.max(0, found - limit);
  }
  let left = limit ?? Infinity;
  for (const segment of segments) {
    const ids = (await look(segment)).slice(skip);
    skip = 0;
    for (let at = 0; at < ids.length && left > 0; at += PAGE) {
      const page = ids.slice(at, at + Math.min(PAGE, left));
      left -= page.length;
      yield await log.database.patiently(READ, () => search.entries(page));
      if (slices.due) await slices.rest();
    }
    if (left <= 0) return;
    if (slices.due) await slices.rest();
  }
}

/** Entries that another process has left to be looked through; it is no matter if that must be. */
async function indexAll(log: AuditLog, slices: Slices): Promise<void> {
  await log.head();
  while (log.database.soon(READ, () => log.index()) === true) {
    if (slices.due) await slices.rest();
  }
}

/** One search in the log as it is now. */
class Search {
  readonly #log: AuditLog;
  readonly #scope: Scope;
  readonly #criteria: Criteria;
  readonly #indexed: ReadonlyMap<number, Segment>;
  /** The ids between which all entries are that are wanted. */
  readonly #first: number;
  readonly #last: number;
  readonly #between: Statement;
  readonly #atTimes: Statement;
  readonly #ofAgent: Statement;
  readonly #rows: Statement;

  constructor(log: AuditLog, scope: Scope, criteria: Criteria) {
    this.#log = log;
    this.#scope = scope;
    this.#criteria = criteria;
    const { database, lookup } = log;
    this.#indexed = new Map(lookup.segments().map((segment) => [segment.number, segment]));
    this.#first = Math.max(log.anchor().id, criteria.after ?? 0) + 1;
    const newest = database.prepare("SELECT max(id) FROM audit").get<[number | null]>();
    this.#last = newest?.[0] ?? 0;
    const between = "SELECT id FROM audit WHERE id BETWEEN ? AND ?";
    this.#between = database.prepare(`${between} ORDER BY id`);
    this.#atTimes = database.prepare(`${between} AND timestamp BETWEEN ? AND ?`);
    this.#ofAgent = database.prepare(`${between} AND agent_id = ?`);
    this.#rows = database.prepare(
      `SELECT ${COLUMNS} FROM audit WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
    );
  }

  /** The segments that can have wanted entries. */
  segments(): number[] {
    const { times } = this.#criteria;
    const segments: number[] = [];
    for (let number = segmentOf(this.#first); firstOf(number) <= this.#last; number++) {
      const segment = this.#indexed.get(number);
      const isLate = times && segment && segment.earliest > times[1];
      const isEarly = times && segment && segment.latest < times[0];
      if (!isLate && !isEarly) segments.push(number);
    }
    return segments;
  }

  /** The ids of the wanted entries in a segment, oldest first. */
  idsIn(segment: number): number[] {
    const first = Math.max(firstOf(segment), this.#first);
    const last = Math.min(lastOf(segment), this.#last);
    const [found, ...others] = this.#conditions(segment, first, last);
    if (found === undefined) return this.#ids(this.#between, first, last);
    let ids = [...new Set(found)].filter((id) => id >= first && id <= last);
    for (const other of others) {
      const also = new Set(other);
      ids = ids.filter((id) => also.has(id));
    }
    return ids.sort((a, b) => a - b);
  }

  /** The entries with these ids. */
  entries(ids: readonly number[]): AuditEntry[] {
    return this.#rows.all<Row>(JSON.stringify(ids)).map(toEntry);
  }

  /** For each thing that is asked, the ids that fit. */
  #conditions(segment: number, first: number, last: number): number[][] {
    const { operations, path, agentId, times } = this.#criteria;
    const range = [first, last] as const;
    const found: number[][] = [];
    if (agentId !== null) {
      if (this.#with(segment, range, "agent", agentId).length === 0) return [[]];
      found.push(this.#ids(this.#ofAgent, first, last, agentId));
    }
    if (operations !== null) {
      found.push(operations.flatMap((name) => this.#with(segment, range, "operation", name)));
    }
    if (path !== null) found.push(this.#fitting(segment, range, path));
    else if (operations === null && this.#scope !== null) found.push(this.#all(segment, range));
    if (times !== null && !this.#isWithin(segment, times)) {
      found.push(this.#ids(this.#atTimes, first, last, ...times));
    }
    return found;
  }

  #all(segment: number, range: readonly [number, number]): number[] {
    const { lookup } = this.#log;
    if (this.#indexed.has(segment)) return lookup.idsIn(segment, this.#scope);
    return lookup.valuesBetween(...range, this.#scope, "operation").map(([id]) => id);
  }

  #with(segment: number, range: readonly [number, number], field: Field, value: string): number[] {
    const { lookup } = this.#log;
    if (this.#indexed.has(segment)) return lookup.idsWith(segment, this.#scope, field, value);
    return lookup.valuesBetween(...range, this.#scope, field)
      .filter(([, other]) => other === value)
      .map(([id]) => id);
  }

  #fitting(segment: number, range: readonly [number, number], path: PathTest): number[] {
    const { lookup } = this.#log;
    if (path.exact !== null && this.#indexed.has(segment)) {
      return path.exact.flatMap((value) => this.#with(segment, range, "path", value));
    }
    const values = this.#indexed.has(segment)
      ? lookup.valuesIn(segment, this.#scope, "path")
      : lookup.valuesBetween(...range, this.#scope, "path");
    // Sorted, so that a path which many entries share is tried once.
    let tried: string | null = null;
    let fits = false;
    return values
      .filter(([, value]) => {
        if (value !== tried) fits = path.fits(value);
        tried = value;
        return fits;
      })
      .map(([id]) => id);
  }

  #isWithin(segment: number, [from, to]: readonly [number, number]): boolean {
    const known = this.#indexed.get(segment);
    return known !== undefined && known.earliest >= from && known.latest <= to;
  }

  #ids(statement: Statement, ...values: (number | string)[]): number[] {
    return statement.all<[number]>(...values).map(([id]) => id);
  }
}
