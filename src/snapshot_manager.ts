/**
 * `workspace.snapshot`.
 *
 * @module
 */

import { type Diff, diffSnapshots } from "./history/diff.ts";
import { restoreSnapshot } from "./history/restore.ts";
import {
  createSnapshot,
  deleteSnapshot,
  findSnapshot,
  hasSnapshot,
  listSnapshots,
} from "./history/snapshot.ts";
import type { RestoreResult, Snapshot, SnapshotOptions } from "./history/types.ts";
import { checkName, madeUpName } from "./names.ts";
import { attemptStore } from "./platform/failure.ts";
import type { Worktree } from "./worktree/worktree.ts";

/**
 * The snapshots of a workspace: states under a name, each a git ref, to look at and to go back to.
 *
 * Needs `--allow-read` and `--allow-write` for the base, and `--allow-env=IGNORE_TEST_WIN32`.
 *
 * @example
 * ```ts
 * import { TemporaryWorkspace } from "@agentfs/sdk/testing";
 *
 * await using temporary = await TemporaryWorkspace.create({ files: { "a.txt": "one" } });
 * const { workspace } = temporary;
 * await workspace.snapshot.create("before");
 * await workspace.writeFile("/a.txt", "two");
 * const { changes } = await workspace.snapshot.restore("before");
 * console.log(changes[0]?.path, await workspace.readFile("/a.txt")); // /a.txt one
 * ```
 */
export class SnapshotManager {
  readonly #worktree: Worktree;

  /** @internal */
  constructor(worktree: Worktree) {
    this.#worktree = worktree;
  }

  /**
   * Takes a snapshot of all files that are not ignored, or of all there are.
   *
   * @param name its name; one is made up where none is given.
   * @throws {InvalidNameError} where the name breaks a rule.
   * @throws {SnapshotExistsError} where there is one of this name, or one that it would contain.
   * @throws {BusyError} where a command runs in the workspace, or somebody else works on it.
   */
  async create(name?: string, options: SnapshotOptions = {}): Promise<Snapshot> {
    return await attemptStore("take a snapshot", () => {
      return createSnapshot(this.#worktree, name, options);
    });
  }

  /**
   * The snapshot of this name.
   *
   * @throws {SnapshotNotFoundError} where there is none.
   */
  async get(name: string): Promise<Snapshot> {
    return await attemptStore("read a snapshot", () => findSnapshot(this.#worktree, name));
  }

  /** All snapshots, oldest first. */
  async list(): Promise<Snapshot[]> {
    return await attemptStore("list the snapshots", () => listSnapshots(this.#worktree));
  }

  /** Whether there is a snapshot of this name. */
  has(name: string): Promise<boolean> {
    return Promise.try(() => {
      using _ = this.#worktree.use();
      return hasSnapshot(this.#worktree, name);
    });
  }

  /**
   * Makes the files what they were: contents, executable and other permission bits, links, empty
   * directories. Ignored files are left alone. The state before is taken first, as `undo`.
   *
   * A process that is killed in the middle has its restore finished when the base is opened next.
   *
   * @param snapshot its name, or what {@linkcode create}, {@linkcode get} or a restore's `undo` gave.
   * @throws {SnapshotNotFoundError} where there is none of this name.
   * @throws {PathError} where a directory of ignored files is where a file must go; nothing is changed.
   */
  async restore(
    snapshot: string | Snapshot,
    options: { signal?: AbortSignal } = {},
  ): Promise<RestoreResult> {
    return await attemptStore("restore a snapshot", () => {
      return restoreSnapshot(this.#worktree, snapshot, options);
    });
  }

  /**
   * Deletes a snapshot.
   *
   * @throws {SnapshotNotFoundError} where there is none of this name.
   */
  async delete(name: string): Promise<void> {
    await attemptStore("delete a snapshot", () => deleteSnapshot(this.#worktree, name));
  }

  /**
   * How one snapshot differs from another, or from the files as they are now.
   *
   * @throws {SnapshotNotFoundError} where there is none of one of the names.
   */
  async diff(from: string, to?: string): Promise<Diff> {
    return await attemptStore("compare snapshots", () => diffSnapshots(this.#worktree, from, to));
  }

  /** Takes a snapshot that `await using` deletes at the end of its scope. */
  async temp(prefix = "temp"): Promise<Snapshot & AsyncDisposable> {
    checkName("snapshot", prefix);
    const snapshot = await this.create(`${prefix}-${madeUpName()}`);
    const worktree = this.#worktree;
    return Object.assign(snapshot, {
      async [Symbol.asyncDispose](): Promise<void> {
        if (worktree.isOpen && hasSnapshot(worktree, snapshot.name)) {
          await deleteSnapshot(worktree, snapshot.name);
        }
      },
    });
  }
}
