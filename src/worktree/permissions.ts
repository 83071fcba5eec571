/**
 * The permission bits that git's trees have no place for, kept beside a snapshot: what most files of
 * each kind have, and the exceptions.
 *
 * @module
 */

import { MODE } from "../git/tree.ts";
import type { DirectoryNode, Node } from "./state.ts";

/** Permission bits, octal text such as `644`. */
export interface Permissions {
  readonly file: string;
  readonly executable: string;
  readonly directory: string;
  /** By path, starting with `/`; the root is `/`. */
  readonly except: Record<string, string>;
}

type Kind = "file" | "executable" | "directory";

/** The kind that decides which bits a node has by default; `null` for what has none of its own. */
function kindOf(mode: number): Kind | null {
  if (mode === MODE.directory) return "directory";
  if (mode === MODE.executable) return "executable";
  return mode === MODE.file ? "file" : null;
}

/** How often each of the permission bits is there, for each kind. */
type Counts = Record<Kind, Map<number, number>>;

function countBits(node: Node, counts: Counts): void {
  const kind = kindOfNode(node);
  if (kind === null || node.permissions === null) return;
  counts[kind].set(node.permissions, (counts[kind].get(node.permissions) ?? 0) + 1);
  if (node.kind === "file") return;
  for (const child of node.children.values()) countBits(child, counts);
}

function kindOfNode(node: Node): Kind | null {
  return kindOf(node.kind === "directory" ? MODE.directory : node.mode);
}

/** Collects the bits that are not the usual ones. A path is made only where it is needed. */
function collectUnusual(
  directory: DirectoryNode,
  path: string,
  usual: Readonly<Record<Kind, number>>,
  unusual: Record<string, string>,
): void {
  if (directory.permissions !== usual.directory) {
    unusual[path || "/"] = directory.permissions.toString(8);
  }
  for (const [name, child] of directory.children) {
    if (child.kind === "directory") {
      collectUnusual(child, `${path}/${name}`, usual, unusual);
      continue;
    }
    const { permissions: bits } = child;
    const kind = kindOfNode(child);
    if (kind === null || bits === null || bits === usual[kind]) continue;
    unusual[`${path}/${name}`] = bits.toString(8);
  }
}

/** The permission bits of a whole state. */
export function collectPermissions(root: DirectoryNode): Permissions {
  const counts: Counts = { file: new Map(), executable: new Map(), directory: new Map() };
  countBits(root, counts);
  const usual = {
    file: mostFrequent(counts.file) ?? 0o644,
    executable: mostFrequent(counts.executable) ?? 0o755,
    directory: mostFrequent(counts.directory) ?? 0o755,
  };
  const except: Record<string, string> = {};
  collectUnusual(root, "", usual, except);
  return {
    file: usual.file.toString(8),
    executable: usual.executable.toString(8),
    directory: usual.directory.toString(8),
    except,
  };
}

function mostFrequent(counts: ReadonlyMap<number, number>): number | null {
  let best: number | null = null;
  for (const [bits, count] of counts) {
    if (best === null || count > (counts.get(best) ?? 0)) best = bits;
  }
  return best;
}

/** Whether both say the same of every path. */
export function samePermissions(a: Permissions, b: Permissions): boolean {
  const paths = Object.keys(a.except);
  return a.file === b.file && a.executable === b.executable && a.directory === b.directory &&
    paths.length === Object.keys(b.except).length &&
    paths.every((path) => a.except[path] === b.except[path]);
}

/** Tells the bits that the file or directory at a path is to have; `null` for a link or submodule. */
export type PermissionsAt = (path: string, mode: number) => number | null;

/** Reads the permission bits once for many paths. */
export function permissionsAt(permissions: Permissions): PermissionsAt {
  const usual = {
    file: parseInt(permissions.file, 8),
    executable: parseInt(permissions.executable, 8),
    directory: parseInt(permissions.directory, 8),
  };
  const except = new Map(
    Object.entries(permissions.except).map(([path, bits]) => [path, parseInt(bits, 8)]),
  );
  return (path, mode) => {
    const kind = kindOf(mode);
    return kind === null ? null : except.get(path) ?? usual[kind];
  };
}
