/**
 * Makes the files of a directory those of a tree, writing only what differs.
 *
 * Nothing is deleted that the state before does not know, nor anything that the tree's own ignore
 * rules ignore. Files are replaced, never written into, so a hard link keeps its content. There is no
 * temporary file for each: the caller has written down in the journal what is going on.
 *
 * @module
 */

import { PathError, StoreError } from "../errors.ts";
import { isGitName } from "../paths.ts";
import type { ObjectStore } from "../git/store.ts";
import {
  chmod,
  errorCode,
  lstat,
  makeDirectory,
  maySymlink,
  OpenFile,
  readDirectory,
  removeFile,
  symlink,
} from "../platform/fs.ts";
import { MODE } from "../git/tree.ts";
import { Slices } from "../platform/slices.ts";
import { SMALL_FILE } from "./content.ts";
import { IgnoreRules } from "./ignore.ts";
import { type Permissions, permissionsAt } from "./permissions.ts";
import { fileNode } from "./scan.ts";
import {
  absentFile,
  type DirectoryNode,
  directoryNode,
  entryAt,
  type FileNode,
  type Node,
  type TreeView,
  type TreeViewEntry,
} from "./state.ts";

/** What is made of what. */
export interface CheckoutOptions {
  /** The absolute path of the root. */
  readonly directory: string;
  /** The state of the files as they are. */
  readonly current: DirectoryNode;
  readonly target: TreeView;
  /** What is tracked: an ignored path that is in here is not ignored. */
  readonly head: TreeView;
  /** The permission bits that the files get; `null`: what the umask gives to new ones. */
  readonly permissions: Permissions | null;
  /** The ignore rules of the target, without those of its root's own `.gitignore`. */
  readonly rules: IgnoreRules;
  readonly store: ObjectStore;
  /** The file system's clock at the start, in seconds. */
  readonly clock: number;
  readonly signal?: AbortSignal | undefined;
}

/** A checkout: first looked at whole, then done. */
export class Checkout {
  readonly #options: CheckoutOptions;
  readonly #slices: Slices;
  #hasLinks = false;

  constructor(options: CheckoutOptions) {
    this.#options = options;
    this.#slices = new Slices(options.signal);
  }

  /**
   * Finds out whether {@linkcode run} can do all of it; nothing is changed.
   *
   * @throws {StoreError} where an object is missing from the store.
   * @throws {PathError} where ignored files are in the way, or links cannot be made.
   */
  async check(): Promise<void> {
    const { directory, current, target } = this.#options;
    await this.#check(directory, "", current, target);
    if (this.#hasLinks && !maySymlink()) {
      throw new PathError(
        "Cannot make the symbolic links of this tree: Deno allows that only with unscoped " +
          "--allow-read and --allow-write",
        "/",
      );
    }
  }

  /** Does it, and returns the state that the files then have. */
  async run(): Promise<DirectoryNode> {
    const { directory, current, target, rules } = this.#options;
    return await this.#directory(directory, "", current, target, rules);
  }

