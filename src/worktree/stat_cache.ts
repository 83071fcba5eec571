/**
 * A state kept on disk between two openings of a workspace, so that the first scan reads no file that
 * did not change. It is only ever a shortcut: a cache that is missing or damaged costs time.
 *
 * The file has a line for each directory, those of its children before it, then one for the whole, and the
 * SHA-1 of all that. A line is read when a scan comes to its directory, and the file is written in pieces, so
 * that a large cache holds up nobody.
 *
 * @module
 */

import type { Steps } from "../git/steps.ts";
import { nodeCrypto } from "../platform/builtin.ts";
import { makeDirectory, OpenFile, readFile, removeFile, rename } from "../platform/fs.ts";
import { dirname } from "@std/path/posix";
import { type DirectoryNode, distrusted, type FileNode, type Node } from "./state.ts";

const VERSION = 3;
/** So much is hashed and written at once: a few milliseconds. */
const PIECE_BYTES = 1 << 20;
const SUM_BYTES = 20;

/** A directory as a line of JSON. */
type Line = [
  permissions: number,
  tree: string,
  filesTree: string | null,
  /** Names of directories, and the numbers of their lines. */
  directories: [name: string, line: number][],
  files: FileRow[],
];

type FileRow = [
  name: string,
  mode: number,
  oid: string,
  permissions: number | null,
  size: number,
  mtime: number,
  ctime: number,
  ino: number,
  trusted: 0 | 1,
];

/** A state, and the file system's clock at its scan in seconds. */
export interface CachedState {
  readonly root: DirectoryNode;
  readonly clock: number;
}

/** Writes the cache in steps; a crash leaves the old one or the new. */
export function* writeStatCache(
  path: string,
  { root, clock }: CachedState,
  temporary: string,
): Steps<void> {
  makeDirectory(dirname(path));
  try {
    {
      using writer = new LineWriter(temporary);
      yield* writeLines(writer, root);
      writer.write(JSON.stringify([VERSION, clock]));
      writer.finish();
    }
    rename(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
}

/** Reads the cache in steps; `null` where there is none that can be used. */
export function* readStatCache(path: string): Steps<CachedState | null> {
  const found = readFile(path);
  if (found === null) return null;
  const bytes = found.subarray(0, Math.max(0, found.length - SUM_BYTES));
  const hash = nodeCrypto().createHash("sha1");
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield;
    hash.update(bytes.subarray(at, at + PIECE_BYTES));
  }
  if (hash.digest("hex") === found.subarray(bytes.length).toHex()) {
    const lines = new Lines(bytes);
    const [version, clock] = JSON.parse(lines.take(lines.count - 1));
    if (version === VERSION) return { root: new CachedDirectory(lines, lines.count - 2), clock };
  }
  // Cut off or scribbled over, or of another version: as good as none.
  removeFile(path);
  return null;
}

/** Writes lines to a new file, and the sum of all behind them. */
class LineWriter implements Disposable {
  /** How many there are. */
  count = 0;
  readonly #file: OpenFile;
  readonly #hash = nodeCrypto().createHash("sha1");
  #text = "";

  constructor(path: string) {
    this.#file = new OpenFile(path, { write: true, createNew: true });
  }

  write(line: string): void {
    this.count++;
    this.#text += `${line}\n`;
    if (this.#text.length > PIECE_BYTES / 8) this.#flush();
  }

  finish(): void {
    this.#flush();
    this.#file.write(this.#hash.digest());
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #flush(): void {
    const bytes = new TextEncoder().encode(this.#text);
    this.#text = "";
    this.#hash.update(bytes);
    this.#file.write(bytes);
  }
}

const LINE_END = 0x0a;

/** The lines of a cache. */
class Lines {
  readonly #bytes: Uint8Array;
  /** Where each begins, and where one more would. */
  readonly #starts: number[] = [0];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let at = 0; (at = bytes.indexOf(LINE_END, at) + 1) > 0;) this.#starts.push(at);
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  take(number: number): string {
    const line = this.#bytes.subarray(this.#starts[number], this.#starts[number + 1]);
    return new TextDecoder().decode(line);
  }
}

/** What can be relied on of a cached state when the file system's clock says `now`. */
export function reliable({ root, clock }: CachedState, now: number): DirectoryNode {
  // A clock that was set back can repeat the times that the state relies on.
  return now < clock ? distrusted(root) : root;
}

/** Writes the lines of a directory and of all below it; returns the number of its own. */
function* writeLines(writer: LineWriter, node: DirectoryNode): Steps<number> {
  const directories: [string, number][] = [];
  const files: FileRow[] = [];
  for (const [name, child] of node.children) {
    if (child.kind === "directory") {
      directories.push([name, yield* writeLines(writer, child)]);
    } else {
      const { mode, oid, permissions, size, mtime, ctime, ino, trusted } = child;
      files.push([name, mode, oid, permissions, size, mtime, ctime, ino, trusted ? 1 : 0]);
    }
  }
  const { permissions, tree, filesTree } = node;
  const line: Line = [permissions, tree, filesTree, directories, files];
  writer.write(JSON.stringify(line));
  yield;
  return writer.count - 1;
}

/** A directory whose line is read when something of it is asked for. */
class CachedDirectory implements DirectoryNode {
  readonly kind = "directory";
  /** Given up once it is read, since all lines are in one piece of memory. */
  #lines: Lines | null;
  readonly #number: number;
  #node: Omit<DirectoryNode, "kind"> | null = null;

  constructor(lines: Lines, number: number) {
    this.#lines = lines;
    this.#number = number;
  }

  get permissions(): number {
    return this.#read().permissions;
  }

  get children(): ReadonlyMap<string, Node> {
    return this.#read().children;
  }

  get tree(): string {
    return this.#read().tree;
  }

  get filesTree(): string | null {
    return this.#read().filesTree;
  }

  #read(): Omit<DirectoryNode, "kind"> {
    if (this.#node !== null) return this.#node;
    const line: Line = JSON.parse(this.#lines!.take(this.#number));
    const [permissions, tree, filesTree, directories, files] = line;
    const children = new Map<string, Node>();
    for (const [name, number] of directories) {
      children.set(name, new CachedDirectory(this.#lines!, number));
    }
    this.#lines = null;
    for (const row of files) children.set(row[0], toFile(row));
    return this.#node = { permissions, children, tree, filesTree };
  }
}

function toFile([, mode, oid, permissions, size, mtime, ctime, ino, trusted]: FileRow): FileNode {
  return {
    kind: "file",
    mode,
    oid,
    permissions,
    size,
    mtime,
    ctime,
    ino,
    trusted: trusted === 1,
  };
}
