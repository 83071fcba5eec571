/**
 * Makes the files of a directory those of a tree, writing only what differs.
 *
 * Nothing is deleted that the state before does not know, nor anything that the tree's own ignore
 * rules ignore. Files are replaced, never written into, so who has one open, or by another name, keeps
 * its content. No step is safe alone, for one file or for all of them: the caller has written down in
 * the journal what is going on, and holds in the store what was there before.
 *
 * @module
 */

import { PathError } from "../errors.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { nameOf } from "../paths.ts";
import { chmod, type FileStat, lstat, makeDirectory, removeFile } from "../platform/fs.ts";
import { type LinkMaker, NO_LINKS, prepareLinks } from "../platform/links.ts";
import { Slices } from "../platform/slices.ts";
import { checkCheckout, isAsIs } from "./checkout_check.ts";
import { FileMaker, type Source } from "./file_maker.ts";
import { fileNode } from "./file_node.ts";
import { IgnoreRules } from "./ignore.ts";
import {
  collectPermissions,
  type Permissions,
  type PermissionsAt,
  permissionsAt,
  samePermissions,
} from "./permissions.ts";
import { Remover } from "./remover.ts";
import { Replacer } from "./replacer.ts";
import {
  absentFile,
  type DirectoryNode,
  type FileNode,
  nextDirectoryNode,
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
  /** Where much of the target is at the same paths: reading it there is faster than inflating it. */
  readonly source?: Source | null;
  /** Gives a path on the same file system that nothing is at. */
  readonly temporary: () => string;
  /** The file system's clock at the start, in seconds. */
  readonly clock: number;
  readonly signal?: AbortSignal | undefined;
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
  readonly #permissionsAt: PermissionsAt | null;
  /** Whether files that keep their content may have to get other permission bits. */
  readonly #changesPermissions: boolean;
  readonly #remover: Remover;
  readonly #replacer: Replacer;
  #sizes: ReadonlyMap<string, number> = new Map();
  #links: LinkMaker | null = null;

  constructor(options: CheckoutOptions) {
    const { directory, current, head, permissions, temporary, signal } = options;
    this.#options = options;
    this.#slices = new Slices(signal);
    this.#permissionsAt = permissions && permissionsAt(permissions);
    this.#changesPermissions = permissions !== null &&
      !samePermissions(collectPermissions(current), permissions);
    this.#remover = new Remover(directory, head);
    this.#replacer = new Replacer(temporary);
  }

  /**
   * Finds out whether {@linkcode run} can do all of it; nothing is changed.
   *
   * @throws {StoreError} where an object is missing from the store.
   * @throws {PathError} where ignored files are in the way, or links cannot be made.
   */
  async check(): Promise<void> {
    const { linkTargets, sizes } = await checkCheckout(this.#options);
    this.#sizes = sizes;
    this.#links = await this.#prepareLinks(linkTargets);
  }

  /** Does it, and returns the state that the files then have. */
  async run(): Promise<DirectoryNode> {
    const { directory, current, target, rules, store, source = null, signal } = this.#options;
    // Without a check nothing is in the way, and nothing was told: then links are made one by one.
    using links = this.#links ?? await this.#prepareLinks([]);
    await using _ = this.#replacer;
    const maker = new FileMaker({ store, source, links, sizes: this.#sizes, signal });
    const place = { file: directory, path: "", isFree: false };
    return await this.#directory(maker, place, current, target, rules);
  }

  async #prepareLinks(targets: readonly string[]): Promise<LinkMaker> {
    const links = await prepareLinks(targets, this.#options.temporary());
    if (links !== null) return links;
    throw new PathError(`Cannot make the symbolic links of this tree: ${NO_LINKS}`, "/");
  }

  async #directory(
    maker: FileMaker,
    { file: directory, path, isFree }: Place,
    current: DirectoryNode | null,
    target: TreeView,
    outer: IgnoreRules | null,
  ): Promise<DirectoryNode> {
    const same = current?.tree === target.oid;
    if (same && (!this.#changesPermissions || isAbsent(current))) return current;
    const isNew = !same && open(directory, current, isFree);
    const entries = target.entries();
    const rules = outer && this.#withGitignore(outer, entries);
    const children = new Map<string, Node>();
    for (const [name, node] of current?.children ?? []) {
      if (entries.has(name)) continue;
      const rest = this.#remover.remove(`${path}/${name}`, name, node, rules);
      if (rest !== null) children.set(name, rest);
      if (this.#slices.due) await this.#slices.rest();
    }
    for (const [name, entry] of entries) {
      const known = current?.children.get(name) ?? null;
      const place = { file: `${directory}/${name}`, path: `${path}/${name}`, isFree: isNew };
      if (entry.view === null) {
        const node = this.#asIs(place, known, entry) ?? this.#entry(maker, place, known, entry);
        children.set(name, node instanceof Promise ? await node : node);
      } else {
        const node = known?.kind === "directory" ? known : null;
        const inner = rules === null || rules.ignores(name, true) ? null : rules.enter(name, null);
        children.set(name, await this.#directory(maker, place, node, entry.view, inner));
      }
      if (this.#slices.due) await this.#slices.rest();
    }
    return nextDirectoryNode(current, this.#close(directory, path, current), children);
  }

  /** Gives a directory its permission bits, when all in it is done; returns them. */
  #close(directory: string, path: string, current: DirectoryNode | null): number {
    const wanted = this.#permissionsAt === null
      ? current?.permissions ?? null
      : this.#permissionsAt(path || "/", MODE.directory);
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

  /** A file that keeps its content, with the permission bits that it is to have; else `null`. */
  #asIs({ file, path }: Place, known: Node | null, entry: TreeViewEntry): FileNode | null {
    if (!isAsIs(known, entry)) return null;
    if (known.permissions === null || entry.mode === MODE.symlink) return known;
    const bits = this.#permissionsAt?.(path, entry.mode) ??
      withExecutable(known.permissions, entry.mode);
    if (bits === known.permissions) return known;
    // Where the file has other names, which are not ours to change, a new one takes its place.
    if (lstat(file)?.nlink !== 1) return null;
    chmod(file, bits);
    return { ...known, mode: entry.mode, permissions: bits, trusted: false };
  }

  #entry(
    maker: FileMaker,
    { file, path, isFree }: Place,
    known: Node | null,
    entry: TreeViewEntry,
  ): FileNode | Promise<FileNode> {
    if (known?.kind === "directory") {
      // What is in the way goes whatever the rules say: the undo point holds it.
      this.#remover.remove(path, nameOf(path), known, IgnoreRules.none);
    }
    if (entry.mode === MODE.submodule) return makeSubmodule(file, entry);
    const permissions = this.#permissionsAt?.(path, entry.mode) ?? null;
    const make = () => maker.make({ file, path, entry, permissions });
    // In a new directory nothing can be there.
    const made = isFree ? make() : this.#replacer.replace(file, known, make);
    const node = (stat: FileStat) => fileNode(stat, entry.oid, this.#options.clock);
    return made instanceof Promise ? made.then(node) : node(made);
  }
}

/** Makes sure that a directory is there and can be written to; tells whether it is a new one. */
function open(directory: string, current: DirectoryNode | null, isFree: boolean): boolean {
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

function makeSubmodule(file: string, { mode, oid }: TreeViewEntry): FileNode {
  if (lstat(file)?.isDirectory !== true) {
    removeFile(file);
    makeDirectory(file);
  }
  return absentFile(mode, oid);
}

/** The permission bits, executable by those who may read where `mode` is git's executable one. */
function withExecutable(permissions: number, mode: number): number {
  return mode === MODE.executable ? permissions | (permissions & 0o444) >> 2 : permissions & ~0o111;
}

/** Whether a directory's files are all left out by a sparse checkout. */
function isAbsent(node: DirectoryNode): boolean {
  return node.children.size > 0 &&
    [...node.children.values()].every((child) =>
      child.kind === "directory" ? isAbsent(child) : child.permissions === null &&
        child.mode !== MODE.submodule
    );
}
