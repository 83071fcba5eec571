/**
 * A state kept on disk between two openings of a workspace, so that the first scan reads no file that
 * did not change. It is only ever a shortcut: a cache that is missing or damaged costs time.
 *
 * @module
 */

import { hashObject } from "../git/object.ts";
import { writeTextAtomic } from "../platform/atomic.ts";
import { readTextFile, removeFile } from "../platform/fs.ts";
import { type DirectoryNode, distrusted, type FileNode, type Node } from "./state.ts";

const VERSION = 1;

type Row =
  | [name: string, permissions: number, tree: string, filesTree: string | null, children: Row[]]
  | [
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
export function writeStatCache(path: string, cached: CachedState, temporary: string): void {
  const text = JSON.stringify([VERSION, cached.clock, toRow("", cached.root)]);
  writeTextAtomic(path, `${checksum(text)}\n${text}`, { temporary, durable: false });
}

/** Reads the cache; `null` where there is none that can be used. */
export function readStatCache(path: string): CachedState | null {
  const found = readTextFile(path);
  if (found === null) return null;
  const [sum, text = ""] = found.split("\n", 2);
  if (sum === checksum(text)) {
    const [version, clock, row] = JSON.parse(text);
    const root = version === VERSION ? toNode(row)[1] : null;
    if (root?.kind === "directory") return { root, clock };
  }
  // Cut off or scribbled over: as good as none.
  removeFile(path);
  return null;
}

/** What can be relied on of a cached state when the file system's clock says `now`. */
export function reliable({ root, clock }: CachedState, now: number): DirectoryNode {
  // A clock that was set back can repeat the times that the state relies on.
  return now < clock ? distrusted(root) : root;
}

function checksum(text: string): string {
  return hashObject("blob", new TextEncoder().encode(text));
}

function toRow(name: string, node: Node): Row {
  if (node.kind === "directory") {
    const children = [...node.children].map(([name, child]) => toRow(name, child));
    return [name, node.permissions, node.tree, node.filesTree, children];
  }
  const { mode, oid, permissions, size, mtime, ctime, ino, trusted } = node;
  return [name, mode, oid, permissions, size, mtime, ctime, ino, trusted ? 1 : 0];
}

function toNode(row: Row): [name: string, node: Node] {
  if (row.length === 5) {
    const [name, permissions, tree, filesTree, rows] = row;
    const children = new Map(rows.map(toNode));
    return [name, { kind: "directory", permissions, children, tree, filesTree }];
  }
  const [name, mode, oid, permissions, size, mtime, ctime, ino, trusted] = row;
  const node: FileNode = {
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
  return [name, node];
}
