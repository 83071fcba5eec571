/**
 * All objects of a repository, wherever git keeps them: loose files, packs, alternates.
 *
 * What is read is checked against its id, so damage is found and never served; another good copy of
 * a damaged object is used where there is one.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { Slices } from "../platform/slices.ts";
import { alternateDirectories } from "./alternates.ts";
import { Attempts } from "./attempts.ts";
import { ByteCache } from "./byte_cache.ts";
import { foldSmallPacks } from "./fold.ts";
import { AT_ONCE_BYTES, EMPTY_TREE, hashObject, isOid, ObjectHasher } from "./object.ts";
import type { Chunks, GitObject, ObjectHeader } from "./object.ts";
import { type ObjectCopy, ObjectDirectory } from "./object_directory.ts";
import { ObjectWriter } from "./object_writer.ts";
import { OpenFiles } from "./open_files.ts";
import { parseTree, type TreeEntry } from "./tree.ts";

export { sweepKeeps } from "./keeps.ts";
export { ObjectWriter } from "./object_writer.ts";

const OPEN_FILES = 16;
const BASES_BYTES = 16 << 20;
/** What a parsed tree takes in memory, for each byte of the tree. */
const PARSED_WEIGHT = 5;

/** What an {@linkcode ObjectStore} works with. */
export interface ObjectStoreOptions {
  /** Where files are written before they get their names; on the file system of the objects. */
  readonly temporaryDirectory: string;
  /** What the names of our temporary files begin with, and what our `.keep` files hold. */
  readonly session: string;
  /** How much of what was read is remembered, in bytes. */
  readonly cacheBytes: number;
  /** The lock of whoever takes packs away; without it the packs that are written just get more. */
  readonly packsLock?: string;
}

/** Reads and writes the objects of one repository. */
export class ObjectStore implements Disposable {
  readonly #path: string;
  readonly #options: ObjectStoreOptions;
  readonly #files = new OpenFiles(OPEN_FILES);
  readonly #bases = new ByteCache<GitObject>(BASES_BYTES);
  readonly #objects: ByteCache<GitObject>;
  readonly #trees: ByteCache<readonly TreeEntry[]>;
  /** Our own first, then the alternates; empty until the first use. */
  #directories = new Map<string, ObjectDirectory>();
  #cannotFold = false;

  /** Reads nothing yet. */
  constructor(objectsDirectory: string, options: ObjectStoreOptions) {
    this.#path = objectsDirectory;
    this.#options = options;
    this.#objects = new ByteCache(options.cacheBytes / 2);
    this.#trees = new ByteCache(options.cacheBytes / 2);
  }

  /**
   * The object; its data is shared, so nobody writes into it.
   *
   * @throws {StoreError} naming it, where it is missing or damaged.
   */
  read(oid: string): GitObject {
    if (oid === EMPTY_TREE) return { type: "tree", data: new Uint8Array() };
    const known = this.#objects.get(oid);
    if (known !== undefined) return known;
    const attempts = new Attempts();
    const object = this.#first(oid, (copy) => readChecked(oid, copy), attempts);
    if (object === null) throw unreadable(oid, attempts.firstFailure);
    this.remember(oid, object);
    return object;
  }

  /** The object if it is in memory; from disk it may have gone since. */
  remembered(oid: string): GitObject | undefined {
    return this.#objects.get(oid);
  }

  /** Remembers an object that was found elsewhere, and found to have this id; its data is shared. */
  remember(oid: string, object: GitObject): void {
    this.#objects.set(oid, object, object.data.length);
  }

  /**
   * The entries of a tree, in git's order.
   *
   * @throws {StoreError} naming it, where it is missing, damaged or no tree.
   */
  readTree(oid: string): readonly TreeEntry[] {
    const known = this.#trees.get(oid);
    if (known !== undefined) return known;
    const { type, data } = this.read(oid);
    if (type !== "tree") throw unreadable(oid, new StoreError(`it is a ${type}, not a tree`));
    try {
      const entries = parseTree(data);
      this.#trees.set(oid, entries, data.length * PARSED_WEIGHT);
      return entries;
    } catch (error) {
      throw unreadable(oid, error);
    }
  }

  /**
   * Type and size of an object, without reading all of it; `null` where it is missing.
   *
   * @throws {StoreError} naming it, where it is damaged.
   */
  header(oid: string): ObjectHeader | null {
    if (oid === EMPTY_TREE) return { type: "tree", size: 0 };
    const attempts = new Attempts();
    const header = this.#first(oid, (copy) => copy.header(), attempts);
    const failure = attempts.firstFailure;
    if (header === null && failure !== null) throw unreadable(oid, failure);
    return header;
  }

  /** Whether the object is in a file now. It may be damaged, and be gone a moment later. */
  has(oid: string): boolean {
    return this.#first(oid, (copy) => copy.exists() || null) ?? false;
  }

