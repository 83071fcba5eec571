/**
 * One pass over a directory tree that finds its state.
 *
 * The cost follows the change: ignored directories are pruned before they are entered, a file whose
 * stat data is that of the state before is not read, and a directory in which nothing changed is the
 * very same node as before.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { StoreError } from "../errors.ts";
import { isGitName } from "../paths.ts";
import {
  type DirectoryEntry,
  type FileStat,
  lstat,
  lstatEach,
  readDirectory,
  readFile,
} from "../platform/fs.ts";
import { hashObject } from "../git/object.ts";
import { MODE } from "../git/tree.ts";
import { Slices } from "../platform/slices.ts";
import { readFileWarily } from "../platform/wary_file.ts";
import { FileChanged, hashLarge, isSmall, smallContent } from "./content.ts";
import { fileNode, sameStat, whyUnfit } from "./file_node.ts";
import { Findings } from "./findings.ts";
import type { IgnoreRules } from "./ignore.ts";
import { addAbsent, headBelow, type Place, standInForDirectory, standInForFile } from "./place.ts";
import {
  absentFile,
  type DirectoryNode,
  type FileNode,
  nextDirectoryNode,
  type Node,
  type TreeView,
} from "./state.ts";
import { isTemporaryName } from "./temporary_name.ts";

/** How a tree is scanned. */
export interface ScanOptions {
  /** The state before; its files are not read again where their stat data is believed. */
  readonly previous: DirectoryNode | null;
  /** The file system's clock when the scan starts, in seconds. */
  readonly clock: number;
  /** The ignore rules that hold at the root, without those of the root's own `.gitignore`. */
  readonly rules: IgnoreRules;
  /** What is tracked: an ignored path that is in here is not ignored. */
  readonly head: TreeView;
  /**
   * Whether a path, without a leading slash, is tracked; one that ends in a slash, whether anything
   * in that directory is. `null`: as `head` has it.
   */
  readonly tracked?: (path: string) => Promise<boolean | null>;
  /** Paths that count as there, with what `head` has for them, when they are not on disk. */
  readonly sparse?: TreeView | null;
  /** Whether ignored files belong to the state. */
  readonly ignored?: boolean;
  /** Whether commands may be changing the tree meanwhile, so that any file may turn into a FIFO. */
  readonly wary?: boolean;
  /** Directories never entered: absolute paths. */
  readonly omit?: ReadonlySet<string>;
  /** Whether the store has an object. Given where the state is to be saved, which needs all of them. */
  readonly isStored?: (oid: string) => boolean;
  /** Stores the content of a small file that is new or changed, and returns its id; the array is used again. */
  readonly save?: (content: Uint8Array) => string;
  /** Files of the state before that count as unchanged, whatever is on disk. */
  readonly kept?: ReadonlySet<FileNode>;
  /** Decides on a file with equal but unbelieved stat data whose content has another id. */
  readonly keepKnown?: (known: FileNode) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What a scan found. */
export interface Scan {
  readonly root: DirectoryNode;
  /** What git or Deno cannot hold. */
  readonly skipped: Skipped[];
  /** Those of the skipped paths that could not be read: the state has what they were, if anything. */
  readonly unread: string[];
  /** Ignored paths; a directory ends in `/` and stands for all below it. */
  readonly ignored: string[];
  /** How many files were read. */
  readonly hashed: number;
}

/**
 * Finds the state of the tree at `directory`, an absolute path.
 *
 * @throws {StoreError} where the directory or its ignore rules cannot be read.
 */
export async function scan(directory: string, options: ScanOptions): Promise<Scan> {
  return await new Scanner(options).scan(directory);
}

/** So many files are looked at in a few milliseconds. */
const LOOKS_AT_ONCE = 1024;

class Scanner {
  readonly #options: ScanOptions;
  readonly #slices: Slices;
  readonly #findings: Findings;
  #hashed = 0;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#slices = new Slices(options.signal);
    this.#findings = new Findings(options.signal);
  }

