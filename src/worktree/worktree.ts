/**
 * One workspace on disk: its files, the state they were last seen in, its HEAD and its locks. The
 * rooms above work on this.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { ClosedError, FileNotFoundError, StoreError } from "../errors.ts";
import { treeOf } from "../git/commit.ts";
import { readHead } from "../git/repository.ts";
import type { Staged } from "../git/publication.ts";
import { finish, type Steps } from "../git/steps.ts";
import type { ObjectWriter } from "../git/store.ts";
import { storeFailure } from "../platform/failure.ts";
import { type FileStat, lstat, readFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { writeAdmin } from "../registry/admin.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { readRecord, type WorkspaceRecord } from "../registry/record.ts";
import { FileChanged } from "./content.ts";
import { mayBeSparseInside } from "./inside_note.ts";
import { KnownState } from "./known_state.ts";
import { attempt, cannot } from "./path_failure.ts";
import { Readers } from "./readers.ts";
import { rootRules } from "./rules.ts";
import { saveState } from "./save.ts";
import { type Scan, scan, type ScanOptions } from "./scan.ts";
import {
  absentDirectory,
  type DirectoryNode,
  emptyState,
  entryAt,
  type Flavour,
  storedTree,
  type TreeView,
} from "./state.ts";
import { WorktreeIndex } from "./worktree_index.ts";

/** How the files are looked at. */
export interface LookOptions {
  /** Whether ignored files count too. */
  readonly ignored?: boolean | undefined;
  /** Paths in these trees count even where they are ignored. */
  readonly also?: readonly TreeView[];
  readonly signal?: AbortSignal | undefined;
}

/** A state that is in the store, in a pack that is kept until its writer is released. */
export interface Capture {
  readonly root: DirectoryNode;
  readonly tree: string;
  readonly skipped: Skipped[];
  /** Paths of which the state has what was known before, if anything. */
  readonly unread: string[];
  readonly writer: ObjectWriter;
}

const CAPTURE_ATTEMPTS = 5;

/** The live side of a workspace. */
export class Worktree {
  readonly base: OpenBase;
  readonly record: WorkspaceRecord;
  /** The absolute path of the files. */
  readonly directory: string;
  /** This process's calls that look at the files. */
  readonly readers: Readers = new Readers();
  /**
   * The content of a file at a path of the workspace. Whoever lets commands run here replaces this by a
   * way in which none of them can lead the reader out of the workspace.
   *
   * @throws {PathError} where no file can be read there.
   */
  readContent: (path: string) => Promise<Uint8Array> = (path) => {
    const read = () => readFile(`${this.directory}${path}`);
    return Promise.try(() => {
      const content = attempt("read", path, read);
      if (content !== null) return content;
      throw new FileNotFoundError(cannot("read", path, "nothing is there"), path);
    });
  };
  /**
   * Writes what is to be published along with each snapshot and commit, if anything. Whoever keeps a log
   * of the workspace replaces this. None of it fails.
   */
  keepAlong: (writer: ObjectWriter) => Staged | null = () => null;
  readonly #known: KnownState;
  #scanning: Promise<unknown> = Promise.resolve();
  /** The ref that is known to hold most of the files' objects, and the tree of its commit. */
  #held: { ref: string; oid: string; tree: TreeView } | null = null;
  #closed: string | null = null;

  /** 1 while somebody has the workspace alone, so that no command runs; else 0. */
  #alone = 0;

  /** The file of the record, as it was when it was last found to be this workspace's. */
  #recordStat: FileStat | null = null;
  readonly #index: WorktreeIndex;
  readonly #recover: () => Promise<void>;

  /** `recover` finishes what the journal says, with the workspace held. */
  constructor(
    base: OpenBase,
    record: WorkspaceRecord,
    recover: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.base = base;
    this.record = record;
    this.directory = record.path;
    this.#known = new KnownState(base, record);
    this.#index = new WorktreeIndex(this.gitDirectory, base.objects);
    this.#recover = recover;
  }

  get name(): string {
    return this.record.name;
  }

  /** Git's own directory for this worktree. */
  get gitDirectory(): string {
    return this.base.layout.admin(this.name);
  }

