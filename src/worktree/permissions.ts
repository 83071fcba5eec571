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

function* permissionsOf(
  node: Node,
  path: string,
): Generator<{ path: string; kind: Kind; bits: string }> {
  const kind = kindOf(node.kind === "directory" ? MODE.directory : node.mode);
  if (kind === null || node.permissions === null) return;
  yield { path: path || "/", kind, bits: node.permissions.toString(8) };
  if (node.kind === "file") return;
  for (const [name, child] of node.children) yield* permissionsOf(child, `${path}/${name}`);
}

/** The permission bits of a whole state. */
export function collectPermissions(root: DirectoryNode): Permissions {
  const counts = { file: new Map(), executable: new Map(), directory: new Map() };
  for (const { kind, bits } of permissionsOf(root, "")) {
    counts[kind].set(bits, (counts[kind].get(bits) ?? 0) + 1);
  }
  const usual = {
    file: mostFrequent(counts.file) ?? "644",
    executable: mostFrequent(counts.executable) ?? "755",
    directory: mostFrequent(counts.directory) ?? "755",
  };
  const except: Record<string, string> = {};
  for (const { path, kind, bits } of permissionsOf(root, "")) {
    if (bits !== usual[kind]) except[path] = bits;
  }
  return { ...usual, except };
}

function mostFrequent(counts: ReadonlyMap<string, number>): string | null {
  let best: string | null = null;
  for (const [bits, count] of counts) {
    if (best === null || count > (counts.get(best) ?? 0)) best = bits;
  }
  return best;
}

/** The bits that the file or directory at `path` is to have; `null` for a link or submodule. */
export function permissionsAt(
  permissions: Permissions,
  path: string,
  mode: number,
): number | null {
  const kind = kindOf(mode);
  if (kind === null) return null;
  const exception = Object.hasOwn(permissions.except, path) ? permissions.except[path] : undefined;
  return parseInt(exception ?? permissions[kind], 8);
}
