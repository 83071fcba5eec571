/**
 * `workspace.snapshot`.
 *
 * @module
 */

import { ownCopy } from "./arguments.ts";
import type { AuditDetails } from "./audit/types.ts";
import type { Announce } from "./events.ts";
import type { Diff } from "./history/diff.ts";
import type { RestoreResult, Snapshot, SnapshotOptions } from "./history/types.ts";
import { isName, madeUpName } from "./names.ts";
import { attemptStore } from "./platform/failure.ts";
import { refNames } from "./registry/layout.ts";
import { noteTemporaryRef } from "./registry/temporary_refs.ts";
import { changesOf, type Recorder } from "./recorder.ts";
import type { Worktree } from "./worktree/worktree.ts";

/** The room, which is loaded when it is first needed. */
const snapshots = () => import("./history/snapshot.ts");

/** What the snapshots of a workspace are taken of, and who hears of them. @internal */
export interface SnapshotParts {
  readonly worktree: Worktree;
  readonly recorder: Recorder;
  readonly announce: Announce;
}

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
  readonly #recorder: Recorder;
  readonly #announce: Announce;

  /** @internal */
  constructor({ worktree, recorder, announce }: SnapshotParts) {
    this.#worktree = worktree;
    this.#recorder = recorder;
    this.#announce = announce;
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
    return await this.#create(name, ownCopy(options), {});
  }

  async #create(
    name: string | undefined,
    options: SnapshotOptions,
    details: AuditDetails,
  ): Promise<Snapshot> {
    const call = {
      operation: "snapshot",
      details: { ...(name !== undefined && { name }), ...details },
    };
    const snapshot = await this.#recorder.change(
      call,
      () =>
        attemptStore("take a snapshot", async () => {
          const { createSnapshot } = await snapshots();
          return await createSnapshot(this.#worktree, name, options);
        }),
      ({ name, oid, tree, ref, skipped }) => ({ name, oid, tree, ref, skipped: skipped.length }),
    );
    await this.#announce("snapshot", snapshot);
    return snapshot;
  }

  /**
   * The snapshot of this name.
   *
   * @throws {SnapshotNotFoundError} where there is none.
   */
  async get(name: string): Promise<Snapshot> {
    return await this.#recorder.look(
      { operation: "snapshot.get", details: { name } },
      () =>
        attemptStore("read a snapshot", async () => {
          const { findSnapshot } = await snapshots();
          return findSnapshot(this.#worktree, name);
        }),
    );
  }

  /** All snapshots, oldest first. */
  async list(): Promise<Snapshot[]> {
    return await this.#recorder.look(
      { operation: "snapshot.list" },
      () =>
        attemptStore("list the snapshots", async () => {
          const { listSnapshots } = await snapshots();
          return listSnapshots(this.#worktree);
        }),
    );
  }

  /** Whether {@linkcode get} finds a snapshot of this name. */
  has(name: string): Promise<boolean> {
    return this.#recorder.look(
      { operation: "snapshot.has", details: { name } },
      async () => {
        const { hasSnapshot } = await snapshots();
        using _ = this.#worktree.use();
        return hasSnapshot(this.#worktree, name);
      },
    );
  }

  /**
   * Makes the files what they were: contents, executable and other permission bits, links, empty
   * directories. Ignored files are left alone. The state before is taken first, as `undo`.
   *
   * A process that is killed in the middle has its restore finished when the base is opened next. Who
   * reads the files meanwhile finds one that is being replaced missing or short for a moment, as in git's
   * own checkout; who has it open keeps the old one.
   *
   * @param snapshot its name, or what {@linkcode create}, {@linkcode get} or a restore's `undo` gave.
   * @throws {SnapshotNotFoundError} where there is none of this name.
   * @throws {PathError} where a directory of ignored files is where a file must go; nothing is changed.
   */
  async restore(
    snapshot: string | Snapshot,
    options: { signal?: AbortSignal } = {},
  ): Promise<RestoreResult> {
    const own = ownCopy(options);
    const name = typeof snapshot === "string" ? snapshot : snapshot?.name;
    const restored = await this.#recorder.change(
      { operation: "restore", details: { name } },
      () =>
        attemptStore("restore a snapshot", async () => {
          const { restoreSnapshot } = await import("./history/restore.ts");
          return await restoreSnapshot(this.#worktree, snapshot, own);
        }),
      ({ changes, undo }) => ({ undo: undo.name, ...changesOf(changes) }),
    );
    await this.#announce("restore", restored);
    return restored;
  }

  /**
   * Deletes a snapshot.
   *
   * @throws {SnapshotNotFoundError} where there is none of this name.
   */
  async delete(name: string): Promise<void> {
    await this.#recorder.change(
      { operation: "snapshot.delete", details: { name } },
      () =>
        attemptStore("delete a snapshot", async () => {
          const { deleteSnapshot } = await snapshots();
          await deleteSnapshot(this.#worktree, name);
        }),
    );
  }

  /**
   * How one snapshot differs from another, or from the files as they are now.
   *
   * @throws {SnapshotNotFoundError} where there is none of one of the names.
   */
  async diff(from: string, to?: string): Promise<Diff> {
    return await this.#recorder.look(
      { operation: "snapshot.diff", details: { from, to } },
      () =>
        attemptStore("compare snapshots", async () => {
          const { diffSnapshots } = await import("./history/diff.ts");
          return await diffSnapshots(this.#worktree, from, to);
        }),
    );
  }

  /** Takes a snapshot that `await using` deletes at the end of its scope. */
  async temp(prefix = "temp"): Promise<Snapshot & AsyncDisposable> {
    const details = { temporary: true };
    // A prefix that cannot be one is refused as a name.
    const name = isName(prefix) ? `${prefix}-${madeUpName()}` : prefix;
    const worktree = this.#worktree;
    const forget = !isName(prefix) ? () => {} : await attemptStore("take a snapshot", () => {
      worktree.requireOpen();
      return noteTemporaryRef(worktree.base, refNames.snapshots(worktree.name) + name);
    });
    const snapshot = await this.#create(name, {}, details).catch((error) => {
      forget();
      throw error;
    });
    return Object.assign(snapshot, {
      [Symbol.asyncDispose]: async (): Promise<void> => {
        // What is closed before goes when the base is opened next.
        if (!worktree.isOpen) return;
        // Deleted before, maybe to take another one of the name.
        if (worktree.base.refs.read(snapshot.ref) === snapshot.oid) await this.delete(name);
        forget();
      },
    });
  }
}