  /** Ends the use of this workspace; `why` goes into the errors. */
  close(why: string): void {
    if (this.#closed !== null) return;
    this.#closed = why;
    this.base.closeWriterLock(this.name);
  }

  /** Keeps what is known of the files for the next opening. */
  async save(): Promise<void> {
    await this.#known.save();
  }

  /** Whether it can be used. */
  get isOpen(): boolean {
    return this.#closed === null;
  }

  /** @throws {ClosedError} after {@linkcode close}. */
  requireOpen(): void {
    if (this.#closed !== null) {
      throw new ClosedError(`Cannot use workspace "${this.name}": ${this.#closed}`);
    }
    this.base.requireOpen();
  }

  /**
   * Keeps the base open while the workspace is looked at, until it is disposed of.
   *
   * @throws {ClosedError} after {@linkcode close}, and where another process has deleted it.
   */
  use(): Disposable {
    this.#requireRecord();
    return this.base.use();
  }

  /** The same for who looks at the files, while no batch is half done. */
  async useFiles(): Promise<Disposable> {
    while (this.readers.barred !== null) await this.readers.barred;
    using used = new DisposableStack();
    used.use(this.use());
    this.readers.begin();
    used.defer(() => this.readers.end());
    return used.move();
  }

  /** @throws {ClosedError} also where another process has deleted the workspace. */
  #requireRecord(): void {
    this.requireOpen();
    const stat = lstat(this.base.layout.record(this.name));
    if (stat !== null && this.#recordStat !== null && isSame(stat, this.#recordStat)) return;
    if (readRecord(this.base, this.name)?.id === this.record.id) {
      this.#recordStat = stat;
      return;
    }
    this.close("it was deleted");
    this.requireOpen();
  }

  /** @throws {StoreError} where the files' directory is gone from disk. */
  requireDirectory(): void {
    if (lstat(this.directory)?.isDirectory) return;
    this.#requireRecord();
    throw new StoreError(
      `Cannot use the files of workspace "${this.name}": ${this.directory} was deleted on disk; ` +
        "its commits and snapshots are kept, snapshot.restore() brings the files back",
    );
  }

  /** The lock for one change of files or refs. */
  async holdWriter(purpose: string, signal?: AbortSignal): Promise<Disposable> {
    this.requireOpen();
    return await this.#enter(await this.base.lockWriter(this.name, purpose, signal));
  }

  /** The lock for a change of the whole tree: no command runs and nobody writes meanwhile. */
  async holdAll(purpose: string, signal?: AbortSignal): Promise<Disposable> {
    this.requireOpen();
    const locks = new DisposableStack();
    try {
      const exclusive = { exclusive: true, signal };
      locks.use(await this.base.lockCommands(this.name, purpose, exclusive));
      locks.use(await this.base.lockWriter(this.name, purpose, signal));
      locks.defer(() => this.#alone--);
      this.#alone++;
    } catch (error) {
      locks.dispose();
      throw error;
    }
    return await this.#enter(locks);
  }

  /** The lock that a running command shares with others. */
  async holdCommand(purpose: string, signal?: AbortSignal): Promise<Disposable> {
    this.requireOpen();
    const shared = { exclusive: false, signal };
    const lock = await this.base.lockCommands(this.name, purpose, shared);
    try {
      // Nobody else can be at what the journal tells of, so it was somebody who was killed.
      if (this.base.journal.read(this.name) !== null) {
        (await this.holdWriter(purpose, signal))[Symbol.dispose]();
      }
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    return this.#stillThere(lock);
  }

  /** With the lock held, finishes first what a killed process was at. */
  async #enter<Lock extends Disposable>(lock: Lock): Promise<Lock> {
    try {
      if (this.base.journal.read(this.name) !== null) await this.#recover();
    } catch (error) {
      lock[Symbol.dispose]();
      throw storeFailure(`finish what was begun in workspace "${this.name}"`, error);
    }
    return this.#stillThere(lock);
  }

  /** This process or another may have deleted the workspace while the lock was waited for. */
  #stillThere<Lock extends Disposable>(lock: Lock): Lock {
    try {
      this.#requireRecord();
      return lock;
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * The commit that HEAD resolves to, and the branch it is on.
   *
   * @throws {StoreError} where the branch has gone.
   */
  head(): { ref: string | null; oid: string } {
    const { ref, oid } = readHead(this.gitDirectory);
    if (oid !== null) return { ref, oid };
    throw new StoreError(
      `Cannot find the last commit of workspace "${this.name}": ` +
        (ref === null
          ? `${this.gitDirectory}/HEAD is gone; snapshot.restore() or the next open makes it again`
          : `${ref} is gone; set it to one of the commits in refs/agentfs/${this.name}/, or delete ` +
            "the workspace"),
    );
  }

  /** Whether the branch that HEAD is on is there. */
  hasHead(): boolean {
    return readHead(this.gitDirectory).oid !== null;
  }

  /** The tree of the last commit. */
  headTree(): TreeView {
    return storedTree(this.base.objects, treeOf(this.base.objects, this.head().oid));
  }

  /** Looks at the files. One look at a time, since each builds on the one before. */
  async look(
    options: LookOptions & Pick<ScanOptions, "isStored" | "save"> = {},
  ): Promise<Scan> {
    const turn = this.#scanning.then(() => this.#look(options));
    this.#scanning = turn.catch(() => {});
    return await turn;
  }

  async #look(
    { ignored = false, also = [], ...options }:
      & LookOptions
      & Pick<ScanOptions, "isStored" | "save">,
  ): Promise<Scan> {
    this.requireDirectory();
    const clock = this.base.session.clock();
    const found = await scan(this.directory, {
      previous: await this.#known.reliable(clock),
      clock,
      rules: rootRules(this.base),
      head: this.headTree(),
      tracked: async (path) =>
        also.some((tree) => entryAt(tree, path.replace(/\/$/, "").split("/")) !== null)
          ? true
          : await this.#index.has(path),
      sparse: await this.sparse(),
      ignored,
      wary: this.#alone === 0,
      ...options,
    });
    if (!ignored) this.#known.set(found.root, clock, found.hashed);
    return found;
  }

  /** Takes over the state that a checkout left. */
  adopt(root: DirectoryNode, clock: number): void {
    this.#known.set(root, clock, 1);
  }

  /** The paths that a sparse checkout, the base's or one made inside, leaves out of the files. */
  async sparse(): Promise<TreeView | null> {
    const oid = this.base.refs.read(refNames.sparse(this.name));
    const isSparse = oid !== null || mayBeSparseInside(this.base, this.name) ||
      lstat(`${this.gitDirectory}/info/sparse-checkout`) !== null;
    if (!isSparse) return null;
    const leftOut = await this.#index.leftOut();
    if (leftOut !== undefined) return leftOut;
    return oid === null ? null : storedTree(this.base.objects, oid);
  }

  /** Trees that refs hold now, so that what they contain need not be written again. */
  heldTrees(): TreeView[] {
    const held = this.#held;
    const isHeld = held !== null && this.base.refs.read(held.ref) === held.oid;
    return isHeld ? [held.tree, this.headTree()] : [this.headTree()];
  }

  /** Says that `ref` holds the commit `oid`, which has this tree: the files as they are. */
  rememberHeld(ref: string, oid: string, tree: TreeView): void {
    this.#held = { ref, oid, tree };
  }

  /** Looks at the files and writes their state into the store. The caller sets a ref, then releases. */
  async capture(flavour: Flavour, options: LookOptions = {}): Promise<Capture> {
    const { objects } = this.base;
    for (let attempt = 1;; attempt++) {
      const writer = objects.writer();
      try {
        const { root, skipped, unread } = await this.look({
          ...options,
          isStored: (oid) => objects.has(oid),
          save: (content) => writer.write("blob", content),
        });
        const { directory } = this;
        const held = this.heldTrees();
        const { signal } = options;
        // What cannot be read is in the store, or it would not be in the state.
        const source = unread.length > 0 ? objects : undefined;
        const tree = await saveState(root, { directory, flavour, held, source, writer, signal });
        return { root, tree, skipped, unread, writer };
      } catch (error) {
        writer.abort();
        if (!(error instanceof FileChanged)) throw error;
        if (attempt === CAPTURE_ATTEMPTS) {
          throw new StoreError(
            `Cannot capture workspace "${this.name}": its files kept changing meanwhile`,
            { cause: error },
          );
        }
      }
    }
  }

  /** Makes git's side again where it is gone or leads astray. */
  async repair(): Promise<void> {
    writeAdmin(this.base, this.name, this.directory);
    if (this.#index.exists() || !this.hasHead()) return;
    const head = this.headTree();
    const sparse = await this.sparse();
    const state = sparse === null ? emptyState : absentDirectory(sparse, head);
    await finish(this.#writeIndex(head, state), new Slices());
  }

  /** Writes git's index: the tree `head`, with the stat data of `state`, which a look has just found. */
  async writeIndex(head: TreeView, state: DirectoryNode): Promise<void> {
    writeAdmin(this.base, this.name, this.directory);
    await finish(this.#writeIndex(head, state), new Slices());
  }

  /** The same where a command may be changing the files: it says nothing of them, so git compares them. */
  async writeIndexUnseen(head: TreeView): Promise<void> {
    await finish(this.#writeIndex(head, emptyState), new Slices());
  }

  /** Makes git's index track, and leave out, the paths that an index does that an agent's git has written. */
  async followIndex(bytes: Uint8Array): Promise<void> {
    const temporary = this.base.session.storeTemporary();
    await this.#index.follow(bytes, this.headTree(), temporary);
  }

  #writeIndex(head: TreeView, state: DirectoryNode): Steps<void> {
    return this.#index.write(head, state, {
      clock: this.#known.clock,
      owner: lstat(this.directory) ?? { uid: 0, gid: 0 },
      temporary: this.base.session.storeTemporary(),
    });
  }
}

/** Whether these are the same file, unchanged; a record is never written in place. */
function isSame(a: FileStat, b: FileStat): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.mtime === b.mtime && a.ctime === b.ctime;
}
