/**
 * A pack: many objects in one file, some of them as deltas of others. Only the objects asked for
 * are read, each at its place.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { OpenFile } from "../platform/fs.ts";
import type { ByteCache } from "./byte_cache.ts";
import { applyDelta, deltaResultSize, readSize } from "./delta.ts";
import { deflatedBound, inflateFile, inflateStart, inflateWhole } from "./inflate.ts";
import { OID_BYTES } from "./object.ts";
import type { GitObject, ObjectHeader, ObjectType } from "./object.ts";
import type { OpenFiles } from "./open_files.ts";
import { PackIndex } from "./pack_index.ts";

const TYPES: readonly (ObjectType | null)[] = [null, "commit", "tree", "blob", "tag"];
const OFFSET_DELTA = 6;
const REFERENCE_DELTA = 7;

const MAGIC = 0x5041434b;
const HEADER_BYTES = 12;
/** Enough for the header of an entry and all of a small object. */
const WINDOW_BYTES = 8 << 10;
/** Enough to inflate the two sizes that a delta begins with. */
const DELTA_START_BYTES = 512;
/** Enough for that and the header before it. */
const START_BYTES = 1 << 10;
const CIRCLE = "its deltas go in circles";

/** One object as it stands in the pack. */
export interface PackEntry {
  readonly offset: number;
  /** `null` for a delta, which has its base's type. */
  readonly type: ObjectType | null;
  /** Where the base of a delta begins; `null` for a whole object. */
  readonly base: number | null;
  /** How many bytes the data inflates to. */
  readonly size: number;
  /** Where the data begins. */
  readonly dataAt: number;
  /** The data, or as much of it as came along with the header. */
  readonly window: Uint8Array;
}

/** The objects of one `.pack` file and its `.idx`. */
export class Pack {
  /** The path without `.pack` or `.idx`. */
  readonly path: string;
  readonly #files: OpenFiles;
  readonly #bases: ByteCache<GitObject>;
  #loadedIndex: PackIndex | null = null;
  #size: number | null = null;

  /** Reads nothing yet; `files` and `bases` are shared by the packs of a store. */
  constructor(path: string, files: OpenFiles, bases: ByteCache<GitObject>) {
    this.path = path;
    this.#files = files;
    this.#bases = bases;
  }

  /** The index, which is read at its first use. */
  get index(): PackIndex {
    return this.#loadedIndex ??= new PackIndex(`${this.path}.idx`, this.#files);
  }

  /** Closes its files. */
  close(): void {
    this.#files.close(`${this.path}.pack`);
    this.#files.close(`${this.path}.idx`);
  }

  /**
   * The object that begins at `offset`, its id not yet checked.
   *
   * @throws {StoreError} where it is damaged; an error with `ENOENT` where the pack is gone.
   */
  read(offset: number): GitObject {
    const deltas: PackEntry[] = [];
    let object: GitObject | undefined;
    let entry = this.entry(offset);
    while (entry.base !== null && object === undefined) {
      deltas.push({ ...entry, window: entry.window.slice() });
      if (deltas.length > this.index.count) throw this.#damage(offset, CIRCLE);
      object = this.#bases.get(this.#key(entry.base));
      if (object === undefined) entry = this.entry(entry.base);
    }
    object ??= { type: this.#wholeType(entry), data: this.#inflate(entry) };
    for (const delta of deltas.toReversed()) {
      this.#bases.set(this.#key(delta.base ?? 0), object, object.data.length);
      const data = applyDelta(object.data, this.#inflate(delta));
      if (data === null) throw this.#damage(delta.offset, "its delta does not fit its base");
      object = { type: object.type, data };
    }
    return object;
  }

  /** Type and size of the object at `offset`, from the first bytes of its entries. */
  header(offset: number): ObjectHeader {
    const first = this.entry(offset, START_BYTES);
    let entry = first;
    for (let length = 0; entry.base !== null; length++) {
      if (length > this.index.count) throw this.#damage(offset, CIRCLE);
      entry = this.entry(entry.base, START_BYTES);
    }
    const type = this.#wholeType(entry);
    if (first.base === null) return { type, size: first.size };
    const { window } = this.entry(offset, START_BYTES);
    const delta = inflateStart(window.subarray(0, DELTA_START_BYTES));
    if (delta === null) throw this.#damage(offset, "its data does not inflate");
    return { type, size: deltaResultSize(delta) };
  }

  /**
   * The bytes of the object at `offset` in pieces, where it stands whole in the pack; else `null`.
   */
  readChunks(offset: number): AsyncIterable<Uint8Array> | null {
    const { base, dataAt, size } = this.entry(offset);
    if (base !== null) return null;
    return contentOf(new OpenFile(`${this.path}.pack`), dataAt, deflatedBound(size));
  }

  #wholeType(entry: PackEntry): ObjectType {
    if (entry.type === null) throw this.#damage(entry.offset, "no object has its type");
    return entry.type;
  }

  #inflate(entry: PackEntry): Uint8Array {
    const data = inflateWhole(this.#deflated(entry), entry.size);
    if (data !== null) return data;
    throw this.#damage(entry.offset, `its data does not inflate to ${entry.size} bytes`);
  }

  #key(offset: number): string {
    return `${this.path}:${offset}`;
  }

