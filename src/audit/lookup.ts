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

/** What may have been led elsewhere by a link; an agent's own entries cannot claim so. */
const FOLLOWS =
  "operation IN ('write', 'append', 'copy', 'move', 'delete', 'mkdir', 'symlink', 'chmod')";

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
    FROM audit WHERE id BETWEEN ?1 AND ?2 AND ${FOLLOWS}
      AND json_type(details, '$.resolved') = 'text' AND details ->> '$.resolved' IS NOT path
  UNION ALL
  SELECT workspace_id, 'agent', agent_id, min(id)
    FROM audit WHERE id BETWEEN ?1 AND ?2 AND agent_id NOT NULL GROUP BY workspace_id, agent_id`;

const FULL_VALUES = `SELECT ?3 AS segment, workspace_id, field, value, id FROM (${VALUES})`;
const BOUNDS = `SELECT ?3, min(timestamp), max(timestamp) FROM audit WHERE id BETWEEN ?1 AND ?2`;

/** A segment that can be looked up. */
export interface Segment {
  readonly number: number;
  /** The earliest and the latest moment of its entries, in ms. */
  readonly earliest: number;
  readonly latest: number;
}

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
  readonly #boundsDiffer: Statement;
  readonly #valuesDiffer: Statement;
  readonly #workspaces: Statement;
  readonly #ids: Statement;
  readonly #idsBy: Statement;
  readonly #values: Statement;
  readonly #unindexed: Statement;

  constructor(database: Database) {
    this.#database = database;
    const prepare = (sql: string): Statement => database.prepare(sql);
    this.#segments = prepare("SELECT number, earliest, latest FROM segment ORDER BY number");
    this.#last = prepare("SELECT max(number) FROM segment");
    this.#addSegment = prepare(`INSERT OR IGNORE INTO segment ${BOUNDS} HAVING count(*) > 0`);
    this.#addValues = prepare(`INSERT OR IGNORE INTO lookup ${FULL_VALUES} ORDER BY 2, 3, 4, 5`);
    this.#removeSegment = prepare("DELETE FROM segment WHERE number = ?");
    this.#removeValues = prepare("DELETE FROM lookup WHERE segment = ?");
    this.#boundsDiffer = prepare(`${BOUNDS} EXCEPT SELECT * FROM segment WHERE number = ?3`);
    this.#valuesDiffer = prepare(`
      WITH wanted AS (${FULL_VALUES}), found AS (SELECT * FROM lookup WHERE segment = ?3)
      SELECT min(id) FROM (SELECT * FROM (SELECT * FROM wanted EXCEPT SELECT * FROM found)
        UNION ALL SELECT * FROM (SELECT * FROM found EXCEPT SELECT * FROM wanted))`);
    this.#workspaces = prepare(`
      WITH RECURSIVE here (id) AS (
        SELECT min(workspace_id) FROM lookup WHERE segment = ?1
        UNION ALL SELECT (SELECT min(workspace_id) FROM lookup
          WHERE segment = ?1 AND workspace_id > here.id) FROM here WHERE here.id NOT NULL)
      SELECT id FROM here WHERE id NOT NULL`);
    const found = "SELECT id FROM lookup WHERE segment = ? AND workspace_id = ? AND field = ?";
    this.#ids = prepare(found);
    this.#idsBy = prepare(`${found} AND value = ?`);
    this.#values = prepare(found.replace("id", "id, value"));
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

  /** Makes it possible to look up a segment; a second time does nothing. */
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
    if (this.#boundsDiffer.get(...range) !== null) return firstOf(segment);
    return this.#valuesDiffer.get<[number | null]>(...range)?.[0] ?? null;
  }

  /** The ids of a segment's entries in a scope, in no order. */
  idsIn(segment: number, scope: Scope, field: Field = "operation"): number[] {
    return this.#scopes(segment, scope)
      .flatMap((workspace) => this.#ids.all<[number]>(segment, workspace, field))
      .map(([id]) => id);
  }

  /** The ids of a segment's entries with this value, in no order. */
  idsWith(segment: number, scope: Scope, field: Field, value: string): number[] {
    return this.#scopes(segment, scope)
      .flatMap((workspace) => this.#idsBy.all<[number]>(segment, workspace, field, value))
      .map(([id]) => id);
  }

  /** The values of a segment's entries, those of one workspace sorted. */
  valuesIn(segment: number, scope: Scope, field: Field): (readonly [id: number, value: string])[] {
    return this.#scopes(segment, scope)
      .flatMap((workspace) => this.#values.all<[number, string]>(segment, workspace, field));
  }

  /** The values of entries that cannot be looked up yet. */
  valuesBetween(first: number, last: number, scope: Scope, field: Field): [number, string][] {
    return this.#unindexed.all<[number, string]>(first, last, field, scope);
  }

  #scopes(segment: number, scope: Scope): string[] {
    if (scope !== null) return [scope];
    return this.#workspaces.all<[string]>(segment).map(([workspace]) => workspace);
  }
}
