/**
 * The `.idx` file beside a pack: which objects are in it, and where (git's version 2).
 *
 * A small one is held in memory. Of a large one only the table of first bytes is; the rest is read
 * at its place, a few kilobytes for each look-up.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { nodeCrypto } from "../platform/builtin.ts";
import { readFile, stat } from "../platform/fs.ts";
import { OID_BYTES } from "./object.ts";
import type { OpenFiles } from "./open_files.ts";
import type { PackedObject } from "./pack_index_writer.ts";

const MAGIC = 0xff744f63;
const VERSION = 2;
const FANOUT_AT = 8;
const NAMES_AT = FANOUT_AT + 256 * 4;
const TRAILER_BYTES = 2 * OID_BYTES;
const IN_MEMORY_BYTES = 8 << 20;
const BLOCK_NAMES = 256;

/** A range of numbers of objects: `start` is in it, `end` is not. */
interface Range {
  start: number;
  end: number;
}

/** The objects of one pack, in the order of their ids. */
export class PackIndex {
  /** How many objects the pack has. */
  readonly count: number;
  readonly #path: string;
  readonly #files: OpenFiles;
  readonly #size: number;
  readonly #memory: Uint8Array | null;
  readonly #fanout: DataView;

  /**
   * Opens the index at `path`.
   *
   * @throws {StoreError} where it is damaged; an error with `ENOENT` where it is gone.
   */
  constructor(path: string, files: OpenFiles) {
    this.#path = path;
    this.#files = files;
    this.#size = stat(path)?.size ?? 0;
    this.#memory = this.#size > IN_MEMORY_BYTES ? null : readFile(path);
    const head = this.#memory ?? files.get(path).readAt(0, NAMES_AT);
    if (head.length < NAMES_AT + (this.#memory === null ? 0 : TRAILER_BYTES)) {
      throw this.#damage("it is cut off");
    }
    const view = viewOf(head);
    if (view.getUint32(0) !== MAGIC || view.getUint32(4) !== VERSION) {
      throw this.#damage("it is no index of version 2, which `git repack -ad` would write");
    }
    this.#fanout = new DataView(head.buffer, head.byteOffset + FANOUT_AT, 256 * 4);
    this.count = this.#checkedCount();
    if (this.#memory !== null) this.#checkSum(this.#memory);
  }

  #checkedCount(): number {
    let before = 0;
    for (let first = 0; first < 256; first++) {
      const until = this.#fanout.getUint32(first * 4);
      if (until < before) throw this.#damage("its counts fall");
      before = until;
    }
    const least = NAMES_AT + before * (OID_BYTES + 8) + TRAILER_BYTES;
    if (this.#size < least || this.#size > least + before * 8) {
      throw this.#damage(`${before} objects do not fit its size of ${this.#size} bytes`);
    }
    return before;
  }

  #checkSum(memory: Uint8Array): void {
    const end = memory.length - OID_BYTES;
    const sum = nodeCrypto().createHash("sha1").update(memory.subarray(0, end)).digest("hex");
    if (sum !== memory.subarray(end).toHex()) throw this.#damage("its checksum is wrong");
  }

  /** The checksum that the pack ends with, as this index knows it. */
  packChecksum(): string {
    return this.#read(this.#size - TRAILER_BYTES, OID_BYTES).toHex();
  }

  /** Where in the pack the object begins, in bytes; `null` where it is not in this pack. */
  find(oid: Uint8Array): number | null {
    const at = this.#lowerBound(oid);
    if (at === this.count || compare(this.#name(at), 0, oid) !== 0) return null;
    return this.#offset(at);
  }

  /** All objects, in the order of their ids. */
  *objects(): Iterable<PackedObject> {
    const crcsAt = NAMES_AT + this.count * OID_BYTES;
    for (let start = 0; start < this.count; start += BLOCK_NAMES) {
      const count = Math.min(BLOCK_NAMES, this.count - start);
      const names = this.#read(NAMES_AT + start * OID_BYTES, count * OID_BYTES);
      const crcs = viewOf(this.#read(crcsAt + start * 4, count * 4));
      for (let i = 0; i < count; i++) {
        const oid = names.subarray(i * OID_BYTES, (i + 1) * OID_BYTES).toHex();
        yield { oid, offset: this.#offset(start + i), crc: crcs.getUint32(i * 4) };
      }
    }
  }

  /** The ids whose bytes are at least `from` and begin with the hexadecimal digits `prefix`. */
  *startingWith(prefix: string, from: Uint8Array): Iterable<string> {
    for (let at = this.#lowerBound(from); at < this.count; at++) {
      const oid = this.#name(at).toHex();
      if (!oid.startsWith(prefix)) return;
      yield oid;
    }
  }

  /** The number of the first object whose id is not below `oid`. */
  #lowerBound(oid: Uint8Array): number {
    const range = this.#bucket(oid[0] ?? 0);
    while (range.end - range.start > BLOCK_NAMES) {
      const middle = (range.start + range.end) >>> 1;
      narrow(range, middle, compare(this.#name(middle), 0, oid));
    }
    const first = range.start;
    const block = this.#read(NAMES_AT + first * OID_BYTES, (range.end - first) * OID_BYTES);
    while (range.start < range.end) {
      const middle = (range.start + range.end) >>> 1;
      narrow(range, middle, compare(block, (middle - first) * OID_BYTES, oid));
    }
    return range.start;
  }

  /** The objects whose ids begin with this byte. */
  #bucket(first: number): Range {
    const start = first === 0 ? 0 : this.#fanout.getUint32((first - 1) * 4);
    return { start, end: this.#fanout.getUint32(first * 4) };
  }

  #name(at: number): Uint8Array {
    return this.#read(NAMES_AT + at * OID_BYTES, OID_BYTES);
  }

  #offset(at: number): number {
    const offsetsAt = NAMES_AT + this.count * (OID_BYTES + 4);
    const offset = viewOf(this.#read(offsetsAt + at * 4, 4)).getUint32(0);
    if (offset < 0x80000000) return offset;
    const largeAt = offsetsAt + this.count * 4 + (offset - 0x80000000) * 8;
    if (largeAt + 8 > this.#size - TRAILER_BYTES) throw this.#damage("it has no such offset");
    return Number(viewOf(this.#read(largeAt, 8)).getBigUint64(0));
  }

  #read(position: number, length: number): Uint8Array {
    if (this.#memory !== null) return this.#memory.subarray(position, position + length);
    const bytes = this.#files.get(this.#path).readAt(position, length);
    if (bytes.length < length) throw this.#damage("it is cut off");
    return bytes;
  }

  #damage(how: string): StoreError {
    return new StoreError(`${this.#path} is damaged: ${how}`);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function narrow(range: Range, middle: number, order: number): void {
  if (order < 0) range.start = middle + 1;
  else range.end = middle;
}

/** Compares the id at `at` of `names` with `oid`: negative where it comes before. */
function compare(names: Uint8Array, at: number, oid: Uint8Array): number {
  for (let i = 0; i < OID_BYTES; i++) {
    const order = (names[at + i] ?? 0) - (oid[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}