  /**
   * How the object at `offset` stands in the pack. The `window` is what of so many bytes is left behind the
   * header, or more; it holds until the next call.
   */
  entry(offset: number, windowBytes: number = WINDOW_BYTES): PackEntry {
    this.#open();
    const bytes = this.#files.readAhead(`${this.path}.pack`, offset, windowBytes);
    const first = bytes[0] ?? 0;
    const rest = first & 0x80 ? readSize(bytes, 1) : { value: 0, end: 1 };
    const size = (first & 0x0f) + rest.value * 16;
    const code = (first >> 4) & 7;
    let at = rest.end;
    let base: number | null = null;
    if (code === OFFSET_DELTA) {
      const distance = readDistance(bytes, at);
      base = offset - distance.value;
      at = distance.end;
    } else if (code === REFERENCE_DELTA) {
      const oid = bytes.subarray(at, at += OID_BYTES);
      base = this.index.find(oid);
      if (base === null) throw this.#damage(offset, `its base ${oid.toHex()} is missing`);
    }
    const type = TYPES[code] ?? null;
    if (base !== null && (base < HEADER_BYTES || base === offset)) {
      throw this.#damage(offset, "its base is out of the pack");
    }
    return { offset, type, base, size, dataAt: offset + at, window: bytes.subarray(at) };
  }

  /** The bytes of the pack from `position` on, at most `length` of them. */
  bytesAt(position: number, length: number): Uint8Array {
    return this.#open().readAt(position, length);
  }

  /** How long the pack is, in bytes. */
  get size(): number {
    this.#open();
    return this.#size ?? 0;
  }

  /** The deflated data of an entry, and whatever follows it. */
  #deflated(entry: PackEntry): Uint8Array {
    const bound = deflatedBound(entry.size);
    if (bound <= entry.window.length) return entry.window.subarray(0, bound);
    const rest = (this.#size ?? 0) - entry.dataAt;
    return this.#open().readAt(entry.dataAt, Math.max(0, Math.min(bound, rest)));
  }

  /** The open pack; at the first time it is looked at whether it belongs to the index. */
  #open(): OpenFile {
    const file = this.#files.get(`${this.path}.pack`);
    if (this.#size !== null) return file;
    const { size } = file.stat();
    const head = file.readAt(0, HEADER_BYTES);
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    if (head.length < HEADER_BYTES || view.getUint32(0) !== MAGIC || view.getUint32(4) > 3) {
      throw this.#damage(0, "it does not begin as a pack");
    }
    if (view.getUint32(8) !== this.index.count) {
      throw this.#damage(0, "its index is of another number of objects");
    }
    const checksum = file.readAt(Math.max(0, size - OID_BYTES), OID_BYTES).toHex();
    if (checksum !== this.index.packChecksum()) {
      throw this.#damage(size, "it does not end as its index says");
    }
    this.#size = size;
    return file;
  }

  #damage(offset: number, how: string): StoreError {
    return new StoreError(`${this.path}.pack is damaged at byte ${offset}: ${how}`);
  }
}

/** The distance to the base of a delta: highest bits first, each further byte adding one. */
function readDistance(bytes: Uint8Array, at: number): { value: number; end: number } {
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  while (byte >= 0x80) {
    byte = bytes[at++] ?? 0;
    value = (value + 1) * 0x80 + (byte & 0x7f);
  }
  return { value, end: at };
}

/** What the bytes from `start` on inflate to; the file is closed after. */
async function* contentOf(
  file: OpenFile,
  start: number,
  length: number,
): AsyncIterable<Uint8Array> {
  using open = file;
  yield* inflateFile(open, start, length);
}
