/**
 * One directory of objects, `objects` of a repository: its packs and its loose files.
 *
 * Others change it at any moment: `git gc` replaces packs, `git fetch` adds some.
 *
 * @module
 */

import { lstat, readDirectory, setTimes, stat } from "../platform/fs.ts";
import type { Attempts } from "./attempts.ts";
import type { ByteCache } from "./byte_cache.ts";
import {
  loosePath,
  looseStartingWith,
  readLoose,
  readLooseChunks,
  readLooseHeader,
} from "./loose.ts";
import type { Chunks, GitObject, ObjectHeader } from "./object.ts";
import type { OpenFiles } from "./open_files.ts";
import { Pack } from "./pack.ts";

/**
 * A directory that changed less than this long before it was listed may have changed after, in ms.
 */
const GRAIN_MS = 100;

/** A place where an object is, or may be: then the answers are `null`. */
export interface ObjectCopy {
  /** The file it is in. */
  readonly file: string;
  /** Whether the file is there. */
  exists(): boolean;
  /** The object, its id not yet checked. */
  read(): GitObject | null;
  /** Type and size, as the file says. */
  header(): ObjectHeader | null;
  /** The content, its id not yet checked. The files it needs are opened before this returns. */
  readChunks(): Chunks | null;
  /** Makes the file look new to `git gc`; `false` where that does not protect the object. */
  freshen(): boolean;
}

/** The objects below one directory. */
export class ObjectDirectory {
  readonly #path: string;
  readonly #files: OpenFiles;
  readonly #bases: ByteCache<GitObject>;
  /** The one that had the last object comes first, since the next is likely to be in it too. */
  #packs: Pack[] = [];
  #listed = { mtime: -1, at: 0 };

  /** Lists nothing yet; `files` and `bases` are shared by the directories of a store. */
  constructor(path: string, files: OpenFiles, bases: ByteCache<GitObject>) {
    this.#path = path;
    this.#files = files;
    this.#bases = bases;
  }

  /** Looks which packs there are now; returns whether there are others than before. */
  list(): boolean {
    const directory = `${this.#path}/pack`;
    const mtime = stat(directory)?.mtime ?? 0;
    if (mtime === this.#listed.mtime && this.#listed.at - mtime > GRAIN_MS) return false;
    this.#listed = { mtime, at: Date.now() };
    const paths = new Set(
      (readDirectory(directory) ?? [])
        .filter(({ name }) => name.startsWith("pack-") && name.endsWith(".idx"))
        .map(({ name }) => `${directory}/${name.slice(0, -".idx".length)}`),
    );
    const kept = this.#packs.filter(({ path }) => paths.has(path));
    const gone = this.#packs.filter(({ path }) => !paths.has(path));
    for (const { path } of kept) paths.delete(path);
    for (const pack of gone) pack.close();
    this.#packs = [...paths].map((path) => new Pack(path, this.#files, this.#bases)).concat(kept);
    return gone.length > 0 || paths.size > 0;
  }

  /** The copies of an object; each pack is searched as one of the attempts. */
  *find(oid: string, attempts: Attempts): Iterable<ObjectCopy> {
    const bytes = Uint8Array.fromHex(oid);
    for (const pack of this.#packs) {
      const offset = attempts.make(() => pack.index.find(bytes));
      if (offset === null) continue;
      if (pack !== this.#packs[0]) this.#packs = [pack, ...this.#packs.filter((p) => p !== pack)];
      yield new PackedCopy(pack, offset);
    }
    yield new LooseCopy(loosePath(this.#path, oid));
  }

  /** The ids here that begin with these hexadecimal digits, two of them at least; some twice. */
  *startingWith(prefix: string, attempts: Attempts): Iterable<string> {
    const from = Uint8Array.fromHex(prefix.padEnd(40, "0"));
    for (const pack of this.#packs) {
      yield* attempts.make(() => [...pack.index.startingWith(prefix, from)]) ?? [];
    }
    yield* attempts.make(() => looseStartingWith(this.#path, prefix)) ?? [];
  }

  /** How many objects the packs here have; those in several packs are counted as often. */
  packedCount(attempts: Attempts): number {
    return this.#packs.reduce(
      (count, pack) => count + (attempts.make(() => pack.index.count) ?? 0),
      0,
    );
  }
}

class PackedCopy implements ObjectCopy {
  readonly file: string;
  readonly #pack: Pack;
  readonly #offset: number;

  constructor(pack: Pack, offset: number) {
    this.file = `${pack.path}.pack`;
    this.#pack = pack;
    this.#offset = offset;
  }

  exists(): boolean {
    return lstat(this.file) !== null;
  }

  read(): GitObject {
    return this.#pack.read(this.#offset);
  }

  header(): ObjectHeader {
    return this.#pack.header(this.#offset);
  }

  readChunks(): Chunks {
    return this.#pack.readChunks(this.#offset) ?? [this.read().data];
  }

  freshen(): boolean {
    // In a cruft pack each object has a time of its own, in this file.
    if (lstat(`${this.#pack.path}.mtimes`) !== null) return false;
    setTimes(this.file, Date.now(), Date.now());
    return true;
  }
}

class LooseCopy implements ObjectCopy {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  exists(): boolean {
    return lstat(this.file) !== null;
  }

  read(): GitObject | null {
    return readLoose(this.file);
  }

  header(): ObjectHeader | null {
    return readLooseHeader(this.file);
  }

  readChunks(): Chunks | null {
    return readLooseChunks(this.file);
  }

  freshen(): boolean {
    if (!this.exists()) return false;
    setTimes(this.file, Date.now(), Date.now());
    return true;
  }
}
