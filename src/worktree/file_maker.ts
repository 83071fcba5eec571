/**
 * Making the files and links of a tree, each at a path where nothing is.
 *
 * A small file takes no promise: tens of thousands of them would cost more than what is in them.
 *
 * @module
 */

import { PathError, StoreError } from "../errors.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { chmod, type FileStat, lstat, OpenFile } from "../platform/fs.ts";
import type { LinkMaker } from "../platform/links.ts";
import { Slices } from "../platform/slices.ts";
import { readIfSame, SMALL_FILE } from "./content.ts";
import { type DirectoryNode, nodeAt, type TreeViewEntry } from "./state.ts";

/** A directory whose files are known. */
export interface Source {
  /** Its absolute path. */
  readonly directory: string;
  /** What a scan found there. */
  readonly root: DirectoryNode;
}

/** Where files come from. */
export interface FileMakerOptions {
  readonly store: ObjectStore;
  /** Where much is at the same paths: reading it there is faster than inflating it. */
  readonly source: Source | null;
  readonly links: LinkMaker;
  /** How large objects are, by id, as far as that has been looked up. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly signal: AbortSignal | undefined;
}

/** What is to be made. */
export interface NewFile {
  /** The absolute path that it is made at. */
  readonly file: string;
  /** The path that it is to have in the workspace. */
  readonly path: string;
  readonly entry: TreeViewEntry;
  /** The permission bits; `null`: what the umask gives. */
  readonly permissions: number | null;
}

/** Makes files and links. */
export class FileMaker {
  readonly #options: FileMakerOptions;

  constructor(options: FileMakerOptions) {
    this.#options = options;
  }

  /** Makes a file or a link; returns what it then is. */
  make(wanted: NewFile): FileStat | Promise<FileStat> {
    const { file, path, entry: { mode, oid } } = wanted;
    if (mode === MODE.symlink) return this.#link(file, path, oid);
    const content = this.#readSmall(path, oid);
    const output = open(wanted);
    if (content === null) return this.#large(output, wanted);
    using _ = output;
    output.write(content);
    return finish(output, wanted);
  }

  #link(file: string, path: string, oid: string): FileStat {
    const { links, store } = this.#options;
    links.make(linkTarget(store, path, oid), file);
    const made = lstat(file);
    if (made !== null) return made;
    throw new StoreError(`Cannot restore the link ${path}: it vanished when it was made`);
  }

  /** The content of a small file; `null` of a large one. */
  #readSmall(path: string, oid: string): Uint8Array | null {
    const { store, sizes } = this.#options;
    const remembered = store.remembered(oid);
    if (remembered !== undefined) return remembered.data;
    const copy = this.#readFromSource(path, oid);
    if (copy !== null) {
      // The next workspace is made from the same base.
      store.remember(oid, { type: "blob", data: copy.slice() });
      return copy;
    }
    const size = sizes.get(oid) ?? store.header(oid)?.size ?? 0;
    return size <= SMALL_FILE ? store.read(oid).data : null;
  }

  /** The content of a small file if the source has it at this path; else `null`. */
  #readFromSource(path: string, oid: string): Uint8Array | null {
    const { source } = this.#options;
    if (source === null) return null;
    const known = nodeAt(source.root, path.slice(1).split("/"));
    const isCopy = known?.kind === "file" && known.oid === oid && known.size <= SMALL_FILE;
    return isCopy ? readIfSame(source.directory + path, known.size, oid) : null;
  }

  async #large(output: OpenFile, wanted: NewFile): Promise<FileStat> {
    const { store, signal } = this.#options;
    const slices = new Slices(signal);
    using _ = output;
    for await (const chunk of store.readChunks(wanted.entry.oid)) {
      output.write(chunk);
      if (slices.due) await slices.rest();
    }
    return finish(output, wanted);
  }
}

function open({ file, entry }: NewFile): OpenFile {
  const mode = entry.mode === MODE.executable ? 0o777 : 0o666;
  return new OpenFile(file, { write: true, createNew: true, mode });
}

/** Gives a file that is written the permission bits that it is to have. */
function finish(output: OpenFile, { file, permissions }: NewFile): FileStat {
  const stat = output.stat();
  if (permissions === null || (stat.mode & 0o7777) === permissions) return stat;
  chmod(file, permissions);
  return output.stat();
}

/**
 * The target of a link of the store.
 *
 * @throws {PathError} where Deno cannot make such a link.
 */
export function linkTarget(store: ObjectStore, path: string, oid: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(store.read(oid).data);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const rule = "its target is not UTF-8, which Deno cannot make a link of";
    throw new PathError(`Cannot restore the link ${path}: ${rule}`, path, { cause });
  }
}
