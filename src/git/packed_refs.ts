/**
 * The file `packed-refs`: many refs in one sorted text, each with what an annotated tag peels to.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { type FileStat, lstat, readFile, readTextFile } from "../platform/fs.ts";

// A file replaced twice within the clock's grain may look like the first, down to a reused inode.
const SETTLED_MS = 1000;
const LINE = /^([0-9a-f]{40}) (\S[^\n]*)$/;

/** What `packed-refs` holds, read again whenever the file is another one. */
export class PackedRefs {
  readonly #file: string;
  #read: { stat: FileStat; refs: ReadonlyMap<string, string> } | null = null;

  /** Reads nothing yet. */
  constructor(commonDirectory: string) {
    this.#file = `${commonDirectory}/packed-refs`;
  }

  /** The object id of every packed ref, by its full name. */
  refs(): ReadonlyMap<string, string> {
    const stat = lstat(this.#file);
    if (stat === null) return new Map();
    if (this.#read !== null && isSameFile(this.#read.stat, stat)) return this.#read.refs;
    const isSettled = stat.mtime < Date.now() - SETTLED_MS;
    const refs = parsePackedRefs(readTextFile(this.#file) ?? "");
    this.#read = isSettled ? { stat, refs } : null;
    return refs;
  }

  /** The bytes of the file as it would be without `ref`; `null` where it does not hold it. */
  bytesWithout(ref: string): Uint8Array | null {
    if (!this.refs().has(ref)) return null;
    // Latin-1 keeps the bytes of names that are not UTF-8.
    const lines = Buffer.from(readFile(this.#file) ?? []).toString("latin1").split("\n");
    const name = Buffer.from(ref).toString("latin1");
    const at = lines.findIndex((line) => LINE.exec(line)?.[2] === name);
    if (at < 0) return null;
    // The line of a tag may be followed by what it peels to.
    lines.splice(at, lines[at + 1]?.startsWith("^") ? 2 : 1);
    return Buffer.from(lines.join("\n"), "latin1");
  }
}

function isSameFile(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtime === b.mtime &&
    a.ctime === b.ctime;
}

/**
 * The object id of every ref in the text of a `packed-refs` file.
 *
 * @throws {StoreError} on a line that is none of git's.
 */
export function parsePackedRefs(text: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#") || line.startsWith("^")) continue;
    const match = LINE.exec(line);
    if (match === null) {
      throw new StoreError(
        `Cannot read packed-refs: ${JSON.stringify(line.slice(0, 100))} is no line of it; ` +
          "look at the repository with `git fsck`",
      );
    }
    refs.set(match[2]!, match[1]!);
  }
  return refs;
}
