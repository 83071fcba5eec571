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

type Visit = (path: string, kind: Kind, bits: number) => void;

function visitPermissions(node: Node, path: string, visit: Visit): void {
  const kind = kindOf(node.kind === "directory" ? MODE.directory : node.mode);
  if (kind === null || node.permissions === null) return;
  visit(path || "/", kind, node.permissions);
  if (node.kind === "file") return;
  for (const [name, child] of node.children) visitPermissions(child, `${path}/${name}`, visit);
}

/** The permission bits of a whole state. */
export function collectPermissions(root: DirectoryNode): Permissions {
  const counts = {
    file: new Map<number, number>(),
    executable: new Map<number, number>(),
    directory: new Map<number, number>(),
  };
  visitPermissions(root, "", (_, kind, bits) => {
    counts[kind].set(bits, (counts[kind].get(bits) ?? 0) + 1);
  });
  const usual = {
    file: mostFrequent(counts.file) ?? 0o644,
    executable: mostFrequent(counts.executable) ?? 0o755,
    directory: mostFrequent(counts.directory) ?? 0o755,
  };
  const except: Record<string, string> = {};
  visitPermissions(root, "", (path, kind, bits) => {
    if (bits !== usual[kind]) except[path] = bits.toString(8);
  });
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
