/**
 * Makes the files of a directory those of a tree, writing only what differs.
 *
 * Nothing is deleted that the state before does not know, nor anything that the tree's own ignore
 * rules ignore. Files are replaced, never written into, so a hard link keeps its content, and a reader
 * sees the old file or the new. All of them together are not replaced in one step: the caller has
 * written down in the journal what is going on.
 *
 * @module
 */

import { PathError, StoreError } from "../errors.ts";
import { isGitName } from "../paths.ts";
import type { ObjectStore } from "../git/store.ts";
import {
  chmod,
  errorCode,
  type FileStat,
  lstat,
  makeDirectory,
  OpenFile,
  readDirectory,
  removeFile,
  rename,
} from "../platform/fs.ts";
import { MODE } from "../git/tree.ts";
import { type LinkMaker, NO_LINKS, prepareLinks } from "../platform/links.ts";
import { Slices } from "../platform/slices.ts";
import { readIfSame, SMALL_FILE } from "./content.ts";
import { discard } from "./discard.ts";
import { IgnoreRules } from "./ignore.ts";
import {
  collectPermissions,
  type Permissions,
  permissionsAt,
  samePermissions,
} from "./permissions.ts";
import { fileNode } from "./file_node.ts";
import {
  absentFile,
  type DirectoryNode,
  directoryNode,
  entryAt,
  type FileNode,
  nextDirectoryNode,
  type Node,
  nodeAt,
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
  /** Where much of the target is at the same paths: reading it there is faster than inflating it. */
  readonly source?: Source | null;
  /** Gives a path on the same file system that nothing is at. */
  readonly temporary: () => string;
  /** The file system's clock at the start, in seconds. */
  readonly clock: number;
  readonly signal?: AbortSignal | undefined;
}

/** A directory whose files are known. */
export interface Source {
  /** Its absolute path. */
  readonly directory: string;
  /** What a scan found there. */
  readonly root: DirectoryNode;
}

/** Where something is to be. */
interface Place {
  /** The absolute path. */
  readonly file: string;
  /** The path in the workspace, `""` for the root. */
  readonly path: string;
  /** Whether nothing can be there, since the directory above is a new one. */
  readonly isFree: boolean;
}

/** A checkout: first looked at whole, then done. */
export class Checkout {
  readonly #options: CheckoutOptions;
  readonly #slices: Slices;
  /** Whether files that keep their content may have to get other permission bits. */
  readonly #changesPermissions: boolean;
  readonly #linkTargets: string[] = [];
  #links: LinkMaker | null = null;

  constructor(options: CheckoutOptions) {
    const { current, permissions, signal } = options;
    this.#options = options;
    this.#slices = new Slices(signal);
    this.#changesPermissions = permissions !== null &&
      !samePermissions(collectPermissions(current), permissions);
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
    this.#links = await prepareLinks(this.#linkTargets, this.#options.temporary());
    if (this.#links === null) {
      throw new PathError(`Cannot make the symbolic links of this tree: ${NO_LINKS}`, "/");
    }
  }

  /** Does it, and returns the state that the files then have. */
  async run(): Promise<DirectoryNode> {
    const { directory, current, target, rules } = this.#options;
    const place = { file: directory, path: "", isFree: false };
    // Without a check nothing is in the way, and nothing was told: then links can be made at once.
    using links = this.#links ?? await prepareLinks([], this.#options.temporary());
    this.#links = links;
    return await this.#directory(place, current, target, rules);
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
      const isFile = known?.kind === "file";
      const below = onDisk && `${onDisk}/${name}`;
      if (entry.view !== null) {
        const node = known?.kind === "directory" ? known : null;
        await this.#check(below, `${path}/${name}`, node, entry.view);
      } else if (!isAsIs(known, entry) && entry.mode !== MODE.submodule) {
        if (this.#options.store.header(entry.oid) === null) {
          throw missing(`${path}/${name}`, entry.oid);
        }
        if (entry.mode === MODE.symlink) {
          this.#linkTargets.push(this.#linkTarget(`${path}/${name}`, entry.oid));
        }
        if (below !== null && !isFile && isInTheWay(below, known)) {
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
    { file: directory, path, isFree }: Place,
    current: DirectoryNode | null,
    target: TreeView,
    outer: IgnoreRules | null,
  ): Promise<DirectoryNode> {
    const same = current?.tree === target.oid;
    if (same && (!this.#changesPermissions || isAbsent(current))) return current;
    const isNew = !same && this.#open(directory, current, isFree);
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
        children.set(name, await this.#directory(place, node, entry.view, inner));
      }
      if (this.#slices.due) await this.#slices.rest();
    }
    return nextDirectoryNode(current, this.#close(directory, path, current), children);
  }

  /** Makes sure that a directory is there and can be written to; tells whether it is a new one. */
  #open(directory: string, current: DirectoryNode | null, isFree: boolean): boolean {
    const stat = isFree ? null : lstat(directory);
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
    const tracked = isIgnored ? entryAt(head, path.slice(1).split("/")) : null;
    const isTracked = tracked !== null && (tracked.view === null) === (node.kind === "file");
    if (isIgnored && !isTracked) return node;
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
    { file, path, isFree }: Place,
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
    // In a new directory nobody expects anything yet.
    const draft = isFree ? file : this.#options.temporary();
    try {
      let stat = await this.#write(draft, path, entry);
      if (wanted !== null && (stat.mode & 0o7777) !== wanted) {
        chmod(draft, wanted);
        stat = lstat(draft) ?? stat;
      }
      return fileNode(isFree ? stat : moveOver(draft, file) ?? stat, entry.oid, clock);
    } catch (error) {
      if (!isFree) discard(draft);
      throw error;
    }
  }

  /** Makes a file or a link; returns what it then is. */
  async #write(file: string, path: string, { mode, oid }: TreeViewEntry): Promise<FileStat> {
    const { store, source } = this.#options;
    if (mode === MODE.symlink) {
      this.#links?.make(this.#linkTarget(path, oid), file);
      const made = lstat(file);
      if (made !== null) return made;
      throw new StoreError(`Cannot restore the link ${path}: it vanished when it was made`);
    }
    const permissions = mode === MODE.executable ? 0o777 : 0o666;
    using output = new OpenFile(file, { write: true, createNew: true, mode: permissions });
    const small = source ? readFrom(source, path, oid) : null;
    if (small !== null) {
      output.write(small);
    } else if ((store.header(oid)?.size ?? 0) <= SMALL_FILE) {
      output.write(store.read(oid).data);
    } else {
      for await (const chunk of store.readChunks(oid)) {
        output.write(chunk);
        if (this.#slices.due) await this.#slices.rest();
      }
    }
    return output.stat();
  }
}

/** The content of a small file if the source has it at this path; else `null`. */
function readFrom({ directory, root }: Source, path: string, oid: string): Uint8Array | null {
  const known = nodeAt(root, path.slice(1).split("/"));
  const isCopy = known?.kind === "file" && known.oid === oid && known.size <= SMALL_FILE;
  return isCopy ? readIfSame(directory + path, oid) : null;
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

/** Puts a file where a file, a link or an empty directory may be; returns what it then is. */
function moveOver(draft: string, file: string): FileStat | null {
  if (lstat(file)?.isDirectory) removeFile(file);
  rename(draft, file);
  return lstat(file);
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
      "in a partial clone, `git fetch --refetch --no-filter` brings all that is missing",
  );
}
