/**
 * Which of some objects are named in the files of a git directory: refs and their logs, indexes, notes
 * of operations under way, and whatever else is there, known or not. A name is 40 hexadecimal digits, or
 * the 20 bytes that they stand for.
 *
 * What an agent may write is read like this as well, so nothing in it is believed: links are not
 * followed, nothing is waited for, and what cannot be read names nothing.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { errorCode, lstat, readDirectory } from "../platform/fs.ts";
import { readFileWarily } from "../platform/wary_file.ts";
import { ByteCache } from "./byte_cache.ts";
import { readLoose, readLooseHeader } from "./loose.ts";
import { type GitObject, type ObjectHeader, OID_BYTES } from "./object.ts";
import { OpenFiles } from "./open_files.ts";
import { Pack } from "./pack.ts";
import type { Steps } from "./steps.ts";

/** A larger file than this names objects in no way that git reads. */
const FILE_BYTES = 256 << 20;
/** The same for a commit or a tree. */
const OBJECT_BYTES = 64 << 20;
const BASES_BYTES = 16 << 20;
const PIECE_BYTES = 256 << 10;

/** Finds the names of some objects. */
export class Mentions {
  /** Those that were found. */
  readonly found = new Set<string>();
  readonly #oids: ReadonlySet<string>;
  /** The first four bytes of each, as a number. */
  readonly #starts: ReadonlySet<number>;

  /** Looks for these objects. */
  constructor(oids: ReadonlySet<string>) {
    this.#oids = oids;
    this.#starts = new Set([...oids].map((oid) => parseInt(oid.slice(0, 8), 16) | 0));
  }

  /** Looks through all files below `directory`, but not into files and directories that `isOmitted` takes. */
  *lookBelow(directory: string, isOmitted: (path: string) => boolean): Steps<void> {
    if (isOmitted(directory)) return;
    for (const { name, isFile, isDirectory } of attempt(() => readDirectory(directory)) ?? []) {
      const path = `${directory}/${name}`;
      if (isDirectory) yield* this.lookBelow(path, isOmitted);
      else if (isFile && !isOmitted(path)) yield* this.#lookIntoFile(path);
    }
  }

  *#lookIntoFile(path: string): Steps<void> {
    if ((attempt(() => lstat(path))?.size ?? 0) > FILE_BYTES) return;
    const bytes = attempt(() => readFileWarily(path));
    if (bytes !== null) yield* this.look(bytes);
  }

  /** Looks through the commits and trees in a directory of objects. */
  *lookIntoObjects(directory: string): Steps<void> {
    for (const { name, isDirectory } of attempt(() => readDirectory(directory)) ?? []) {
      if (!isDirectory || !/^[0-9a-f]{2}$/.test(name)) continue;
      for (const file of attempt(() => readDirectory(`${directory}/${name}`)) ?? []) {
        const path = `${directory}/${name}/${file.name}`;
        if (!file.isFile || (attempt(() => lstat(path))?.size ?? 0) > FILE_BYTES) continue;
        yield* this.#lookIntoObject(() => readLooseHeader(path), () => readLoose(path));
      }
    }
    using files = new OpenFiles(2);
    const packs = attempt(() => readDirectory(`${directory}/pack`)) ?? [];
    for (const { name, isFile } of packs) {
      if (isFile && name.endsWith(".idx")) {
        yield* this.#lookIntoPack(`${directory}/pack/${name.slice(0, -".idx".length)}`, files);
      }
    }
  }

  *#lookIntoPack(path: string, files: OpenFiles): Steps<void> {
    if (attempt(() => lstat(`${path}.pack`))?.isFile !== true) return;
    const pack = new Pack(path, files, new ByteCache<GitObject>(BASES_BYTES));
    const objects = attempt(() => pack.index.objects()[Symbol.iterator]());
    for (;;) {
      const next = objects && attempt(() => objects.next());
      if (next === null || next.done) return;
      const { offset } = next.value;
      yield* this.#lookIntoObject(() => pack.header(offset), () => pack.read(offset));
    }
  }

  *#lookIntoObject(header: () => ObjectHeader | null, read: () => GitObject | null): Steps<void> {
    const known = attempt(header);
    if (known !== null && known.type !== "blob" && known.size <= OBJECT_BYTES) {
      const object = attempt(read);
      if (object !== null) yield* this.look(object.data);
    }
    yield;
  }

  /** Looks through bytes. */
  *look(bytes: Uint8Array): Steps<void> {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      // A name that begins in this piece may end in the next.
      this.#lookIntoPiece(bytes.subarray(start, start + PIECE_BYTES + 2 * OID_BYTES));
      yield;
    }
  }

  #lookIntoPiece(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    for (const [oid] of text.matchAll(/[0-9a-f]{40}/g)) this.#note(oid);
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      start = (start << 8) | (bytes[at] ?? 0);
      if (at < 3 || !this.#starts.has(start)) continue;
      this.#note(bytes.subarray(at - 3, at - 3 + OID_BYTES).toHex());
    }
  }

  #note(oid: string): void {
    if (this.#oids.has(oid)) this.found.add(oid);
  }
}

/** `null` also where the file system or the format forbids it. */
function attempt<T>(look: () => T | null): T | null {
  try {
    return look();
  } catch (error) {
    const isExpected = error instanceof StoreError || error instanceof RangeError ||
      errorCode(error) !== null;
    if (isExpected) return null;
    throw error;
  }
}
