/**
 * Loose objects: a file each, deflated, its path made of its id.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { exists, lstat, OpenFile, readDirectory, readFile } from "../platform/fs.ts";
import { inflateFile, inflateStart, inflateWhole } from "./inflate.ts";
import type { GitObject, ObjectHeader, ObjectType } from "./object.ts";

/** Enough of a file to inflate its header from. */
const START_BYTES = 512;
const HEADER = /^(blob|tree|commit|tag) (0|[1-9][0-9]{0,15})\0/;
const latin1 = new TextDecoder("latin1");

/** What a loose object begins with; `length` is that of the header itself. */
interface LooseHeader extends ObjectHeader {
  readonly length: number;
}

/** Where the loose object of this id is, or would be. */
export function loosePath(objectsDirectory: string, oid: string): string {
  return `${objectsDirectory}/${oid.slice(0, 2)}/${oid.slice(2)}`;
}

/**
 * The object in the file, its id not yet checked; `null` where there is no file.
 *
 * @throws {StoreError} where it is damaged.
 */
export function readLoose(path: string): GitObject | null {
  const bytes = readFile(path);
  if (bytes === null) return null;
  const { type, size, length } = parseHeader(path, bytes);
  const data = inflateWhole(bytes, length + size);
  if (data === null) throw damage(path, `its data does not inflate to ${size} bytes`);
  return { type, data: data.subarray(length) };
}

/** Type and size of the object in the file; `null` where there is no file. */
export function readLooseHeader(path: string): ObjectHeader | null {
  if (lstat(path) === null) return null;
  using file = new OpenFile(path);
  const { type, size } = parseHeader(path, file.readAt(0, START_BYTES));
  return { type, size };
}

/** The bytes of the object in the file in pieces; `null` where there is no file. */
export function readLooseChunks(path: string): AsyncIterable<Uint8Array> | null {
  return lstat(path) === null ? null : contentOf(new OpenFile(path), path);
}

/** What the file inflates to, without the header; the file is closed after. */
async function* contentOf(file: OpenFile, path: string): AsyncIterable<Uint8Array> {
  using open = file;
  const { length } = parseHeader(path, open.readAt(0, START_BYTES));
  let skip = length;
  for await (const chunk of inflateFile(open, 0, open.stat().size)) {
    if (chunk.length > skip) yield chunk.subarray(skip);
    skip -= Math.min(skip, chunk.length);
  }
}

/** A loose object as its directory shows it. */
export interface LooseFile {
  readonly oid: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was written or freshened, ms since 1970. */
  readonly mtime: number;
}

/** All loose objects of a directory of objects. */
export function listLoose(objectsDirectory: string): LooseFile[] {
  const firsts = (readDirectory(objectsDirectory) ?? []).filter(({ name }) => name.length === 2);
  return firsts.flatMap(({ name }) => looseStartingWith(objectsDirectory, name)).flatMap((oid) => {
    const path = loosePath(objectsDirectory, oid);
    const stat = lstat(path);
    return stat === null ? [] : [{ oid, path, bytes: stat.size, mtime: stat.mtime }];
  });
}

/** The ids of the loose objects that begin with the hexadecimal digits, two of them at least. */
export function looseStartingWith(objectsDirectory: string, prefix: string): string[] {
  const first = prefix.slice(0, 2);
  const directory = `${objectsDirectory}/${first}`;
  // Most of them are missing where objects are in packs.
  const files = exists(directory) ? readDirectory(directory) ?? [] : [];
  return files
    .map(({ name }) => first + name)
    .filter((oid) => oid.startsWith(prefix) && /^[0-9a-f]{40}$/.test(oid));
}

function parseHeader(path: string, bytes: Uint8Array): LooseHeader {
  const start = inflateStart(bytes.subarray(0, START_BYTES));
  const match = start && HEADER.exec(latin1.decode(start.subarray(0, 32)));
  if (!match) throw damage(path, "it does not begin as an object");
  const [{ length }, type, size] = match;
  return { type: type as ObjectType, size: Number(size), length };
}

function damage(path: string, how: string): StoreError {
  return new StoreError(`${path} is damaged: ${how}`);
}
