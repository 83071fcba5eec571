/**
 * What is known of a workspace besides its files and refs. The record is written last when a workspace
 * is made and removed first when it is deleted: a workspace exists exactly when its record does.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { StoreError } from "../errors.ts";
import { compareNames, isName, nameToId } from "../names.ts";
import { writeTextAtomic } from "../platform/atomic.ts";
import { readDirectory, readTextFile, removeFile, syncDirectory } from "../platform/fs.ts";
import type { OpenBase } from "./open_base.ts";

/** The record of one workspace. */
export interface WorkspaceRecord {
  readonly name: string;
  /** Tells this workspace from an earlier or later one of the same name. */
  readonly id: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly agentId: string | null;
  /** ISO 8601 */
  readonly createdAt: string;
  /** The absolute path of its files when it was last opened. */
  readonly path: string;
  /** What of the base it could not take. */
  readonly skipped: readonly Skipped[];
  /** The session that ends it, for a temporary workspace. */
  readonly session: string | null;
}

/** The record of the workspace `name`; `null` where there is no such workspace. */
export function readRecord(base: OpenBase, name: string): WorkspaceRecord | null {
  if (!isName(name)) return null;
  const path = base.layout.record(name);
  const text = readTextFile(path);
  return text === null ? null : parse(path, text);
}

/** The records of all workspaces, sorted by name. */
export function readRecords(base: OpenBase): WorkspaceRecord[] {
  const records = (readDirectory(base.layout.records) ?? []).flatMap(({ name }) => {
    const path = `${base.layout.records}/${name}`;
    const text = readTextFile(path);
    return text === null ? [] : [parse(path, text)];
  });
  return records.sort((a, b) => compareNames(a.name, b.name));
}

/** Writes a record; it is on disk when this returns. */
export function writeRecord(base: OpenBase, record: WorkspaceRecord): void {
  const temporary = base.session.storeTemporary();
  const text = `${JSON.stringify(record, null, 2)}\n`;
  writeTextAtomic(base.layout.record(record.name), text, { temporary, durable: true });
}

/** Removes a record; a second time does nothing. */
export function removeRecord(base: OpenBase, name: string): void {
  if (readRecord(base, name) === null) return;
  removeFile(base.layout.record(name));
  syncDirectory(base.layout.records);
}

function parse(path: string, text: string): WorkspaceRecord {
  try {
    const record: WorkspaceRecord = JSON.parse(text);
    if (path.endsWith(`/${nameToId(record.name)}.json`)) return record;
  } catch {
    // Said below.
  }
  throw new StoreError(`Cannot read the record ${path}: it is damaged; restore or delete the file`);
}
