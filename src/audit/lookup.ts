/**
 * Where entries of one kind are: per segment of the log, the ids of the entries of each workspace by
 * operation and by path, and the first of each agent.
 *
 * An index on the log itself would cost each entry more than all the rest, since paths come in any
 * order. A segment is looked up only once it is full, in one go and sorted, which costs a tenth of that;
 * the newest entries, which fill no segment yet, are looked through.
 *
 * @module
 */

import { MAX_ID } from "./chain.ts";
import { FILE_OPERATIONS } from "./own_entry.ts";
import type { Database, Statement } from "../sqlite/database.ts";

/** So many entries are a segment. */
export const SEGMENT = 2048;

/** What entries can be looked up by. */
export type Field = "operation" | "path" | "agent";

/** The number of the segment that an entry is in. */
export function segmentOf(id: number): number {
  return Math.floor((id - 1) / SEGMENT);
}

/** The first id of a segment. */
export function firstOf(segment: number): number {
  return segment * SEGMENT + 1;
}

/** The last id of a segment. */
export function lastOf(segment: number): number {
  return (segment + 1) * SEGMENT;
}

/** An agent's own entries cannot claim to be about a file. */
const ON_A_FILE = `operation IN ('${FILE_OPERATIONS.join("', '")}')`;

/** What `lookup` holds for the entries from ?1 to ?2. */
const VALUES = `
  SELECT workspace_id, 'operation' AS field, operation AS value, id
    FROM audit WHERE id BETWEEN ?1 AND ?2
  UNION ALL
  SELECT workspace_id, 'path', path, id
    FROM audit WHERE id BETWEEN ?1 AND ?2 AND path NOT NULL
  UNION ALL
  SELECT workspace_id, 'path', details ->> '$.from', id
    FROM audit WHERE id BETWEEN ?1 AND ?2 AND operation IN ('copy', 'move')
      AND json_type(details, '$.from') = 'text' AND details ->> '$.from' IS NOT path
  UNION ALL
  SELECT workspace_id, 'path', details ->> '$.resolved', id
    FROM audit WHERE id BETWEEN ?1 AND ?2 AND ${ON_A_FILE}
      AND json_type(details, '$.resolved') = 'text' AND details ->> '$.resolved' IS NOT path
  UNION ALL
  SELECT workspace_id, 'agent', agent_id, min(id)
    FROM audit WHERE id BETWEEN ?1 AND ?2 AND agent_id NOT NULL GROUP BY workspace_id, agent_id`;

const FULL_VALUES = `SELECT ?3 AS segment, workspace_id, field, value, id FROM (${VALUES})`;
const SUMMARY = `
  SELECT ?3, min(timestamp), max(timestamp),
    (SELECT json_group_array(workspace_id)
      FROM (SELECT DISTINCT workspace_id FROM audit WHERE id BETWEEN ?1 AND ?2 ORDER BY 1))
  FROM audit WHERE id BETWEEN ?1 AND ?2`;

/** The entries of the segments from ?1 to ?2, by the workspace ?3, or by each one. */
const ENTRIES = {
  one: `FROM segment CROSS JOIN lookup ON segment = number AND workspace_id = ?3
    WHERE number BETWEEN ?1 AND ?2`,
  all: `FROM segment CROSS JOIN json_each(workspaces) AS each
    CROSS JOIN lookup ON segment = number AND workspace_id = each.value
    WHERE number BETWEEN ?1 AND ?2 AND ?3 IS NULL`,
};

/** An integer of the database, near enough where somebody has put in one that JavaScript cannot hold. */
function readable(column: string): string {
  return `max(min(${column}, ${MAX_ID}), ${-MAX_ID})`;
}

/** A segment that can be looked up. */
export interface Segment {
  readonly number: number;
  /** The earliest and the latest moment of its entries, in ms. */
  readonly earliest: number;
  readonly latest: number;
}

/** The numbers of the first and the last of some segments. */
export type SegmentRange = readonly [first: number, last: number];

/** A workspace, or all of them. */
export type Scope = string | null;

/** The lookup of one database. */
export class Lookup {
  readonly #database: Database;
  readonly #segments: Statement;
  readonly #last: Statement;
  readonly #addSegment: Statement;
  readonly #addValues: Statement;
  readonly #removeSegment: Statement;
  readonly #removeValues: Statement;
  readonly #summaryDiffers: Statement;
  readonly #hidden: Statement;
  readonly #madeUp: Statement;
  readonly #unindexed: Statement;
  readonly #one: Finding;
  readonly #all: Finding;