  /** `directory` is `null` below what is no directory on disk: there nothing can be in the way. */
  async #check(
    directory: string | null,
    path: string,
    current: DirectoryNode | null,
    target: TreeView,
  ): Promise<void> {
    if (current?.tree === target.oid) return;
    const onDisk = directory !== null && lstat(directory)?.isDirectory ? directory : null;
    for (const [name, entry] of target.entries()) {
      if (name === "" || name === "." || name === ".." || name.includes("/") || isGitName(name)) {
        throw new StoreError(
          `Cannot restore ${path}/${JSON.stringify(name)}: the tree ${target.oid} is malformed, ` +
            "no file may have this name",
        );
      }
      const known = current?.children.get(name) ?? null;
      const below = onDisk && `${onDisk}/${name}`;
      if (entry.view !== null) {
        const node = known?.kind === "directory" ? known : null;
        await this.#check(below, `${path}/${name}`, node, entry.view);
      } else if (!isAsIs(known, entry) && entry.mode !== MODE.submodule) {
        if (!this.#options.store.has(entry.oid)) throw missing(`${path}/${name}`, entry.oid);
        if (entry.mode === MODE.symlink) {
          this.#hasLinks = true;
          this.#linkTarget(`${path}/${name}`, entry.oid);
        }
        if (below !== null && isInTheWay(below, known)) {
          throw new PathError(
            `Cannot restore ${path}/${name}: a directory with ignored files is there; ` +
              "move them away first",
            `${path}/${name}`,
          );
        }
      }
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  async #directory(
    directory: string,
    path: string,
    current: DirectoryNode | null,
    target: TreeView,
    outer: IgnoreRules | null,
  ): Promise<DirectoryNode> {
    const { permissions } = this.#options;
    const same = current?.tree === target.oid;
    if (same && (permissions === null || isAbsent(current))) return current;
    const isNew = !same && this.#open(directory, current);
    const entries = target.entries();
    const rules = outer && this.#withGitignore(outer, entries);
    const children = new Map<string, Node>();
    for (const [name, node] of current?.children ?? []) {
      const rest = entries.has(name) ? null : this.#remove(`${path}/${name}`, name, node, rules);
      if (rest !== null) children.set(name, rest);
      if (this.#slices.due) await this.#slices.rest();
    }
    for (const [name, entry] of entries) {
      const known = current?.children.get(name) ?? null;
      const place = { file: `${directory}/${name}`, path: `${path}/${name}`, isFree: isNew };
      if (entry.view === null) {
        children.set(name, await this.#entry(place, name, known, entry));
      } else {
        const node = known?.kind === "directory" ? known : null;
        const inner = rules === null || rules.ignores(name, true) ? null : rules.enter(name, null);
        const { file, path } = place;
        children.set(name, await this.#directory(file, path, node, entry.view, inner));
      }
      if (this.#slices.due) await this.#slices.rest();
    }
    return directoryNode(this.#close(directory, path, current), children);
  }

  /** Makes sure that a directory is there and can be written to; tells whether it is a new one. */
  #open(directory: string, current: DirectoryNode | null): boolean {
    const stat = lstat(directory);
    if (stat !== null && !stat.isDirectory) removeFile(directory);
    if (stat === null || !stat.isDirectory) {
      makeDirectory(directory);
      return true;
    }
    const bits = current?.permissions ?? stat.mode & 0o7777;
    if ((bits & 0o300) !== 0o300) chmod(directory, bits | 0o700);
    return false;
  }

  /** Gives a directory its permission bits, when all in it is done; returns them. */
  #close(directory: string, path: string, current: DirectoryNode | null): number {
    const { permissions } = this.#options;
    const wanted = permissions === null
      ? current?.permissions ?? null
      : permissionsAt(permissions, path || "/", MODE.directory);
    const bits = (lstat(directory)?.mode ?? 0) & 0o7777;
    if (wanted === null || wanted === bits) return bits;
    chmod(directory, wanted);
    return wanted;
  }

  #withGitignore(
    rules: IgnoreRules,
    entries: ReadonlyMap<string, TreeViewEntry>,
  ): IgnoreRules {
    const entry = entries.get(".gitignore");
    if (entry === undefined || (entry.mode !== MODE.file && entry.mode !== MODE.executable)) {
      return rules;
    }
    return rules.withGitignore(new TextDecoder().decode(this.#options.store.read(entry.oid).data));
  }

  /**
   * Removes what the target does not have, and returns what stays: what the target's rules ignore.
   * `rules` are `null` inside an ignored directory, of which only tracked paths go.
   */
  #remove(path: string, name: string, node: Node, rules: IgnoreRules | null): Node | null {
    const { directory, head } = this.#options;
    const file = directory + path;
    const isIgnored = rules === null || rules.ignores(name, node.kind === "directory");
    if (isIgnored && entryAt(head, path.slice(1).split("/")) === null) return node;
    if (node.kind === "file") {
      if (node.permissions !== null || node.mode === MODE.submodule) removeUnlessFilled(file);
      return null;
    }
    const isLocked = (node.permissions & 0o300) !== 0o300 && lstat(file)?.isDirectory === true;
    if (isLocked) chmod(file, node.permissions | 0o700);
    const inner = isIgnored ? null : rules.enter(name, null);
    const kept = new Map<string, Node>();
    for (const [child, below] of node.children) {
      const rest = this.#remove(`${path}/${child}`, child, below, inner);
      if (rest !== null) kept.set(child, rest);
    }
    if (removeUnlessFilled(file)) return null;
    if (isLocked) chmod(file, node.permissions);
    return directoryNode(node.permissions, kept);
  }

  #linkTarget(path: string, oid: string): string {
    try {
      const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return strict.decode(this.#options.store.read(oid).data);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      const rule = "its target is not UTF-8, which Deno cannot make a link of";
      throw new PathError(`Cannot restore the link ${path}: ${rule}`, path, { cause });
    }
  }

  async #entry(
    { file, path, isFree }: { file: string; path: string; isFree: boolean },
    name: string,
    known: Node | null,
    entry: TreeViewEntry,
  ): Promise<FileNode> {
    const { permissions, clock } = this.#options;
    const wanted = permissions && permissionsAt(permissions, path, entry.mode);
    if (isAsIs(known, entry)) {
      if (known.permissions === null || entry.mode === MODE.symlink) return known;
      const bits = wanted ?? withExecutable(known.permissions, entry.mode);
      if (bits === known.permissions) return known;
      if (lstat(file)?.nlink === 1) {
        chmod(file, bits);
        return { ...known, mode: entry.mode, permissions: bits, trusted: false };
      }
      // A new file, since the old one has other names, which are not ours to change.
    }
    if (known?.kind === "directory") {
      // What is in the way goes whatever the rules say: the undo point holds it.
      this.#remove(path, name, known, IgnoreRules.none);
    }
    if (entry.mode === MODE.submodule) {
      if (lstat(file)?.isDirectory !== true) {
        removeFile(file);
        makeDirectory(file);
      }
      return absentFile(entry.mode, entry.oid);
    }
    if (!isFree) removeFile(file);
    await this.#write(file, path, entry);
    let stat = lstat(file);
    if (stat === null) throw new StoreError(`Cannot restore ${path}: it vanished while written`);
    if (wanted !== null && (stat.mode & 0o7777) !== wanted) {
      chmod(file, wanted);
      stat = lstat(file) ?? stat;
    }
    return fileNode(stat, entry.oid, clock);
  }

  async #write(file: string, path: string, entry: TreeViewEntry): Promise<void> {
    const { store } = this.#options;
    if (entry.mode === MODE.symlink) return symlink(this.#linkTarget(path, entry.oid), file);
    const mode = entry.mode === MODE.executable ? 0o777 : 0o666;
    using output = new OpenFile(file, { write: true, createNew: true, mode });
    if ((store.header(entry.oid)?.size ?? 0) <= SMALL_FILE) {
      return output.write(store.read(entry.oid).data);
    }
    for await (const chunk of store.readChunks(entry.oid)) {
      output.write(chunk);
      if (this.#slices.due) await this.#slices.rest();
    }
  }
}

/** The permission bits, executable by those who may read where `mode` is git's executable one. */
function withExecutable(permissions: number, mode: number): number {
  return mode === MODE.executable ? permissions | (permissions & 0o444) >> 2 : permissions & ~0o111;
}

/** Whether the file has the right content already; its permission bits may differ. */
function isAsIs(known: Node | null, entry: TreeViewEntry): known is FileNode {
  if (known?.kind !== "file" || known.oid !== entry.oid) return false;
  return (known.mode === entry.mode) ||
    (isRegular(known.mode) && isRegular(entry.mode));
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

/** Whether a directory's files are all left out by a sparse checkout. */
function isAbsent(node: DirectoryNode): boolean {
  return node.children.size > 0 &&
    [...node.children.values()].every((child) =>
      child.kind === "directory" ? isAbsent(child) : child.permissions === null &&
        child.mode !== MODE.submodule
    );
}

/** Removes a file or a directory, which ignored files in it keep; tells whether it is gone. */
function removeUnlessFilled(path: string): boolean {
  try {
    removeFile(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOTEMPTY") return false;
    throw error;
  }
}

function missing(path: string, oid: string): StoreError {
  return new StoreError(
    `Cannot restore ${path}: its object ${oid} is missing from the store; ` +
      "in a partial clone, fetch it with `git fetch` first",
  );
}
