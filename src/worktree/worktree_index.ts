/**
 * Git's index of a workspace. We write it whenever we make a commit; in between it belongs to the git
 * that agents run inside, and says what they have added by force, untracked or left out.
 *
 * @module
 */

import { type IndexEntry, parseIndex, serializeIndex } from "../git/index_file.ts";
import { finish, type Steps } from "../git/steps.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { lstat, OpenFile, readFile, removeFile, rename, setTimes } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { followedEntries } from "./followed_index.ts";
import { indexEntries, isLeftOut, pathsLeftOut } from "./git_index.ts";
import type { DirectoryNode, TreeView } from "./state.ts";

/** What an index says, as far as we need it. */
interface Facts {
  /** Tells this index from others. */
  readonly signature: string;
  /** Its paths and the directories above them; `null` where it is as we wrote it, or is missing. */
  readonly paths: ReadonlySet<string> | null;
  /** The paths that are not expected on disk, if any; `undefined` where it is missing. */
  readonly leftOut: TreeView | null | undefined;
}

const DEAD_LOCK_MS = 10_000;
/** So much is written in a few milliseconds. */
const PIECE_BYTES = 1 << 20;

/** The index in one linked worktree's git directory. */
export class WorktreeIndex {
  readonly #path: string;
  readonly #objects: ObjectStore;
  #facts: Facts | undefined;

  /** Reads nothing yet. */
  constructor(gitDirectory: string, objects: ObjectStore) {
    this.#path = `${gitDirectory}/index`;
    this.#objects = objects;
  }

  /** Whether there is one. */
  exists(): boolean {
    return lstat(this.#path) !== null;
  }

  /**
   * Whether a path, without a leading slash, is in it; a directory, and a submodule, ends in `/`. `null`
   * where it has just what the last commit has.
   */
  async has(path: string): Promise<boolean | null> {
    return (await this.#read()).paths?.has(path) ?? null;
  }

  /** The paths that a sparse checkout leaves out, if any; `undefined` where there is no index. */
  async leftOut(): Promise<TreeView | null | undefined> {
    return (await this.#read()).leftOut;
  }

  /** What it says now. Where it is written anew meanwhile, the next call sees that by the signature. */
  async #read(): Promise<Facts> {
    const signature = this.#signature();
    if (this.#facts?.signature === signature) return this.#facts;
    const bytes = readFile(this.#path);
    const facts = bytes === null
      ? { paths: null, leftOut: undefined }
      : await finish(readFacts(bytes, this.#objects), new Slices());
    return this.#facts = { signature, ...facts };
  }

  #signature(): string {
    const stat = lstat(this.#path);
    return stat === null ? "" : `${stat.ino}:${stat.mtime}:${stat.ctime}:${stat.size}`;
  }

  /**
   * Writes it anew, in steps: the tree `head`, with the stat data of `state`, which a look found that began at
   * `clock`, in seconds. The caller holds the workspace.
   */
  *write(head: TreeView, state: DirectoryNode, options: {
    clock: number;
    owner: { uid: number; gid: number };
    temporary: string;
  }): Steps<void> {
    const { clock, owner, temporary } = options;
    const leftOut: IndexEntry[] = [];
    const bytes = yield* serializeIndex(
      passing(indexEntries(head, state, { owner, clock }), (entry) => {
        if (isLeftOut(entry)) leftOut.push(entry);
      }),
    );
    yield* writePieces(temporary, bytes);
    setTimes(temporary, clock * 1000, clock * 1000);
    rename(temporary, this.#path);
    const signature = this.#signature();
    // No command runs now; a git that was killed in one left its lock, and one of the owner's is fast.
    const lock = lstat(`${this.#path}.lock`);
    if (lock !== null && Date.now() - lock.mtime > DEAD_LOCK_MS) removeFile(`${this.#path}.lock`);
    this.#facts = { signature, paths: null, leftOut: yield* pathsLeftOut(leftOut, this.#objects) };
  }

  /**
   * Gives it the paths that the bytes of another index of the same work tree have, and leaves out what those do.
   * `head` is the last commit's tree. The caller holds the workspace.
   */
  async follow(other: Uint8Array, head: TreeView, temporary: string): Promise<void> {
    const stat = lstat(this.#path);
    const bytes = readFile(this.#path);
    if (stat === null || bytes === null) return;
    const slices = new Slices();
    const entries = await finish(
      followedEntries(parseIndex(bytes), parseIndex(other), head),
      slices,
    );
    if (entries === null) return;
    using writer = this.#objects.writer();
    if (entries.some(({ intentToAdd }) => intentToAdd)) writer.write("blob", new Uint8Array());
    await writer.finish();
    await finish(writePieces(temporary, await finish(serializeIndex(entries), slices)), slices);
    // The times in it are as they were, and so is what git makes of them.
    setTimes(temporary, stat.mtime, stat.mtime);
    rename(temporary, this.#path);
    this.#facts = undefined;
  }
}

/** Writes a new file in steps. */
function* writePieces(path: string, bytes: Uint8Array): Steps<void> {
  using file = new OpenFile(path, { write: true, createNew: true });
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield;
    file.write(bytes.subarray(at, at + PIECE_BYTES));
  }
}

/** What the bytes of an index say. */
function* readFacts(bytes: Uint8Array, objects: ObjectStore): Steps<Omit<Facts, "signature">> {
  const paths = new Set<string>();
  const leftOut: IndexEntry[] = [];
  for (const entry of parseIndex(bytes)) {
    addWithParents(paths, entry);
    if (isLeftOut(entry)) leftOut.push(entry);
    yield;
  }
  return { paths, leftOut: yield* pathsLeftOut(leftOut, objects) };
}

/** Adds a path and the directories above it; a directory, and a submodule, ends in `/`. */
function addWithParents(paths: Set<string>, { path, mode }: IndexEntry): void {
  paths.add(mode === MODE.submodule ? `${path}/` : path);
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const parent = path.slice(0, end + 1);
    if (paths.has(parent)) break;
    paths.add(parent);
  }
}

/** The same values, each shown to `look` on its way. */
function* passing<Value>(values: Iterable<Value>, look: (value: Value) => void): Iterable<Value> {
  for (const value of values) {
    look(value);
    yield value;
  }
}
