/**
 * The base as a commit: where a workspace starts.
 *
 * That is the base's last commit; where its files differ from that, or it is no repository, one commit
 * on top that holds the files as they are on disk. The base's index decides what a file is: an entry
 * whose stat data is that of the file, or that a sparse checkout leaves out, keeps its object id, so
 * no filter of git's (line ends, LFS) is run or undone.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { StoreError } from "../errors.ts";
import { readCommit, treeOf } from "../git/commit.ts";
import { parseIndex } from "../git/index_file.ts";
import { writeCommit } from "../git/isomorphic.ts";
import { readHead } from "../git/repository.ts";
import { finish } from "../git/steps.ts";
import type { ObjectStore, ObjectWriter } from "../git/store.ts";
import { lstat, readFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { ownSignature } from "../registry/signature.ts";
import { FileChanged } from "./content.ts";
import { type IndexedState, indexedState } from "./git_index.ts";
import { rootRules } from "./rules.ts";
import { saveState } from "./save.ts";
import { type Scan, scan } from "./scan.ts";
import { readStatCache, reliable, writeStatCache } from "./stat_cache.ts";
import {
  absentPart,
  type DirectoryNode,
  emptyTree,
  type FileNode,
  stateTree,
  storedTree,
  type TreeView,
} from "./state.ts";

/** The base as it is now. */
export interface ImportedBase {
  /** A commit that a ref holds. */
  readonly commit: string;
  /** The base's files. */
  readonly root: DirectoryNode;
  /** The paths of it that a sparse checkout leaves out. */
  readonly sparse: DirectoryNode | null;
  readonly skipped: Skipped[];
}

const ATTEMPTS = 5;

/**
 * Finds the commit that a new workspace starts from, and makes it where there is none.
 *
 * @throws {StoreError} where the base cannot be read, or keeps changing meanwhile.
 */
export async function importBase(base: OpenBase, signal?: AbortSignal): Promise<ImportedBase> {
  for (let attempt = 1;; attempt++) {
    using importer = new BaseImporter(base, signal);
    try {
      return await importer.run();
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error;
      if (attempt === ATTEMPTS) {
        const path = base.layout.base;
        throw new StoreError(`Cannot take the base ${path}: its files keep changing`, {
          cause: error,
        });
      }
    }
  }
}

class BaseImporter implements Disposable {
  readonly #base: OpenBase;
  readonly #signal: AbortSignal | undefined;
  readonly #writer: ObjectWriter;
  /** The objects of the base's repository; `null` where there is none. */
  readonly #source: ObjectStore | null;

  constructor(base: OpenBase, signal: AbortSignal | undefined) {
    this.#base = base;
    this.#signal = signal;
    this.#writer = base.objects.writer();
    this.#source = base.repository === null ? null : base.openOwnersObjects() ?? base.objects;
  }

  async run(): Promise<ImportedBase> {
    const slices = new Slices(this.#signal);
    const indexed = await this.#readIndex(slices);
    const found = await this.#scan(indexed, slices);
    const commit = await this.#commit(found);
    const sparse = indexed?.absent ? absentPart(found.root) : null;
    return { commit, root: found.root, sparse, skipped: found.skipped };
  }

  [Symbol.dispose](): void {
    this.#writer.abort();
    if (this.#source !== this.#base.objects) this.#source?.[Symbol.dispose]();
  }

  /** What git's index says of the base; `null` where the base is no repository. */
  async #readIndex(slices: Slices): Promise<IndexedState | null> {
    const { repository } = this.#base;
    if (repository === null || this.#source === null) return null;
    const path = `${repository.gitDirectory}/index`;
    const bytes = readFile(path);
    const written = lstat(path)?.mtime ?? 0;
    const entries = bytes === null ? [] : parseIndex(bytes);
    const isSparse = repository.config.getBoolean("core.sparseCheckout") === true;
    if (slices.due) await slices.rest();
    return await finish(indexedState(entries, this.#source, { written, isSparse }), slices);
  }

  async #scan(indexed: IndexedState | null, slices: Slices): Promise<Scan> {
    const { layout, session } = this.#base;
    const clock = session.clock();
    const cache = layout.statCache("@base");
    const cached = indexed === null ? await finish(readStatCache(cache), slices) : null;
    const previous = indexed?.root ?? (cached && reliable(cached, clock));
    const found = await scan(layout.base, {
      previous,
      clock,
      rules: rootRules(this.#base),
      head: indexed === null ? emptyTree : stateTree(indexed.root, "files"),
      sparse: indexed?.absent ? stateTree(indexed.absent, "all") : null,
      omit: new Set([layout.dataDirectory, layout.commonDirectory]),
      isStored: (oid) => (this.#source ?? this.#base.objects).has(oid),
      save: (content) => this.#writer.write("blob", content),
      ...(indexed === null ? {} : { kept: indexed.kept }),
      keepKnown: (known) => this.#isConverted(known),
      signal: this.#signal,
    });
    if (indexed === null) {
      const state = { root: found.root, clock };
      await finish(writeStatCache(cache, state, session.storeTemporary()), slices);
    }
    return found;
  }

  /**
   * Whether the index entry is of a file that one of git's filters made: then the size that git saw on
   * disk is not that of the object. Its content says nothing, and the index called it clean.
   */
  #isConverted(known: FileNode): boolean {
    const size = this.#source?.header(known.oid)?.size;
    return size !== undefined && known.size !== 0 && size !== known.size;
  }

  async #commit(found: Scan): Promise<string> {
    const { objects, refs, ownsStore, repository } = this.#base;
    const head = ownsStore || repository === null ? null : readHead(repository.gitDirectory).oid;
    const tree = stateTree(found.root, "files").oid;
    if (head !== null && treeOf(objects, head) === tree) return head;
    const ref = refNames.base(worktreeName(repository?.gitDirectory));
    const last = refs.read(ref);
    if (last !== null && treeOf(objects, last) === tree && this.#isOn(last, head)) {
      return last;
    }
    const held = [head, last].flatMap((oid) =>
      oid === null ? [] : [storedTree(objects, treeOf(objects, oid))]
    );
    await this.#save(found.root, held);
    const parent = head ?? last;
    const commit = await writeCommit(this.#writer, {
      tree,
      parents: parent === null ? [] : [parent],
      message: "The base as it is on disk\n",
      author: ownSignature(),
      committer: ownSignature(),
    });
    await this.#writer.finish();
    try {
      refs.update(ref, commit, last);
    } catch (error) {
      // Another workspace has been made meanwhile: nothing may hold any longer what `last` held.
      throw refs.read(ref) === last ? error : new FileChanged();
    }
    this.#writer.release();
    return commit;
  }

  /** Whether a commit of ours stands on the base's last commit. */
  #isOn(commit: string, head: string | null): boolean {
    return head === null || readCommit(this.#base.objects, commit).parents[0] === head;
  }

  async #save(root: DirectoryNode, held: TreeView[]): Promise<void> {
    await saveState(root, {
      directory: this.#base.layout.base,
      flavour: "files",
      held,
      source: this.#source ?? this.#base.objects,
      writer: this.#writer,
      signal: this.#signal,
    });
  }
}

/** Tells the worktrees of one repository apart, which share a store. */
function worktreeName(gitDirectory: string | undefined): string {
  const name = /\/worktrees\/([^/]+)$/.exec(gitDirectory ?? "")?.[1];
  return name === undefined ? "main" : `worktrees/${name}`;
}
