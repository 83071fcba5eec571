/**
 * Making few packs of many: what they hold is copied as it stands there, and where it is known that one
 * object is an earlier version of another, only how it differs is written.
 *
 * The packs go when all that they held is in others. A process that is killed before leaves both, which
 * does no harm.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { removeFile, setTimes } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { ByteCache } from "./byte_cache.ts";
import { deflateWhole } from "./deflate.ts";
import { findDelta } from "./delta_writer.ts";
import { AT_ONCE_BYTES, type GitObject } from "./object.ts";
import { OpenFiles } from "./open_files.ts";
import { type PackFile, removePack } from "./pack_files.ts";
import { publishPack } from "./pack_publishing.ts";
import { PackSource, type Place } from "./pack_source.ts";
import { cannotWrite, PackWriter } from "./pack_writer.ts";
import { finish, type Steps } from "./steps.ts";

const OPEN_FILES = 16;
const BASES_BYTES = 16 << 20;
/** To read an object, as many must be read before: git allows 50. */
const MOST_DELTAS = 24;
/** A delta that saves less is not worth what reading it costs. */
const MOST_OF_WHOLE = 0.7;
/** So many objects are noted in a millisecond. */
const STEP = 1000;

/** Over all repacks of this process. */
let temporaryFiles = 0;

/** Where a {@linkcode Repack} writes, and what stops it. */
export interface RepackOptions {
  readonly temporaryDirectory: string;
  readonly session: string;
  readonly signal?: AbortSignal | undefined;
}

/** Packs that are written anew. */
export class Repack implements Disposable {
  readonly #objectsDirectory: string;
  readonly #options: RepackOptions;
  readonly #files = new OpenFiles(OPEN_FILES);
  readonly #slices: Slices;
  readonly #sources: readonly PackSource[];
  /** Which pack each object is best taken from: where it is shortest. */
  readonly #holders = new Map<string, PackSource>();
  /** The objects of which others are deltas. */
  readonly #basesOfDeltas = new Set<string>();

  /** Touches nothing yet. */
  constructor(objectsDirectory: string, packs: readonly PackFile[], options: RepackOptions) {
    this.#objectsDirectory = objectsDirectory;
    this.#options = options;
    this.#slices = new Slices(options.signal);
    const bases = new ByteCache<GitObject>(BASES_BYTES);
    this.#sources = packs.map((pack) => new PackSource(pack, this.#files, bases));
  }

  /** Reads what the packs hold. */
  async load(): Promise<void> {
    for (const source of this.#sources) {
      await finish(source.load(), this.#slices);
      await finish(this.#addAll(source), this.#slices);
    }
  }

  *#addAll(source: PackSource): Steps<void> {
    let count = 0;
    for (const oid of source.oids) {
      this.#add(oid, source);
      if (++count % STEP === 0) yield;
    }
  }

  #add(oid: string, source: PackSource): void {
    const { base } = placeIn(source, oid);
    if (base !== null) this.#basesOfDeltas.add(base);
    const other = this.#holders.get(oid);
    if (other === undefined || bytesIn(source, oid) < bytesIn(other, oid)) {
      this.#holders.set(oid, source);
    }
  }

  /** Whether one of the packs has the object. */
  has(oid: string): boolean {
    return this.#holders.has(oid);
  }

  /** The ids of all objects. */
  get oids(): Iterable<string> {
    return this.#holders.keys();
  }

  /** The packs, with what they hold. */
  get sources(): readonly PackSource[] {
    return this.#sources;
  }