  async scan(directory: string): Promise<Scan> {
    const { previous, head, rules, sparse = null } = this.#options;
    const place = { directory, path: "", previous, head, sparse, rules };
    const root = await this.#directory(place);
    if (root === null) throw new StoreError(`Cannot scan ${directory}: it is not a directory`);
    const { skipped, unread, ignored } = this.#findings;
    return { root, skipped, unread, ignored: ignored.sort(), hashed: this.#hashed };
  }

  /** The state of one directory; `null` where it is gone, or holds nothing tracked and is ignored. */
  async #directory(place: Place): Promise<DirectoryNode | null> {
    const { directory, path, previous } = place;
    const stat = this.#findings.attempt(path, () => lstat(directory));
    if (stat === undefined) return standInForDirectory(place, this.#options.isStored);
    if (stat === null || !stat.isDirectory) return null;
    const listing = this.#findings.attempt(path, () => readDirectory(directory));
    if (listing === undefined) return standInForDirectory(place, this.#options.isStored);
    if (listing === null) return null;
    const rules = place.rules && this.#ownRules(place, listing);
    const here = { ...place, rules };
    const children = new Map<string, Node>();
    for (let at = 0; at < listing.length; at += LOOKS_AT_ONCE) {
      const entries = listing.slice(at, at + LOOKS_AT_ONCE);
      const unchanged = this.#unchanged(here, entries);
      for (const entry of entries) {
        const node = unchanged.get(entry.name) ?? await this.#entry(here, entry, children);
        if (node !== null) children.set(entry.name, node);
        if (this.#slices.due) await this.#slices.rest();
      }
    }
    addAbsent(place, children);
    if (rules === null && children.size === 0) return null;
    return nextDirectoryNode(previous, stat.mode & 0o7777, children);
  }

  /** The rules in force in a directory, with those of its own `.gitignore`. */
  #ownRules({ directory, rules }: Place, listing: DirectoryEntry[]): IgnoreRules | null {
    if (rules === null || this.#options.ignored) return rules;
    // Git does not follow a link here.
    if (!hasGitignore(listing)) return rules;
    try {
      const text = this.#options.wary
        ? readFileWarily(`${directory}/.gitignore`)
        : readFile(`${directory}/.gitignore`);
      return text === null ? rules : rules.withGitignore(new TextDecoder().decode(text));
    } catch (cause) {
      const message = `Cannot tell what is ignored: ${directory}/.gitignore cannot be read`;
      throw new StoreError(message, { cause });
    }
  }

  /**
   * The nodes of the files that have the content they had before, by name: the way of nearly all files,
   * so it is a short one. What is not in it goes the long way, which tells why.
   */
  #unchanged(place: Place, entries: readonly DirectoryEntry[]): ReadonlyMap<string, FileNode> {
    const found = new Map<string, FileNode>();
    const names: string[] = [];
    const nodes: FileNode[] = [];
    for (const { name } of entries) {
      const before = place.previous?.children.get(name);
      if (before?.kind !== "file" || !this.#isBelieved(place, name, before)) continue;
      names.push(name);
      nodes.push(before);
    }
    if (names.length === 0) return found;
    for (const [index, stat] of lstatEach(place.directory, names).entries()) {
      const before = nodes[index]!;
      if (stat === null || !sameStat(before, stat)) continue;
      found.set(names[index]!, withPermissions(before, stat));
    }
    return found;
  }

  /** Whether a file of the state before is in this one, too, if it looks the same. */
  #isBelieved({ path, rules }: Place, name: string, { trusted, mode }: FileNode): boolean {
    if (!trusted || mode === MODE.symlink) return false;
    if (isGitName(name) || name.includes("\ufffd")) return false;
    if (path === "" && isTemporaryName(name)) return false;
    return this.#options.ignored || (rules !== null && !rules.ignores(name, false));
  }

  async #entry(
    place: Place,
    entry: DirectoryEntry,
    siblings: ReadonlyMap<string, Node>,
  ): Promise<Node | null> {
    const { name, isDirectory } = entry;
    const path = `${place.path}/${name}`;
    if (isGitName(name)) {
      if (path !== "/.git") {
        this.#findings.skip(
          path,
          name === ".git"
            ? "a nested repository is stored as plain files, without its .git"
            : "git cannot hold a path of this name",
        );
      }
      return null;
    }
    if (place.path === "" && isTemporaryName(name)) return null;
    const absolute = `${place.directory}/${name}`;
    if (isDirectory && this.#options.omit?.has(absolute)) return null;
    const ignored = this.#isIgnored(place, name, isDirectory);
    if (ignored && !await this.#isTracked(place, entry)) {
      this.#findings.ignored.push(isDirectory ? `${path}/` : path);
      return null;
    }
    // Deno shows U+FFFD for what is not UTF-8 in a name, and then cannot find the file.
    if (name.includes("\ufffd") && (siblings.has(name) || lstat(absolute) === null)) {
      this.#findings.skip(path, "its name is not UTF-8");
      return null;
    }
    const known = place.previous?.children.get(name);
    if (!isDirectory) {
      const before = known?.kind === "file" ? known : null;
      const file = await this.#file(absolute, path, before);
      if (file !== undefined) return file;
      return standInForFile(place, name, before, this.#options.isStored);
    }
    const head = headBelow(place, name);
    if (head.submodule !== null) return this.#submodule(absolute, path, head.submodule);
    return await this.#directory({
      directory: absolute,
      path,
      previous: known?.kind === "directory" ? known : null,
      head: head.view,
      sparse: place.sparse?.entries().get(name)?.view ?? null,
      rules: ignored || place.rules === null ? null : place.rules.enter(name, null),
    });
  }

