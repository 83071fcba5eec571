/**
 * A pack that is written anew: what it holds, entry by entry as it stands there.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { nodeZlib } from "../platform/builtin.ts";
import type { ByteCache } from "./byte_cache.ts";
import { type GitObject, hashObject, type ObjectType, OID_BYTES } from "./object.ts";
import type { OpenFiles } from "./open_files.ts";
import { Pack } from "./pack.ts";
import type { PackFile } from "./pack_files.ts";
import type { Steps } from "./steps.ts";

/** An entry is copied in pieces of this size. */
const PIECE_BYTES = 1 << 20;

/** An object as it stands in a pack. */
export interface Place {
  readonly offset: number;
  readonly end: number;
  readonly crc: number;
  /** How many bytes the data inflates to: the object, or the delta. */
  readonly size: number;
  /** Where the data begins. */
  readonly dataAt: number;
  /** `null` for a delta. */
  readonly type: ObjectType | null;
  /** What it is a delta of; `null` for a whole object. */
  readonly base: string | null;
}

/** One of the packs that become another one. */
export class PackSource {
  readonly file: PackFile;
  readonly #pack: Pack;
  readonly #places = new Map<string, Place>();
  #hasDeltas = false;

  /** Reads nothing yet. */
  constructor(file: PackFile, files: OpenFiles, bases: ByteCache<GitObject>) {
    this.file = file;
    this.#pack = new Pack(file.path, files, bases);
  }

  /** Reads which objects there are. */
  *load(): Steps<void> {
    const objects = [];
    for (const object of this.#pack.index.objects()) {
      objects.push(object);
      if (objects.length % 1000 === 0) yield;
    }
    objects.sort((a, b) => a.offset - b.offset);
    const oids = new Map(objects.map(({ oid, offset }) => [offset, oid]));
    for (const [at, { oid, offset, crc }] of objects.entries()) {
      const { base, size, dataAt, type } = this.#pack.entry(offset);
      const end = objects[at + 1]?.offset ?? this.#pack.size - OID_BYTES;
      const of = base === null ? null : oids.get(base);
      if (of === undefined) throw this.#damage(offset, "its base is none of its objects");
      if (base !== null) this.#hasDeltas = true;
      this.#places.set(oid, { offset, end, crc, size, dataAt, type, base: of });
      if (at % 100 === 99) yield;
    }
  }

  /** The ids of its objects. */
  get oids(): MapIterator<string> {
    return this.#places.keys();
  }

  /** How many objects it has. */
  get count(): number {
    return this.#places.size;
  }

  /** Whether some of them are deltas. */
  get hasDeltas(): boolean {
    return this.#hasDeltas;
  }

  /** How an object stands in this pack; `undefined` where it is not in it. */
  find(oid: string): Place | undefined {
    return this.#places.get(oid);
  }

  /**
   * The object at a place.
   *
   * @throws {StoreError} where it is damaged.
   */
  read(oid: string, { offset }: Place): GitObject {
    const object = this.#pack.read(offset);
    if (hashObject(object.type, object.data) === oid) return object;
    throw this.#damage(offset, "what it holds has another id");
  }

  /** The type of an object, whether it is whole or a delta. */
  typeOf({ type, offset }: Place): ObjectType {
    return type ?? this.#pack.header(offset).type;
  }

  /**
   * The deflated data of an entry.
   *
   * @throws {StoreError} at the end, where it is not what the index says it is.
   */
  *data({ offset, end, crc, dataAt }: Place): Iterable<Uint8Array> {
    let sum = 0;
    for (let at = offset; at < end; at += PIECE_BYTES) {
      const piece = this.#pack.bytesAt(at, Math.min(PIECE_BYTES, end - at));
      sum = nodeZlib().crc32(piece, sum);
      yield at === offset ? piece.subarray(dataAt - offset) : piece;
    }
    if (sum !== crc) throw this.#damage(offset, "its checksum is wrong");
  }

  /** Closes its files. */
  close(): void {
    this.#pack.close();
  }

  #damage(offset: number, how: string): StoreError {
    return new StoreError(`${this.file.path}.pack is damaged at byte ${offset}: ${how}`);
  }
}