  /**
   * Writes these objects of the packs into a new one, in their order, and returns the ids of what is in
   * it: with them what they are deltas of. Of those that `later` knows a later version of, the difference
   * is written where that is less. The pack gets the time `mtime`, by which git judges how old what
   * nobody refers to is.
   *
   * @throws {StoreError} where one of them is damaged; then nothing is written.
   */
  async write(
    oids: Iterable<string>,
    { mtime, later = new Map() }: { mtime?: number; later?: ReadonlyMap<string, string> },
  ): Promise<string[]> {
    const path = this.#temporary();
    try {
      using pack = new PackWriter(path);
      const copying = new Copying(pack, {
        holders: this.#holders,
        basesOfDeltas: this.#basesOfDeltas,
        later,
      });
      for (const oid of oids) {
        await finish(copying.add(oid), this.#slices);
        if (this.#slices.due) await this.#slices.rest();
      }
      const published = await publishPack(this.#objectsDirectory, pack, {
        session: this.#options.session,
        temporary: this.#temporary(),
        slices: this.#slices,
      });
      if (mtime !== undefined) setTimes(`${published}.pack`, mtime, mtime);
      removeFile(`${published}.keep`);
      return pack.objects.map(({ oid }) => oid);
    } catch (error) {
      throw this.#options.signal?.aborted ? error : cannotWrite(this.#objectsDirectory, error);
    }
  }

  /** Takes packs away, but for those that somebody relies on since. */
  async remove(sources: Iterable<PackSource>): Promise<void> {
    for (const source of sources) {
      source.close();
      removePack(source.file);
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  #temporary(): string {
    const { temporaryDirectory, session } = this.#options;
    return `${temporaryDirectory}/${session}-repack${++temporaryFiles}`;
  }

  /** Closes all files. */
  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }
}

function placeIn(source: PackSource, oid: string): Place {
  const place = source.find(oid);
  if (place === undefined) throw new StoreError(`${source.file.path}.pack does not hold ${oid}`);
  return place;
}

function bytesIn(source: PackSource, oid: string): number {
  const { offset, end } = placeIn(source, oid);
  return end - offset;
}

/** What is known of the objects that are copied. */
interface Knowledge {
  readonly holders: ReadonlyMap<string, PackSource>;
  readonly basesOfDeltas: ReadonlySet<string>;
  readonly later: ReadonlyMap<string, string>;
}

/** The copying of objects out of some packs into one. */
class Copying {
  readonly #pack: PackWriter;
  readonly #known: Knowledge;
  /** How many deltas lead from an object to a whole one; those that are not here are whole. */
  readonly #depths = new Map<string, number>();

  constructor(pack: PackWriter, known: Knowledge) {
    this.#pack = pack;
    this.#known = known;
  }

  /** Adds an object, and before it those that it is a delta of. */
  *add(oid: string): Steps<void> {
    const source = this.#known.holders.get(oid);
    if (source === undefined) return;
    const chain: string[] = [];
    for (let at: string | null = oid; at !== null && !this.#pack.has(at);) {
      chain.push(at);
      if (chain.length > source.count) throw new StoreError(`The deltas of ${oid} go in circles`);
      at = placeIn(source, at).base;
    }
    for (const oid of chain.reverse()) yield* this.#copy(source, oid);
  }

  *#copy(source: PackSource, oid: string): Steps<void> {
    const place = placeIn(source, oid);
    const type = source.typeOf(place);
    const { size, base } = place;
    const delta = base === null ? this.#newDelta(source, oid, place) : null;
    if (delta === null) {
      yield* this.#pack.addDeflated({ oid, type, size, base }, source.data(place));
    } else {
      yield* this.#pack.addDeflated({ oid, type, ...delta }, [delta.data]);
    }
    const of = delta?.base ?? base;
    if (of !== null) this.#depths.set(oid, this.#depthOf(of) + 1);
  }

  /** A whole object as a delta of its later version, where that is worth it. */
  #newDelta(
    source: PackSource,
    oid: string,
    place: Place,
  ): { base: string; size: number; data: Uint8Array } | null {
    const { holders, basesOfDeltas, later } = this.#known;
    const base = later.get(oid);
    const holder = base === undefined ? undefined : holders.get(base);
    if (base === undefined || holder === undefined || !this.#pack.has(base)) return null;
    // What others are deltas of already stays whole, or their chains would grow from time to time.
    if (basesOfDeltas.has(oid) || this.#depthOf(base) >= MOST_DELTAS) return null;
    if (place.size > AT_ONCE_BYTES) return null;
    const from = holder.read(base, placeIn(holder, base));
    const { type, data } = source.read(oid, place);
    if (from.type !== type || from.data.length > AT_ONCE_BYTES) return null;
    const limit = Math.floor((place.end - place.offset) * MOST_OF_WHOLE);
    const delta = findDelta(from.data, data, limit * 2);
    if (delta === null) return null;
    const deflated = deflateWhole(type, delta);
    return deflated.length > limit ? null : { base, size: delta.length, data: deflated };
  }

  #depthOf(oid: string): number {
    return this.#depths.get(oid) ?? 0;
  }
}
