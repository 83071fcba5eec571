/**
 * Git's index of a workspace. We write it whenever we make a commit; in between it belongs to the git
 * that agents run inside, and says what they have added by force, untracked or left out.
 *
 * @module
 */

import { type IndexEntry, parseIndex, serializeIndex } from "../git/index_file.ts";
import type { Steps } from "../git/steps.ts";
import type { ObjectStore } from "../git/store.ts";
import { MODE } from "../git/tree.ts";
import { lstat, readFile, removeFile, rename, setTimes, writeFile } from "../platform/fs.ts";
import { followedEntries } from "./followed_index.ts";
import { indexEntries, pathsLeftOut } from "./git_index.ts";
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
  has(path: string): boolean | null {
    return this.#read().paths?.has(path) ?? null;
  }

  /** The paths that a sparse checkout leaves out, if any; `undefined` where there is no index. */
  leftOut(): TreeView | null | undefined {
    return this.#read().leftOut;
  }

  #read(): Facts {
    const signature = this.#signature();
    if (this.#facts?.signature === signature) return this.#facts;
    const bytes = readFile(this.#path);
    const entries = bytes === null ? null : parseIndex(bytes).entries;
    return this.#facts = {
      signature,
      paths: entries && withParents(entries),
      leftOut: entries === null ? undefined : pathsLeftOut(entries, this.#objects),
    };
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
    const entries = yield* indexEntries(head, state, { owner, clock });
    yield;
    writeFile(temporary, serializeIndex(entries));
    setTimes(temporary, clock * 1000, clock * 1000);
    rename(temporary, this.#path);
    // No command runs now; a git that was killed in one left its lock, and one of the owner's is fast.
    const lock = lstat(`${this.#path}.lock`);
    if (lock !== null && Date.now() - lock.mtime > DEAD_LOCK_MS) removeFile(`${this.#path}.lock`);
    this.#facts = {
      signature: this.#signature(),
      paths: null,
      leftOut: pathsLeftOut(entries, this.#objects),
    };
  }

  /**
   * Gives it the paths that another index of the same work tree has, and leaves out what that one does.
   * `head` is the last commit's tree. The caller holds the workspace.
   */
  async follow(other: readonly IndexEntry[], head: TreeView, temporary: string): Promise<void> {
    const stat = lstat(this.#path);
    const bytes = readFile(this.#path);
    if (stat === null || bytes === null) return;
    const entries = followedEntries(parseIndex(bytes).entries, other, head);
    if (entries === null) return;
    using writer = this.#objects.writer();
    if (entries.some(({ intentToAdd }) => intentToAdd)) writer.write("blob", new Uint8Array());
    await writer.finish();
    writeFile(temporary, serializeIndex(entries));
    // The times in it are as they were, and so is what git makes of them.
    setTimes(temporary, stat.mtime, stat.mtime);
    rename(temporary, this.#path);
    this.#facts = undefined;
  }
}

/** The paths of an index and the directories above them; a directory, and a submodule, ends in `/`. */
function withParents(entries: readonly { path: string; mode: number }[]): Set<string> {
  const paths = new Set<string>();
  for (const { path, mode } of entries) {
    paths.add(mode === MODE.submodule ? `${path}/` : path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end + 1);
      if (paths.has(parent)) break;
      paths.add(parent);
    }
  }
  return paths;
}
