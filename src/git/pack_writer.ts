/**
 * Writing one pack: objects, deflated, one after the other into a file. New objects are written whole;
 * what another pack has, can be taken over as it is.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { nodeCrypto, nodeZlib } from "../platform/builtin.ts";
import { OpenFile, removeFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { Deflater, deflateWhole } from "./deflate.ts";
import { type Chunks, ObjectHasher, type ObjectType } from "./object.ts";
import type { PackedObject } from "./pack_index_writer.ts";
import type { Steps } from "./steps.ts";

const MAGIC = "PACK";
const VERSION = 2;
const TYPE_CODES: Record<ObjectType, number> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const OFFSET_DELTA = 6;
const BUFFER_BYTES = 256 << 10;
/** Brought onto the disk together; the whole of a large pack at its end would take seconds. */
const SYNC_BYTES = 8 << 20;

/** An object as a pack has it. */
export interface DeflatedObject {
  readonly oid: string;
  readonly type: ObjectType;
  /** How many bytes the data inflates to: the object, or the delta. */
  readonly size: number;
  /** What it is a delta of, which has been written before; `null` for a whole object. */
  readonly base: string | null;
}

interface Streamed {
  readonly oid: string;
  readonly crc: number;
}

/** A pack that is being written; disposing removes the file, unless it was moved away. */
export class PackWriter implements Disposable {
  /** The file that it is written to. */
  readonly path: string;
  readonly #file: OpenFile;
  readonly #objects = new Map<string, PackedObject>();
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  /** Where the next byte goes, as though nothing were buffered. */
  #position = 0;
  #unsynced = 0;
  #streaming = false;
  /** Why nothing more can be written: the file no longer ends where an object does. */
  #failure: StoreError | null = null;
  #closed = false;

  /** Makes the file, readable for whom the umask lets read, writable for nobody. */
  constructor(path: string) {
    this.path = path;
    this.#file = new OpenFile(path, { read: true, write: true, createNew: true, mode: 0o444 });
    this.#append(packHeader(0));
  }

