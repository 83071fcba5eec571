/**
 * Tree objects: one directory each, as a list of names, modes and ids.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { decodeName, encodeName, encodeNames } from "./name_bytes.ts";
import { OID_BYTES } from "./object.ts";

/** The modes of a tree's entries. */
export const MODE = {
  directory: 0o040000,
  file: 0o100644,
  executable: 0o100755,
  /** A symbolic link; the blob holds its target. */
  symlink: 0o120000,
  /** The id is a commit of another repository. */
  submodule: 0o160000,
} as const;

/** One name in a tree. A name that is not UTF-8 is as `name_bytes.ts` says. */
export interface TreeEntry {
  readonly name: string;
  /** As stored; one of the modes above, save in trees of very old or odd tools. */
  readonly mode: number;
  readonly oid: string;
}

const SPACE = 0x20;
const ZERO = 0x30;

/**
 * Reads the bytes of a tree object; the entries are in git's order.
 *
 * @throws {StoreError} where they are not a tree.
 */
export function parseTree(data: Uint8Array): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(SPACE, at);
    const nul = data.indexOf(0, at);
    const next = nul + 1 + OID_BYTES;
    if (space <= at || nul <= space + 1 || next > data.length) throw notATree(at);
    entries.push({
      name: decodeName(data.subarray(space + 1, nul)),
      mode: parseMode(data, at, space),
      oid: data.subarray(nul + 1, next).toHex(),
    });
    at = next;
  }
  return entries;
}

function parseMode(data: Uint8Array, start: number, end: number): number {
  let mode = 0;
  for (let at = start; at < end; at++) {
    const digit = (data[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 7 || end - start > 7) throw notATree(start);
    mode = mode * 8 + digit;
  }
  return mode;
}

function notATree(at: number): StoreError {
  return new StoreError(`Cannot read a tree: there is no valid entry at byte ${at} of it`);
}

/**
 * The bytes of a tree object with these entries, in whatever order they come.
 *
 * @throws {StoreError} on a name that a tree cannot hold, or that comes twice.
 */
export function serializeTree(entries: Iterable<TreeEntry>): Uint8Array {
  const rows = sortedRows([...entries]);
  let length = 0;
  for (const { mode, name } of rows) length += mode.length + name.length + 1 + OID_BYTES;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { mode, name, oid } of rows) {
    bytes.set(mode, at);
    bytes.set(name, at += mode.length);
    // A NUL stands behind the name.
    at += name.length + 1;
    bytes.subarray(at, at += OID_BYTES).setFromHex(oid);
  }
  return bytes;
}

/** An entry as bytes. */
interface Row {
  /** The octal digits of the mode and a space. */
  readonly mode: Uint8Array;
  readonly name: Uint8Array;
  /** What it is sorted by: git sorts a directory as though its name ended in a slash. */
  readonly key: Uint8Array;
  readonly oid: string;
}

function sortedRows(entries: readonly TreeEntry[]): Row[] {
  checkNames(entries);
  const modes = new Map<number, Uint8Array>();
  const keys = encodeNames(
    entries.map(({ name, mode }) => mode === MODE.directory ? `${name}/` : name),
  );
  const rows = entries.map(({ mode, oid }, index): Row => {
    const key = keys[index]!;
    const name = mode === MODE.directory ? key.subarray(0, -1) : key;
    let digits = modes.get(mode);
    if (digits === undefined) modes.set(mode, digits = encodeName(`${mode.toString(8)} `));
    return { mode: digits, name, key, oid };
  });
  return rows.sort((a, b) => Buffer.compare(a.key, b.key));
}

function checkNames(entries: readonly TreeEntry[]): void {
  const names = new Set<string>();
  for (const { name } of entries) {
    if (name === "" || name.includes("/") || name.includes("\0")) {
      throw new StoreError(`Cannot write a tree: ${JSON.stringify(name)} is no name in a tree`);
    }
    if (names.has(name)) {
      throw new StoreError(`Cannot write a tree: ${JSON.stringify(name)} is there twice`);
    }
    names.add(name);
  }
}
