/**
 * Refs of ours that have had their time: those of deleted workspaces, and old undo points. When each was
 * made is in its made-up name.
 *
 * @module
 */

import type { Ref } from "../git/refs.ts";
import { madeUpAt } from "../names.ts";
import { acquireLockSoon } from "../platform/lock.ts";
import type { Slices } from "../platform/slices.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { readRecords } from "../registry/record.ts";

const DAY_MS = 86_400_000;
/** How long a deleted workspace can be brought back. */
const TRASH_MS = 30 * DAY_MS;

/** What is old. */
export interface Expiry {
  /** How long undo points stay, in days. */
  readonly undoDays: number;
  /** Whether nothing is removed, only named. */
  readonly dryRun: boolean;
}

/**
 * Removes the refs that have had their time, and returns their names. The newest undo point of a
 * workspace stays, and so does everything of a workspace that somebody works on at the moment.
 */
export async function dropExpiredRefs(
  base: OpenBase,
  { undoDays, dryRun }: Expiry,
  slices: Slices,
): Promise<Ref[]> {
  const now = Date.now();
  const dropped: Ref[] = [];
  const drop = async (refs: readonly Ref[]): Promise<void> => {
    for (const { ref, oid } of refs) {
      if (!dryRun) base.refs.delete(ref, oid);
      dropped.push({ ref, oid });
      if (slices.due) await slices.rest();
    }
  };
  await drop(
    base.refs.list(refNames.trash).filter(({ ref }) => {
      return isBefore(deletedAt(ref), now - TRASH_MS);
    }),
  );
  for (const { name } of readRecords(base)) {
    const purpose = "dropping old undo points";
    using lock = await acquireLockSoon(base.layout.writerLock(name), purpose);
    if (lock !== null) await drop(oldUndoPoints(base, name, now - undoDays * DAY_MS));
  }
  return dropped;
}

/** When the workspace was deleted that a ref in the trash is of; `null` where its name does not tell. */
function deletedAt(ref: string): number | null {
  // The names of its snapshots, and its own, may be made up as well: earlier than it was deleted.
  const dates = ref.split("/").map(madeUpAt).filter((date) => date !== null);
  return dates.length === 0 ? null : Math.max(...dates);
}

function oldUndoPoints(base: OpenBase, workspace: string, before: number): Ref[] {
  const prefix = refNames.undos(workspace);
  return base.refs.list(prefix)
    .filter(({ ref }) => madeUpAt(ref.slice(prefix.length)) !== null)
    .slice(0, -1)
    .filter(({ ref }) => isBefore(madeUpAt(ref.slice(prefix.length)), before));
}

function isBefore(moment: number | null, limit: number): boolean {
  return moment !== null && moment < limit;
}