  constructor(database: Database) {
    this.#database = database;
    const prepare = (sql: string): Statement => database.prepare(sql);
    this.#segments = prepare(
      `SELECT ${readable("number")}, ${readable("earliest")}, ${readable("latest")}
        FROM segment ORDER BY number`,
    );
    this.#last = prepare(`SELECT ${readable("max(number)")} FROM segment`);
    this.#addSegment = prepare(`INSERT OR IGNORE INTO segment ${SUMMARY} HAVING count(*) > 0`);
    this.#addValues = prepare(`INSERT OR IGNORE INTO lookup ${FULL_VALUES} ORDER BY 2, 3, 4, 5`);
    this.#removeSegment = prepare("DELETE FROM segment WHERE number = ?");
    this.#removeValues = prepare("DELETE FROM lookup WHERE segment = ?");
    this.#summaryDiffers = prepare(`${SUMMARY} EXCEPT SELECT * FROM segment WHERE number = ?3`);
    const found = "SELECT * FROM lookup WHERE segment = ?3";
    this.#hidden = prepare(`SELECT min(id) FROM (${FULL_VALUES} EXCEPT ${found})`);
    this.#madeUp = prepare(`SELECT min(id) FROM (${found} EXCEPT ${FULL_VALUES})`);
    this.#one = new Finding(database, ENTRIES.one);
    this.#all = new Finding(database, ENTRIES.all);
    this.#unindexed = prepare(
      `SELECT id, value FROM (${VALUES}) WHERE field = ?3 AND (?4 IS NULL OR workspace_id = ?4)`,
    );
  }

  /** The segments that can be looked up. */
  segments(): Segment[] {
    return this.#segments.all<[number, number, number]>()
      .map(([number, earliest, latest]) => ({ number, earliest, latest }));
  }

  /** The number of the last segment that can be looked up; -1 where there is none. */
  last(): number {
    return this.#last.get<[number | null]>()?.[0] ?? -1;
  }

  /** Makes it possible to look up a segment; nothing happens where that is so, or where it is empty. */
  add(segment: number): void {
    this.#database.transaction(() => this.#add(segment));
  }

  /** Takes in what is left of a segment of which entries were removed. Part of a transaction. */
  renew(segment: number): void {
    this.#removeSegment.run(segment);
    this.#removeValues.run(segment);
    this.#add(segment);
  }

  #add(segment: number): void {
    const range = [firstOf(segment), lastOf(segment), segment] as const;
    if (this.#addSegment.run(...range) > 0) this.#addValues.run(...range);
  }

  /** The first entry of which a segment says something wrong; `null` where there is none. */
  wrongAt(segment: number): number | null {
    const range = [firstOf(segment), lastOf(segment), segment] as const;
    if (this.#summaryDiffers.get(...range) !== null) return firstOf(segment);
    const ids = [this.#hidden, this.#madeUp]
      .map((differing) => differing.get<[number | null]>(...range)?.[0] ?? null)
      .filter((id) => id !== null);
    return ids.length === 0 ? null : Math.min(...ids);
  }

  /** The ids of entries that have a field, in no order. All of the segments can be looked up. */
  idsIn(range: SegmentRange, scope: Scope, field: Field): number[] {
    return this.#finding(scope).ids.all<[number]>(...range, scope, field).map(([id]) => id);
  }

  /** The ids of entries with this value, in no order. */
  idsWith(range: SegmentRange, scope: Scope, field: Field, value: string): number[] {
    return this.#finding(scope).idsWith.all<[number]>(...range, scope, field, value)
      .map(([id]) => id);
  }

  /** The ids and the values of entries; those of a segment and a workspace sorted by value. */
  valuesIn(range: SegmentRange, scope: Scope, field: Field): [number, string][] {
    return this.#finding(scope).values.all<[number, string]>(...range, scope, field);
  }

  /** The values of entries that cannot be looked up yet. */
  valuesBetween(first: number, last: number, scope: Scope, field: Field): [number, string][] {
    return this.#unindexed.all<[number, string]>(first, last, field, scope);
  }

  #finding(scope: Scope): Finding {
    return scope === null ? this.#all : this.#one;
  }
}

/** The ways to look up, for one kind of scope. */
class Finding {
  readonly ids: Statement;
  readonly idsWith: Statement;
  readonly values: Statement;

  constructor(database: Database, entries: string) {
    this.ids = database.prepare(`SELECT lookup.id ${entries} AND field = ?4`);
    this.idsWith = database.prepare(
      `SELECT lookup.id ${entries} AND field = ?4 AND lookup.value = ?5`,
    );
    this.values = database.prepare(`SELECT lookup.id, lookup.value ${entries} AND field = ?4`);
  }
}
