/**
 * Whether the files of a directory can become those of a tree: found out before anything is changed.
 *
 * @module
 */

import { PathError, StoreError } from "../errors.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { isGitName } from "../paths.ts";
import { lstat, readDirectory } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { linkTarget } from "./file_maker.ts";
import type { DirectoryNode, FileNode, Node, TreeView, TreeViewEntry } from "./state.ts";

/** What is to be looked at. */
export interface CheckOptions {
  /** The absolute path of the root. */
  readonly directory: string;
  /** The state of the files as they are. */
  readonly current: DirectoryNode;
  readonly target: TreeView;
  readonly store: ObjectStore;
  /** What is known of files that have much of the target at the same paths. */
  readonly source?: { readonly root: DirectoryNode } | null;
  readonly signal?: AbortSignal | undefined;
}

/** What is known once a checkout has been looked at. */
export interface CheckedObjects {
  /** The targets of the links that it will make. */
  readonly linkTargets: readonly string[];
  /** How large the objects are that it will make files of, in bytes by their ids. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Looks at all that a checkout will do.
 *
 * @throws {StoreError} where an object is missing from the store, or the tree is malformed.
 * @throws {PathError} where ignored files are in the way, or a link cannot be made.
 */
export async function checkCheckout(options: CheckOptions): Promise<CheckedObjects> {
  const checker = new Checker(options);
  const source = options.source?.root ?? null;
  await checker.check(options.directory, "", options.current, options.target, source);
  return checker;
}

class Checker implements CheckedObjects {
  readonly linkTargets: string[] = [];
  readonly sizes = new Map<string, number>();
  readonly #options: CheckOptions;
  readonly #slices: Slices;

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#slices = new Slices(options.signal);
  }

  /** `directory` is `null` below what is no directory on disk: there nothing can be in the way. */
  async check(
    directory: string | null,
    path: string,
    current: DirectoryNode | null,
    target: TreeView,
    source: DirectoryNode | null,
  ): Promise<void> {
    if (current?.tree === target.oid) return;
    const onDisk = directory !== null && lstat(directory)?.isDirectory ? directory : null;
    for (const [name, entry] of target.entries()) {
      requireSound(path, name, target);
      const known = current?.children.get(name) ?? null;
      const below = onDisk && `${onDisk}/${name}`;
      const copy = source?.children.get(name) ?? null;
      if (entry.view !== null) {
        const node = known?.kind === "directory" ? known : null;
        const inner = copy?.kind === "directory" ? copy : null;
        await this.check(below, `${path}/${name}`, node, entry.view, inner);
      } else if (!isAsIs(known, entry) && entry.mode !== MODE.submodule) {
        this.sizes.set(entry.oid, this.#sizeOf(`${path}/${name}`, entry.oid, copy));
        this.#checkFile(below, `${path}/${name}`, known, entry);
      }
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  /** How large an object is, which the store must have; where a copy of it was looked at, that says. */
  #sizeOf(path: string, oid: string, copy: Node | null): number {
    const { store } = this.#options;
    if (copy?.kind === "file" && copy.oid === oid && store.has(oid)) return copy.size;
    const header = store.header(oid);
    if (header === null) throw missing(path, oid);
    return header.size;
  }

  #checkFile(
    file: string | null,
    path: string,
    known: Node | null,
    { mode, oid }: TreeViewEntry,
  ): void {
    const { store } = this.#options;
    if (mode === MODE.symlink) this.linkTargets.push(linkTarget(store, path, oid));
    if (file !== null && known?.kind !== "file" && isInTheWay(file, known)) {
      throw new PathError(
        `Cannot restore ${path}: a directory with ignored files is there; move them away first`,
        path,
      );
    }
  }
}

/** Whether the file has the right content already; its permission bits may differ. */
export function isAsIs(known: Node | null, entry: TreeViewEntry): known is FileNode {
  if (known?.kind !== "file" || known.oid !== entry.oid) return false;
  return known.mode === entry.mode || (isRegular(known.mode) && isRegular(entry.mode));
}

function isRegular(mode: number): boolean {
  return mode === MODE.file || mode === MODE.executable;
}

/** Whether a directory at this path would keep something when all that is known of it has gone. */
function isInTheWay(path: string, known: Node | null): boolean {
  if (lstat(path)?.isDirectory !== true) return false;
  const children = known?.kind === "directory" ? known.children : new Map<string, Node>();
  return (readDirectory(path) ?? []).some(({ name, isDirectory }) => {
    const child = children.get(name);
    if (child === undefined) return true;
    return isDirectory && isInTheWay(`${path}/${name}`, child);
  });
}

function requireSound(path: string, name: string, { oid }: TreeView): void {
  if (name !== "" && name !== "." && name !== ".." && !name.includes("/") && !isGitName(name)) {
    return;
  }
  throw new StoreError(
    `Cannot restore ${path}/${JSON.stringify(name)}: the tree ${oid} is malformed, ` +
      "no file may have this name",
  );
}

function missing(path: string, oid: string): StoreError {
  return new StoreError(
    `Cannot restore ${path}: its object ${oid} is missing from the store; ` +
      "in a partial clone, `git fetch --refetch --no-filter` brings all that is missing",
  );
}
