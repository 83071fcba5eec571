/**
 * A state kept on disk between two openings of a workspace, so that the first scan reads no file that
 * did not change. It is only ever a shortcut: a cache that is missing or damaged costs time.
 *
 * The file has a line for each directory, those of its children before it. A line is read when a scan
 * comes to its directory, so that a large cache holds up nobody.
 *
 * @module
 */

import { hashObject } from "../git/object.ts";
import { writeAtomic } from "../platform/atomic.ts";
import { makeDirectory, readFile, removeFile } from "../platform/fs.ts";
import { dirname } from "@std/path/posix";
import { type DirectoryNode, distrusted, type FileNode, type Node } from "./state.ts";

const VERSION = 2;

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

/** Writes the cache; a crash leaves the old one or the new. */
export function writeStatCache(
  path: string,
  { root, clock }: CachedState,
  temporary: string,
): void {
  const lines = [JSON.stringify([VERSION, clock])];
  appendLines(lines, root);
  const bytes = new TextEncoder().encode(lines.join("\n"));
  const sum = new TextEncoder().encode(`${hashObject("blob", bytes)}\n`);
  makeDirectory(dirname(path));
  writeAtomic(path, [sum, bytes], { temporary, durable: false });
}

/** Reads the cache; `null` where there is none that can be used. */
export function readStatCache(path: string): CachedState | null {
  const found = readFile(path);
  if (found === null) return null;
  const start = found.indexOf(LINE_END) + 1;
  const bytes = found.subarray(start);
  const sum = new TextDecoder().decode(found.subarray(0, Math.max(0, start - 1)));
  if (sum === hashObject("blob", bytes)) {
    const lines = new TextDecoder().decode(bytes).split("\n");
    const [version, clock] = JSON.parse(lines[0]!);
    if (version === VERSION) return { root: new CachedDirectory(lines, lines.length - 1), clock };
  }
  // Cut off or scribbled over, or of another version: as good as none.
  removeFile(path);
  return null;
}

const LINE_END = 0x0a;

/** What can be relied on of a cached state when the file system's clock says `now`. */
export function reliable({ root, clock }: CachedState, now: number): DirectoryNode {
  // A clock that was set back can repeat the times that the state relies on.
  return now < clock ? distrusted(root) : root;
}

/** Appends the lines of a directory and of all below it; returns the number of its own. */
function appendLines(lines: string[], node: DirectoryNode): number {
  const directories: [string, number][] = [];
  const files: FileRow[] = [];
  for (const [name, child] of node.children) {
    if (child.kind === "directory") {
      directories.push([name, appendLines(lines, child)]);
    } else {
      const { mode, oid, permissions, size, mtime, ctime, ino, trusted } = child;
      files.push([name, mode, oid, permissions, size, mtime, ctime, ino, trusted ? 1 : 0]);
    }
  }
  const { permissions, tree, filesTree } = node;
  const line: Line = [permissions, tree, filesTree, directories, files];
  return lines.push(JSON.stringify(line)) - 1;
}

/** A directory whose line is read when something of it is asked for. */
class CachedDirectory implements DirectoryNode {
  readonly kind = "directory";
  readonly #lines: string[];
  readonly #number: number;
  #node: Omit<DirectoryNode, "kind"> | null = null;

  constructor(lines: string[], number: number) {
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
    const line: Line = JSON.parse(this.#lines[this.#number]!);
    // It is not needed any more.
    this.#lines[this.#number] = "";
    const [permissions, tree, filesTree, directories, files] = line;
    const children = new Map<string, Node>();
    for (const [name, number] of directories) {
      children.set(name, new CachedDirectory(this.#lines, number));
    }
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
