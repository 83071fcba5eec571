/**
 * Writes git's index, version 2, or 3 where an entry has a flag that 2 cannot hold.
 *
 * @module
 */

import { nodeCrypto } from "../platform/builtin.ts";
import {
  CHECKSUM_BYTES,
  FLAG,
  HEADER_BYTES,
  type IndexEntry,
  OFFSET,
  SIGNATURE,
} from "./index_entry.ts";
import { encodeName, writeName } from "./name_bytes.ts";
import type { Steps } from "./steps.ts";
import { MODE } from "./tree.ts";

const EXTENSION_HEADER_BYTES = 8;
/** One to so many NULs fill an entry up to a multiple of it. */
const PADDING = 8;
const FIRST_BYTES = 1 << 16;
/** So many entries are written in a millisecond or two. */
const STEP_ENTRIES = 1024;
/** So many bytes are hashed in that time. */
const STEP_BYTES = 1 << 20;

/** The bytes of an index file with these entries, in whatever order they come; made in steps. */
export function* serializeIndex(entries: Iterable<IndexEntry>): Steps<Uint8Array> {
  const rows = new Rows();
  for (const entry of entries) {
    rows.add(entry);
    if (rows.count % STEP_ENTRIES === 0) yield;
  }
  const data = rows.finish();
  const end = data.length - CHECKSUM_BYTES;
  const hash = nodeCrypto().createHash("sha1");
  for (let at = 0; at < end; at += STEP_BYTES) {
    yield;
    hash.update(data.subarray(at, Math.min(at + STEP_BYTES, end)));
  }
  data.set(hash.digest(), end);
  return data;
}

/** The entries as bytes: with tens of thousands, objects would take many times the room. */
class Rows {
  #data = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#data.buffer);
  #end = HEADER_BYTES;
  /** Where each entry begins. */
  readonly #starts: number[] = [];
  #isSorted = true;
  #isExtended = false;
  #isSparse = false;

  get count(): number {
    return this.#starts.length;
  }

  add(entry: IndexEntry): void {
    const start = this.#end;
    const extended = isExtended(entry);
    const nameStart = start + OFFSET.extendedFlags + (extended ? 2 : 0);
    const most = nameStart + 3 * entry.path.length + PADDING;
    if (most > this.#data.length) this.#resize(most * 2);
    const length = writeName(entry.path, this.#data.subarray(nameStart));
    writeEntry(this.#view, start, entry, length);
    this.#data.subarray(start + OFFSET.oid, start + OFFSET.flags).setFromHex(entry.oid);
    this.#end = start + ((nameStart - start + length + PADDING) & -PADDING);
    const last = this.#starts.at(-1);
    if (last !== undefined && this.#compare(last, start) > 0) this.#isSorted = false;
    this.#starts.push(start);
    this.#isExtended ||= extended;
    this.#isSparse ||= entry.mode === MODE.directory;
  }

  /** The whole index, but for its checksum. */
  finish(): Uint8Array {
    if (!this.#isSorted) this.#sort();
    // A reader that does not know what an entry for a directory means must stop.
    const extension = this.#isSparse ? EXTENSION_HEADER_BYTES : 0;
    this.#resize(this.#end + extension + CHECKSUM_BYTES);
    if (this.#isSparse) this.#data.set(encodeName("sdir"), this.#end);
    this.#view.setUint32(0, SIGNATURE);
    this.#view.setUint32(4, this.#isExtended ? 3 : 2);
    this.#view.setUint32(8, this.count);
    return this.#data;
  }

  #resize(length: number): void {
    this.#data = new Uint8Array(this.#data.buffer.transfer(length));
    this.#view = new DataView(this.#data.buffer);
  }

  /** The order of two entries by their starts: that of the paths' bytes, then that of the stages. */
  #compare(a: number, b: number): number {
    let [x, y] = [this.#nameStart(a), this.#nameStart(b)];
    for (;; x++, y++) {
      const difference = this.#data[x]! - this.#data[y]!;
      if (difference !== 0) return difference;
      if (this.#data[x] === 0) return this.#stage(a) - this.#stage(b);
    }
  }

  #nameStart(start: number): number {
    return start + OFFSET.extendedFlags + (this.#flags(start) & FLAG.extended ? 2 : 0);
  }

  #stage(start: number): number {
    return (this.#flags(start) >> FLAG.stageShift) & 3;
  }

  #flags(start: number): number {
    return this.#view.getUint16(start + OFFSET.flags);
  }

  #sort(): void {
    const ends = new Map(this.#starts.map((start, i) => [start, this.#starts[i + 1] ?? this.#end]));
    const sorted = new Uint8Array(this.#data.length);
    let at = HEADER_BYTES;
    for (const start of this.#starts.toSorted((a, b) => this.#compare(a, b))) {
      const row = this.#data.subarray(start, ends.get(start));
      sorted.set(row, at);
      at += row.length;
    }
    this.#data = sorted;
    this.#view = new DataView(sorted.buffer);
  }
}

function isExtended(entry: IndexEntry): boolean {
  return entry.skipWorktree || entry.intentToAdd;
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
