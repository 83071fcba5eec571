/**
 * Writes git's index, version 2, or 3 where an entry has a flag that 2 cannot hold.
 *
 * @module
 */

import { nodeCrypto } from "../platform/builtin.ts";
import { Buffer } from "node:buffer";
import {
  CHECKSUM_BYTES,
  FLAG,
  HEADER_BYTES,
  type IndexEntry,
  OFFSET,
  SIGNATURE,
} from "./index_entry.ts";
import { encodeName, encodeNames } from "./name_bytes.ts";
import { MODE } from "./tree.ts";

const EXTENSION_HEADER_BYTES = 8;

/** The bytes of an index file with these entries, in whatever order they come. */
export function serializeIndex(entries: Iterable<IndexEntry>): Uint8Array {
  const rows = sortedRows([...entries]);
  let size = HEADER_BYTES + CHECKSUM_BYTES;
  for (const { entry, path } of rows) size += entryBytes(entry, path);
  // A reader that does not know what an entry for a directory means must stop.
  const isSparse = rows.some(({ entry }) => entry.mode === MODE.directory);
  if (isSparse) size += EXTENSION_HEADER_BYTES;
  const data = new Uint8Array(size);
  const view = new DataView(data.buffer);
  view.setUint32(0, SIGNATURE);
  view.setUint32(4, rows.some(({ entry }) => isExtended(entry)) ? 3 : 2);
  view.setUint32(8, rows.length);
  let at = HEADER_BYTES;
  for (const { entry, path } of rows) {
    writeEntry(view, at, entry, path.length);
    writeHex(data, at + OFFSET.oid, entry.oid);
    data.set(path, at + nameOffset(entry));
    at += entryBytes(entry, path);
  }
  if (isSparse) data.set(encodeName("sdir"), at);
  const end = size - CHECKSUM_BYTES;
  data.set(nodeCrypto().createHash("sha1").update(data.subarray(0, end)).digest(), end);
  return data;
}

/** An entry and the bytes of its path. */
interface Row {
  readonly entry: IndexEntry;
  readonly path: Uint8Array;
}

function sortedRows(entries: readonly IndexEntry[]): Row[] {
  const paths = encodeNames(entries.map(({ path }) => path));
  const rows = entries.map((entry, index) => ({ entry, path: paths[index]! }));
  return rows.sort((a, b) => Buffer.compare(a.path, b.path) || a.entry.stage - b.entry.stage);
}

function isExtended(entry: IndexEntry): boolean {
  return entry.skipWorktree || entry.intentToAdd;
}

function nameOffset(entry: IndexEntry): number {
  return OFFSET.extendedFlags + (isExtended(entry) ? 2 : 0);
}

/** One to eight NULs fill an entry up to a multiple of eight bytes. */
function entryBytes(entry: IndexEntry, path: Uint8Array): number {
  return (nameOffset(entry) + path.length + 8) & ~7;
}

/** Numbers and flags; of every number the lowest 32 bits, which is what git keeps. */
function writeEntry(view: DataView, at: number, entry: IndexEntry, pathLength: number): void {
  const seconds = Math.floor(entry.mtime / 1000);
  view.setUint32(at + OFFSET.ctime, entry.ctime);
  view.setUint32(at + OFFSET.mtime, seconds);
  view.setUint32(at + OFFSET.mtime + 4, (entry.mtime - seconds * 1000) * 1e6);
  view.setUint32(at + OFFSET.dev, entry.dev);
  view.setUint32(at + OFFSET.ino, entry.ino);
  view.setUint32(at + OFFSET.mode, entry.mode);
  view.setUint32(at + OFFSET.uid, entry.uid);
  view.setUint32(at + OFFSET.gid, entry.gid);
  view.setUint32(at + OFFSET.size, entry.size);
  const flags = (entry.assumeValid ? FLAG.assumeValid : 0) |
    (isExtended(entry) ? FLAG.extended : 0) | (entry.stage << FLAG.stageShift) |
    Math.min(pathLength, FLAG.lengthMask);
  view.setUint16(at + OFFSET.flags, flags);
  if (!isExtended(entry)) return;
  const extended = (entry.skipWorktree ? FLAG.skipWorktree : 0) |
    (entry.intentToAdd ? FLAG.intentToAdd : 0);
  view.setUint16(at + OFFSET.extendedFlags, extended);
}

/** Faster than `Buffer.write` by a factor of ten, and an index has tens of thousands of ids. */
function writeHex(data: Uint8Array, start: number, hex: string): void {
  for (let at = 0; at < hex.length; at += 2) {
    data[start + at / 2] = (hexDigit(hex.charCodeAt(at)) << 4) | hexDigit(hex.charCodeAt(at + 1));
  }
}

function hexDigit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