  /**
   * The bytes of an object in pieces: a large one is never in memory as a whole, unless it is a
   * delta. Its id is checked at the end, so only an iteration that ended well gave the right bytes.
   *
   * @throws {StoreError} naming it, where it is missing or damaged.
   */
  async *readChunks(oid: string): AsyncIterable<Uint8Array> {
    const header = this.header(oid);
    if (header === null || header.size <= AT_ONCE_BYTES) {
      yield this.read(oid).data;
      return;
    }
    const attempts = new Attempts();
    const found = this.#first(oid, openChunks, attempts);
    if (found === null) throw unreadable(oid, attempts.firstFailure);
    const hasher = new ObjectHasher(header.type, header.size);
    const slices = new Slices();
    try {
      for await (const chunk of found.chunks) {
        hasher.update(chunk);
        yield chunk;
        if (slices.due) await slices.rest();
      }
    } catch (error) {
      throw unreadable(oid, damage(found.file, "its data does not inflate", error));
    }
    if (hasher.digest() !== oid) throw unreadable(oid, damage(found.file, WRONG_ID));
  }

  /**
   * The ids of all objects that begin with these hexadecimal digits, four of them at least; sorted.
   */
  resolvePrefix(hex: string): string[] {
    const prefix = hex.toLowerCase();
    if (!/^[0-9a-f]{4,40}$/.test(prefix)) return [];
    const attempts = new Attempts();
    this.#list(attempts);
    const oids = new Set<string>();
    for (const directory of this.#directories.values()) {
      for (const oid of directory.startingWith(prefix, attempts)) oids.add(oid);
    }
    const failure = attempts.firstFailure;
    if (oids.size === 0 && failure !== null) throw unreadable(`${prefix}…`, failure);
    return [...oids].sort();
  }

  /** About how many objects there are: those in packs, which is what git counts as well. */
  packedCount(): number {
    const attempts = new Attempts();
    this.#list(attempts);
    let count = 0;
    for (const directory of this.#directories.values()) count += directory.packedCount(attempts);
    return count;
  }

  /**
   * Makes the object's file look new, so that `git gc` leaves it for its grace period. Returns
   * `false` where that cannot be: then write the object again.
   */
  freshen(oid: string): boolean {
    return this.#first(oid, (copy) => copy.freshen() || null) ?? false;
  }

  /** Starts to write objects, which become visible together. */
  writer(): ObjectWriter {
    return new ObjectWriter(this.#path, this.#options, () => this.#fold());
  }

  async #fold(): Promise<void> {
    const { packsLock, temporaryDirectory, session } = this.#options;
    if (packsLock === undefined || this.#cannotFold) return;
    const options = { packsLock, temporaryDirectory, session };
    this.#cannotFold = !await foldSmallPacks(this.#path, options);
  }

  /** Forgets which packs there are and closes them, so that the next call looks again. */
  refresh(): void {
    this.#files[Symbol.dispose]();
    this.#directories.clear();
  }

  /** Closes all files. */
  [Symbol.dispose](): void {
    this.refresh();
  }

  /** The first answer that a copy of the object gives; `null` where none does. */
  #first<T>(
    oid: string,
    ask: (copy: ObjectCopy) => T | null,
    attempts: Attempts = new Attempts(),
  ): T | null {
    if (!isOid(oid)) {
      throw new StoreError(
        `Cannot look up object ${JSON.stringify(oid)}: an object id has 40 hexadecimal digits`,
      );
    }
    if (this.#directories.size === 0) this.#list(attempts);
    do {
      attempts.forget();
      for (const directory of this.#directories.values()) {
        for (const copy of directory.find(oid, attempts)) {
          const answer = attempts.make(() => ask(copy));
          if (answer !== null) return answer;
        }
      }
      // A miss is believed only once nothing has changed since the packs were listed.
    } while (this.#list(attempts));
    return null;
  }

  /** Looks which packs there are; returns whether there are others than before. */
  #list(attempts: Attempts): boolean {
    const before = this.#directories;
    const list = (directory: ObjectDirectory) => attempts.make(() => directory.list()) ?? false;
    const changes = [...before.values()].map(list);
    if (before.size > 0 && !changes.includes(true)) return false;
    // Objects leave a directory for an alternate only when it is repacked.
    const alternates = attempts.make(() => alternateDirectories(this.#path)) ?? [];
    const paths = [this.#path, ...alternates];
    this.#directories = new Map(paths.map((path) => [path, before.get(path) ?? this.#open(path)]));
    for (const directory of this.#directories.values()) list(directory);
    return true;
  }

  #open(path: string): ObjectDirectory {
    return new ObjectDirectory(path, this.#files, this.#bases);
  }
}

const WRONG_ID = "what it holds has another id";

function readChecked(oid: string, copy: ObjectCopy): GitObject | null {
  const object = copy.read();
  if (object !== null && hashObject(object.type, object.data) !== oid) {
    throw damage(copy.file, WRONG_ID);
  }
  return object;
}

function openChunks(copy: ObjectCopy): { file: string; chunks: Chunks } | null {
  const chunks = copy.readChunks();
  return chunks && { file: copy.file, chunks };
}

function damage(file: string, how: string, cause?: unknown): StoreError {
  return new StoreError(`${file} is damaged: ${how}`, { cause });
}

/** The error for an object that cannot be read, for this reason; `null` where it is nowhere. */
function unreadable(oid: string, cause: unknown): StoreError {
  if (cause === null) {
    return new StoreError(`Cannot read object ${oid}: it is missing from the repository`);
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(`Cannot read object ${oid}: ${why}`, { cause });
}
