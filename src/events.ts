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
  workspaceCreate: [];
  workspaceDelete: [];
  commit: [message: string, commit: CommitResult];
  snapshot: [snapshot: Snapshot];
  restore: [result: RestoreResult];
  run: [result: RunResult];
  batch: [effects: readonly BatchEffect[]];
  sync: [];
}

/** Tells all who listen, one after the other. The event is durable by then, and no lock is held; it never fails. */
export type Announce = <Event extends keyof WorkspaceEvents>(
  event: Event,
  ...told: WorkspaceEvents[Event]
) => Promise<void>;
