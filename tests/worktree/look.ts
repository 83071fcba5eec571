/**
 * Looking at a directory of a test with the scan, and making the states that it gives from hand.
 *
 * @module
 */

import { MODE } from "../../src/git/tree.ts";
import { IgnoreRules } from "../../src/worktree/ignore.ts";
import { type Scan, scan, type ScanOptions } from "../../src/worktree/scan.ts";
import {
  type DirectoryNode,
  directoryNode,
  emptyTree,
  type Node,
} from "../../src/worktree/state.ts";

/** The clock of the file system, in whole seconds. */
export function fileClock(directory: string): number {
  const path = `${directory}/clock ${crypto.randomUUID()}`;
  Deno.writeTextFileSync(path, "");
  const { mtime } = Deno.lstatSync(path);
  Deno.removeSync(path);
  return Math.floor(mtime!.getTime() / 1000);
}

/** Scans a directory; without options as though it were scanned for the first time. */
export async function look(directory: string, options: Partial<ScanOptions> = {}): Promise<Scan> {
  return await scan(directory, {
    previous: null,
    clock: fileClock(directory),
    rules: IgnoreRules.none,
    head: emptyTree,
    ...options,
  });
}

/** Scans so late that everything is believed from then on. */
export async function lookLater(
  directory: string,
  options: Partial<ScanOptions> = {},
): Promise<Scan> {
  return await look(directory, { clock: fileClock(directory) + 60, ...options });
}

/** Everything in a state, by path: `/a 100644`, `/d/`. */
export function listed(root: DirectoryNode, parent = ""): string[] {
  return [...root.children].flatMap(([name, node]) => {
    const path = `${parent}/${name}`;
    if (node.kind === "directory") return [`${path}/`, ...listed(node, path)];
    return [`${path} ${node.mode.toString(8)}`];
  }).sort();
}

/** A file's facts, for {@linkcode stateOf}. */
export interface File {
  readonly oid: string;
  readonly mode?: number;
  readonly permissions?: number | null;
}

/** A directory's content, for {@linkcode stateOf}. */
export interface Directory {
  readonly [name: string]: File | Directory;
}

/** A state made by hand. */
export function stateOf(content: Directory, permissions = 0o755): DirectoryNode {
  const children = new Map<string, Node>();
  for (const [name, item] of Object.entries(content)) {
    children.set(name, isFile(item) ? fileOf(item) : stateOf(item));
  }
  return directoryNode(permissions, children);
}

function isFile(item: File | Directory): item is File {
  return typeof item.oid === "string";
}

function fileOf({ oid, mode = MODE.file, permissions = mode & 0o777 }: File): Node {
  const times = { size: 0, mtime: 0, ctime: 0, ino: 0, trusted: false };
  return { kind: "file", mode, oid, permissions, ...times };
}
