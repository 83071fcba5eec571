/**
 * What happens to a workspace that others may want to hear of.
 *
 * @module
 */

import type { RunResult } from "./exec/types.ts";
import type { BatchEffect } from "./files/batch_effect.ts";
import type { CommitResult, RestoreResult, Snapshot } from "./history/types.ts";

/** What is told of each event, besides the workspace. */
export interface WorkspaceEvents {
  /** A workspace was made. */
  workspaceCreate: [];
  /** A workspace was deleted. */
  workspaceDelete: [];
  /** A commit was made. */
  commit: [message: string, commit: CommitResult];
  /** A snapshot was taken. */
  snapshot: [snapshot: Snapshot];
  /** The files were made those of a snapshot. */
  restore: [result: RestoreResult];
  /** A command has ended. */
  run: [result: RunResult];
  /** Many changes were done as one. */
  batch: [effects: readonly BatchEffect[]];
  /** A push or pull has ended. */
  sync: [];
}

/** Tells all who listen, one after the other. The event is durable by then, and no lock is held; it never fails. */
export type Announce = <Event extends keyof WorkspaceEvents>(
  event: Event,
  ...told: WorkspaceEvents[Event]
) => Promise<void>;