  #isIgnored({ rules }: Place, name: string, isDirectory: boolean): boolean {
    if (this.#options.ignored) return false;
    return rules === null || rules.ignores(name, isDirectory);
  }

  /** A file is not tracked because a directory of its name was, nor the reverse. */
  async #isTracked(
    { path, head }: Place,
    { name, isDirectory }: DirectoryEntry,
  ): Promise<boolean> {
    const asked = `${path}/${name}`.slice(1);
    const said = await this.#options.tracked?.(isDirectory ? `${asked}/` : asked) ?? null;
    if (said !== null) return said;
    const mode = head?.entries().get(name)?.mode;
    return mode !== undefined &&
      isDirectory === (mode === MODE.directory || mode === MODE.submodule);
  }

  #submodule(absolute: string, path: string, oid: string): FileNode {
    const filled = (this.#findings.attempt(path, () => readDirectory(absolute)) ?? []).length > 0;
    this.#findings.skip(
      path,
      `a submodule, kept at its commit${filled ? "; its files are not stored" : ""}`,
    );
    return absentFile(MODE.submodule, oid);
  }

  /** The node of a file; `null` where there is none, `undefined` where it cannot be read. */
  async #file(
    absolute: string,
    path: string,
    before: FileNode | null,
  ): Promise<FileNode | null | undefined> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const stat = this.#findings.attempt(path, () => lstat(absolute));
      if (stat === undefined) return undefined;
      if (stat === null || stat.isDirectory) return null;
      const reason = whyUnfit(path, stat);
      if (reason !== null) {
        this.#findings.skip(path, reason);
        return null;
      }
      const same = before !== null && sameStat(before, stat);
      if (before !== null && (same && before.trusted || this.#options.kept?.has(before))) {
        return withPermissions(before, stat);
      }
      try {
        return await this.#hash(absolute, stat, before, same);
      } catch (error) {
        if (error instanceof FileChanged) continue;
        this.#findings.skipUnreadable(path, error);
        return undefined;
      }
    }
    this.#findings.skipUnread(path, "it kept changing while it was read");
    return undefined;
  }

  async #hash(
    absolute: string,
    stat: FileStat,
    known: FileNode | null,
    sameAsKnown: boolean,
  ): Promise<FileNode> {
    this.#hashed++;
    const { clock, keepKnown, save, wary } = this.#options;
    // From here to the end nothing may wait: another scan would use the array again.
    const content = isSmall(stat) ? smallContent(absolute, stat, wary) : null;
    if (content !== null && known === null && save) return fileNode(stat, save(content), clock);
    const oid = content === null
      ? await hashLarge(absolute, stat, this.#slices, wary)
      : hashObject("blob", content);
    const isKept = known !== null && known.oid !== oid && sameAsKnown && keepKnown?.(known);
    if (content !== null && known?.oid !== oid && !isKept) save?.(content);
    return fileNode(stat, isKept ? known.oid : oid, clock);
  }
}

function withPermissions(node: FileNode, { mode }: FileStat): FileNode {
  const permissions = mode & 0o7777;
  return node.permissions === permissions ? node : { ...node, permissions };
}

function hasGitignore(listing: readonly DirectoryEntry[]): boolean {
  for (const entry of listing) {
    if (entry.name === ".gitignore") return entry.isFile;
  }
  return false;
}
