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
import {
  type Field,
  firstOf,
  lastOf,
  type Scope,
  type Segment,
  segmentOf,
  type SegmentRange,
} from "./lookup.ts";
import type { AuditEntry } from "./types.ts";

const READ = "read the audit log";
/** So many entries are in memory at once. */
const PAGE = 256;
/** So many segments are looked at together. */
const WIDEST = 32;

/** The wanted entries that are there now, oldest first, in pages. */
export async function* readPages(
  log: AuditLog,
  scope: Scope,
  criteria: Criteria,
): AsyncGenerator<AuditEntry[]> {
  const slices = new Slices();
  await indexAll(log, slices);
  const search = await log.database.patiently(READ, () => new Search(log, scope, criteria));
  const look = (range: SegmentRange) => log.database.patiently(READ, () => search.idsIn(range));
  const { limit, after } = criteria;
  let segments = search.segments();
  let skip = 0;
  if (limit !== null && after === null) {
    const newest: number[] = [];
    let found = 0;
    const steps = new Steps(segments.reverse(), search);
    for (let range = steps.next(0); range !== null && found < limit;) {
      const ids = await look(range);
      newest.push(...new Set(ids.reverse().map(segmentOf)));
      found += ids.length;
      range = steps.next(ids.length);
      if (slices.due) await slices.rest();
    }
    segments = newest.reverse();
    skip = Math.max(0, found - limit);
  }
  let left = limit ?? Infinity;
  const steps = new Steps(segments, search);
  for (let range = steps.next(0); range !== null && left > 0;) {
    const ids = await look(range);
    for (let at = skip; at < ids.length && left > 0; at += PAGE) {
      const page = ids.slice(at, at + Math.min(PAGE, left));
      left -= page.length;
      yield await log.database.patiently(READ, () => search.entries(page));
      if (slices.due) await slices.rest();
    }
    skip = Math.max(0, skip - ids.length);
    range = steps.next(ids.length);
    if (slices.due) await slices.rest();
  }
}

/** Segments to look at, one after the other, or several at once where little is found. */
class Steps {
  readonly #segments: readonly number[];
  readonly #search: Search;
  #at = 0;
  #width = 1;

  /** The segments are in order, up or down. */
  constructor(segments: readonly number[], search: Search) {
    this.#segments = segments;
    this.#search = search;
  }

  /** The next range, after one in which so many entries were found; `null` at the end. */
  next(found: number): SegmentRange | null {
    if (this.#at === this.#segments.length) return null;
    this.#width = found < PAGE ? Math.min(this.#width * 2, WIDEST) : 1;
    const start = this.#at++;
    while (this.#at - start < this.#width && this.#joins(this.#at)) this.#at++;
    const [one, other] = [this.#segments[start]!, this.#segments[this.#at - 1]!];
    return [Math.min(one, other), Math.max(one, other)];
  }

  #joins(at: number): boolean {
    const [before, next] = [this.#segments[at - 1]!, this.#segments[at]];
    return next !== undefined && Math.abs(next - before) === 1 &&
      !this.#search.standsAlone(before) && !this.#search.standsAlone(next);
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
    this.#first = Math.max(log.anchor().id, criteria.after ?? 0) + 1;
    this.#last = log.newestId();
    // One that is not full is a forgery, in which entries would be hidden.
    const full = lookup.segments().filter(({ number }) => lastOf(number) <= this.#last);
    this.#indexed = new Map(full.map((segment) => [segment.number, segment]));
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
      // Of a log that was tampered with, any number of segments can be missing.
      if (segment === undefined) number = segmentOf(this.#nextId(firstOf(number)));
      const isLate = times && segment && segment.earliest > times[1];
      const isEarly = times && segment && segment.latest < times[0];
      if (!isLate && !isEarly) segments.push(number);
    }
    return segments;
  }

  #nextId(id: number): number {
    return this.#log.database.prepare("SELECT min(id) FROM audit WHERE id BETWEEN ? AND ?")
      .get<[number | null]>(id, this.#last)?.[0] ?? this.#last;
  }

  /** Whether a segment must be looked at by itself, since its entries are. */
  standsAlone(segment: number): boolean {
    const { agentId, times } = this.#criteria;
    return agentId !== null || !this.#indexed.has(segment) ||
      (times !== null && !this.#isWithin(segment, times));
  }

  /** The ids of the wanted entries in these segments, oldest first. */
  idsIn(segments: SegmentRange): number[] {
    const first = Math.max(firstOf(segments[0]), this.#first);
    const last = Math.min(lastOf(segments[1]), this.#last);
    const [found, ...others] = this.#conditions(segments, first, last);
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
  #conditions(segments: SegmentRange, first: number, last: number): number[][] {
    const { operations, path, agentId, times } = this.#criteria;
    const values = this.#indexed.has(segments[0])
      ? this.#lookedUp(segments)
      : this.#lookedThrough(first, last);
    const found: number[][] = [];
    if (agentId !== null) {
      if (values.idsWith("agent", agentId).length === 0) return [[]];
      found.push(this.#ids(this.#ofAgent, first, last, agentId));
    }
    if (operations !== null) {
      found.push(operations.flatMap((name) => values.idsWith("operation", name)));
    }
    if (path !== null) {
      found.push(
        path.exact === null
          ? fitting(path, values.all("path"))
          : path.exact.flatMap((exact) => values.idsWith("path", exact)),
      );
    } else if (operations === null && this.#scope !== null) {
      found.push(values.ids("operation"));
    }
    if (times !== null && !this.#isWithin(segments[0], times)) {
      found.push(this.#ids(this.#atTimes, first, last, ...times));
    }
    return found;
  }

  #lookedUp(segments: SegmentRange): Values {
    const { lookup } = this.#log;
    const scope = this.#scope;
    return {
      ids: (field) => lookup.idsIn(segments, scope, field),
      idsWith: (field, value) => lookup.idsWith(segments, scope, field, value),
      all: (field) => lookup.valuesIn(segments, scope, field),
    };
  }

  #lookedThrough(first: number, last: number): Values {
    const { lookup } = this.#log;
    const all = (field: Field) => lookup.valuesBetween(first, last, this.#scope, field);
    return {
      ids: (field) => all(field).map(([id]) => id),
      idsWith: (field, value) =>
        all(field).filter(([, other]) => other === value).map(([id]) => id),
      all,
    };
  }

  #isWithin(segment: number, [from, to]: readonly [number, number]): boolean {
    const known = this.#indexed.get(segment);
    return known !== undefined && known.earliest >= from && known.latest <= to;
  }

  #ids(statement: Statement, ...values: (number | string)[]): number[] {
    return statement.all<[number]>(...values).map(([id]) => id);
  }
}

/** What there is in some segments. */
interface Values {
  /** The ids of entries that have the field. */
  ids(field: Field): number[];
  /** The ids of entries with this value. */
  idsWith(field: Field, value: string): number[];
  /** The ids of entries with their values. */
  all(field: Field): [number, string][];
}

/** The ids of those whose path fits. A path that neighbours share is tried once. */
function fitting(path: PathTest, values: readonly [number, string][]): number[] {
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
