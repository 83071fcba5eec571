/**
 * The state that a workspace's files were last seen in: in memory while the workspace is open, and in its
 * stat cache from one opening to the next.
 *
 * @module
 */

import { finish } from "../git/steps.ts";
import { lstat } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import type { OpenBase } from "../registry/open_base.ts";
import type { WorkspaceRecord } from "../registry/record.ts";
import { type CachedState, readStatCache, reliable, writeStatCache } from "./stat_cache.ts";
import type { DirectoryNode } from "./state.ts";

/** What is known of the files of one workspace. */
export class KnownState {
  readonly #base: OpenBase;
  readonly #record: WorkspaceRecord;
  #cached: CachedState | null = null;
  #changesSinceSave = 0;

  /** Reads nothing yet. */
  constructor(base: OpenBase, record: WorkspaceRecord) {
    this.#base = base;
    this.#record = record;
  }

  /** When the files were last seen, in seconds of their file system; 0 where that is not known. */
  get clock(): number {
    return this.#cached?.clock ?? 0;
  }

  /** What of the state can be relied on when that clock says `now`; `null` where there is none. */
  async reliable(now: number): Promise<DirectoryNode | null> {
    this.#cached ??= await finish(readStatCache(this.#statCache), new Slices());
    return this.#cached && reliable(this.#cached, now);
  }

  /** Takes over a state that was found or made at `clock`, which differs in so many files. */
  set(root: DirectoryNode, clock: number, changes: number): void {
    this.#changesSinceSave += changes;
    this.#cached = { root, clock };
  }

  /** Writes the stat cache, if that spares the next opening anything. */
  async save(): Promise<void> {
    if (this.#cached === null || this.#changesSinceSave === 0) return;
    try {
      if (lstat(this.#record.path) === null) return;
      const temporary = this.#base.session.storeTemporary();
      await finish(writeStatCache(this.#statCache, this.#cached, temporary), new Slices());
    } catch {
      // On a full disk, say: the cache only spares work.
    }
  }

  get #statCache(): string {
    return this.#base.layout.statCache(this.#record.name);
  }
}