  /** What has been written, in that order. */
  get objects(): PackedObject[] {
    return [...this.#objects.values()];
  }

  /** Whether the object has been written. */
  has(oid: string): boolean {
    return this.#objects.has(oid);
  }

  /** Writes an object that has this id and has not been written. */
  add(oid: string, type: ObjectType, data: Uint8Array): void {
    this.#checkUsable();
    const offset = this.#position;
    const header = entryHeader(TYPE_CODES[type], data.length);
    const content = deflateWhole(type, data);
    this.#append(header);
    this.#append(content);
    this.#objects.set(oid, {
      oid,
      offset,
      crc: nodeZlib().crc32(content, nodeZlib().crc32(header)),
    });
  }

  /** Writes an object that has not been written, whose data is deflated already and comes in pieces. */
  *addDeflated(object: DeflatedObject, pieces: Iterable<Uint8Array>): Steps<void> {
    this.#checkUsable();
    const offset = this.#position;
    const header = this.#deflatedHeader(object, offset);
    let crc = nodeZlib().crc32(header);
    this.#append(header);
    for (const piece of pieces) {
      crc = nodeZlib().crc32(piece, crc);
      this.#append(piece);
      yield;
    }
    this.#objects.set(object.oid, { oid: object.oid, offset, crc });
  }

  #deflatedHeader({ oid, type, size, base }: DeflatedObject, offset: number): Uint8Array {
    if (base === null) return entryHeader(TYPE_CODES[type], size);
    const at = this.#objects.get(base)?.offset;
    if (at === undefined) {
      throw new StoreError(`Cannot write ${oid} as a delta: ${base} is not there`);
    }
    return Buffer.concat([entryHeader(OFFSET_DELTA, size), distanceBytes(offset - at)]);
  }

  /**
   * Writes an object whose `size` bytes come in pieces, and returns its id.
   *
   * @throws {StoreError} where there are more or fewer bytes; whatever `chunks` throws. Nothing is
   * written then.
   */
  async addStream(type: ObjectType, size: number, chunks: Chunks): Promise<string> {
    this.#checkUsable();
    this.#streaming = true;
    this.#flush();
    const offset = this.#position;
    try {
      const { oid, crc } = await this.#stream(type, size, chunks);
      if (!this.has(oid)) this.#objects.set(oid, { oid, offset, crc });
      else this.#truncate(offset);
      return oid;
    } catch (error) {
      this.#truncate(offset);
      throw error;
    } finally {
      this.#streaming = false;
    }
  }

  async #stream(type: ObjectType, size: number, chunks: Chunks): Promise<Streamed> {
    const hasher = new ObjectHasher(type, size);
    const deflater = new Deflater();
    const slices = new Slices();
    let crc = 0;
    let count = 0;
    const append = (bytes: Uint8Array): void => {
      crc = nodeZlib().crc32(bytes, crc);
      this.#append(bytes);
    };
    append(entryHeader(TYPE_CODES[type], size));
    for await (const chunk of chunks) {
      count += chunk.length;
      if (count > size) throw wrongSize(size, "there are more");
      hasher.update(chunk);
      for (const piece of deflater.push(chunk)) {
        append(piece);
        if (slices.due) await slices.rest();
      }
    }
    if (count < size) throw wrongSize(size, `there are only ${count}`);
    for (const piece of deflater.finish()) append(piece);
    return { oid: hasher.digest(), crc };
  }

  /** Writes what a pack begins and ends with; returns its checksum. */
  async finish(): Promise<string> {
    this.#checkUsable();
    this.#flush();
    this.#file.seek(0);
    this.#file.write(packHeader(this.#objects.size));
    this.#file.seek(0);
    const hash = nodeCrypto().createHash("sha1");
    const slices = new Slices();
    for (let count; (count = this.#file.read(this.#buffer)) > 0;) {
      hash.update(this.#buffer.subarray(0, count));
      if (slices.due) await slices.rest();
    }
    const checksum = hash.digest();
    this.#file.write(checksum);
    return checksum.toString("hex");
  }

  /** Brings it onto the disk, on another thread. */
  async syncAside(): Promise<void> {
    await this.#file.syncAside();
  }

  /** Closes and removes the file. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
    removeFile(this.path);
  }

  #checkUsable(): void {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#streaming) return;
    throw new StoreError(
      "Cannot write two objects into one pack at once: await writeStream() first",
    );
  }

  #append(bytes: Uint8Array): void {
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#write(bytes);
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
    this.#position += bytes.length;
  }

  #flush(): void {
    this.#write(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#file.write(bytes);
      this.#unsynced += bytes.length;
      if (this.#unsynced < SYNC_BYTES) return;
      this.#file.sync();
      this.#unsynced = 0;
    } catch (error) {
      throw this.#failure = cannotWrite(this.path, error);
    }
  }

  /** Takes back everything from `position` on; nothing before it is in the buffer. */
  #truncate(position: number): void {
    if (this.#closed || this.#failure !== null) return;
    this.#buffered = 0;
    this.#file.truncate(position);
    this.#file.seek(position);
    this.#position = position;
  }
}

/** The error for a failure of the file system while objects are written to `path`. */
export function cannotWrite(path: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`Cannot write objects to ${path}: ${why}`, { cause });
}

function packHeader(count: number): Uint8Array {
  const header = Buffer.alloc(12);
  header.write(MAGIC);
  header.writeUInt32BE(VERSION, 4);
  header.writeUInt32BE(count, 8);
  return header;
}

/** Type and size: four bits of the size in the first byte, seven in each one after it. */
function entryHeader(code: number, size: number): Uint8Array {
  const bytes = [(code << 4) | (size % 16)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
  }
  return Uint8Array.from(bytes);
}

/** How far back a base is: highest bits first, each further byte adding one. */
function distanceBytes(distance: number): Uint8Array {
  const bytes = [distance % 128];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (--rest % 128));
  }
  return Uint8Array.from(bytes);
}

function wrongSize(size: number, found: string): StoreError {
  return new StoreError(`Cannot write an object of ${size} bytes: ${found}`);
}
