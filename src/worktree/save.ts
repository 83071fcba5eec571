/**
 * Writes a state into the git store: the objects that no ref of ours is known to hold.
 *
 * That an object is in the store already is no reason to leave it out: if nothing refers to it, the
 * owner's `git gc --prune=now` may be about to delete it. What the held trees contain stays.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import type { ObjectStore, ObjectWriter } from "../git/store.ts";
import { MODE, serializeTree } from "../git/tree.ts";
import { lstat } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { FileChanged, linkContent, readPieces, readSmall, SMALL_FILE } from "./content.ts";
import {
  type DirectoryNode,
  type FileNode,
  type Flavour,
  treeEntries,
  type TreeView,
} from "./state.ts";

/** What is written, and where from. */
export interface SaveOptions {
  /** The directory that the state was scanned from; its files are read where they must be. */
  readonly directory: string;
  readonly flavour: Flavour;
  /** Trees that refs hold for as long as this takes. */
  readonly held: readonly TreeView[];
  /** Where an object is copied from when the file on disk is not it, as after a filter of git's. */
  readonly source?: ObjectStore | undefined;
  readonly writer: ObjectWriter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes what is missing of a state and returns the id of its tree.
 *
 * @throws {FileChanged} where a file is not as the state says any more: scan again.
 */
export async function saveState(root: DirectoryNode, options: SaveOptions): Promise<string> {
  return await new Saver(options).save(root);
}

class Saver {
  readonly #options: SaveOptions;
  readonly #slices: Slices;

  constructor(options: SaveOptions) {
    this.#options = options;
    this.#slices = new Slices(options.signal);
  }

  async save(root: DirectoryNode): Promise<string> {
    return await this.#directory(root, this.#options.directory, this.#options.held);
  }

  async #directory(
    node: DirectoryNode,
    path: string,
    held: readonly TreeView[],
  ): Promise<string> {
    const { writer, flavour } = this.#options;
    const oid = flavour === "all" ? node.tree : node.filesTree;
    if (oid !== null && held.some((tree) => tree.oid === oid)) return oid;
    const heldEntries = held.map((tree) => tree.entries());
    for (const [name, child] of node.children) {
      const known = heldEntries.flatMap((entries) => entries.get(name) ?? []);
      if (child.kind === "directory") {
        if (flavour === "files" && child.filesTree === null) continue;
        await this.#directory(child, `${path}/${name}`, known.flatMap(({ view }) => view ?? []));
      } else if (child.permissions !== null && !known.some(({ oid }) => oid === child.oid)) {
        if (!writer.has(child.oid)) await this.#file(child, `${path}/${name}`);
      }
      if (this.#slices.due) await this.#slices.rest();
    }
    return writer.write("tree", serializeTree(treeEntries(node.children, flavour)));
  }

  async #file(node: FileNode, path: string): Promise<void> {
    const { source, writer } = this.#options;
    if (source?.header(node.oid) != null) return await copyObject(source, node.oid, writer);
    const written = await this.#write(node, path);
    if (written !== node.oid) throw new FileChanged();
  }

  async #write(node: FileNode, path: string): Promise<string> {
    const { writer } = this.#options;
    const stat = lstat(path);
    const isLink = node.mode === MODE.symlink;
    if (stat === null || stat.isSymlink !== isLink || stat.isFile === isLink) {
      throw new FileChanged();
    }
    if (stat.isSymlink) return writer.write("blob", linkContent(path));
    if (stat.size <= SMALL_FILE) return writer.write("blob", readSmall(path, stat));
    try {
      return await writer.writeStream("blob", stat.size, readPieces(path, stat, this.#slices));
    } catch (error) {
      // The number of bytes was not the one that was announced.
      if (error instanceof StoreError && lstat(path)?.size !== stat.size) throw new FileChanged();
      throw error;
    }
  }
}

/** Writes a tree of another store, with all in it. */
export async function saveStoredTree(
  tree: string,
  { source, writer, signal }: {
    source: ObjectStore;
    writer: ObjectWriter;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const slices = new Slices(signal);
  const save = async (tree: string): Promise<void> => {
    for (const { mode, oid } of source.readTree(tree)) {
      if (writer.has(oid) || mode === MODE.submodule) continue;
      if (mode === MODE.directory) await save(oid);
      else await copyObject(source, oid, writer);
      if (slices.due) await slices.rest();
    }
    writer.write("tree", source.read(tree).data);
  };
  await save(tree);
}

async function copyObject(source: ObjectStore, oid: string, writer: ObjectWriter): Promise<void> {
  const { type, size } = source.header(oid) ?? { type: "blob", size: 0 };
  if (size <= SMALL_FILE) writer.write(type, source.read(oid).data);
  else await writer.writeStream(type, size, source.readChunks(oid));
}
