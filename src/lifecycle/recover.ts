/**
 * Finishes or undoes what a killed process was at, as its journal says.
 *
 * @module
 */

import { finishCommit } from "../history/commit.ts";
import { finishRestore } from "../history/restore.ts";
import { lstat } from "../platform/fs.ts";
import { tryAcquireLock } from "../platform/lock.ts";
import { writeAdmin } from "../registry/admin.ts";
import type { JournalEntry } from "../registry/journal.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { readRecord, readRecords, type WorkspaceRecord, writeRecord } from "../registry/record.ts";
import { writeRootRules } from "../worktree/rules.ts";
import { emptyState } from "../worktree/state.ts";
import { Worktree } from "../worktree/worktree.ts";
import { undoCreate } from "./create.ts";
import { deleteWorkspace, finishDelete } from "./delete.ts";

/** Readies a base that was just opened: recovers, repairs, ends what dead sessions had. */
export async function prepareBase(base: OpenBase): Promise<void> {
  writeRootRules(base);
  await recoverAll(base);
  for (const found of readRecords(base)) {
    const record = relocated(base, found);
    const worktree = new Worktree(base, record);
    repair(worktree);
    if (record.session === null || base.session.isAlive(record.session)) continue;
    using _ = await worktree.holdAll("being deleted, as its session has ended");
    await deleteWorkspace(worktree);
  }
}

/** The record with the place of the files, which moves when the base does. */
function relocated(base: OpenBase, record: WorkspaceRecord): WorkspaceRecord {
  const path = base.layout.files(record.name);
  if (path === record.path || lstat(path) === null) return record;
  const moved = { ...record, path };
  writeRecord(base, moved);
  return moved;
}

/** Makes git's side of a workspace again where it is gone or leads astray. */
function repair(worktree: Worktree): void {
  writeAdmin(worktree.base, worktree.name, worktree.directory);
  if (lstat(`${worktree.gitDirectory}/index`) !== null || !worktree.hasHead()) return;
  worktree.writeIndex(worktree.headTree(), emptyState);
}

/** Recovers everything that no live process is at. */
async function recoverAll(base: OpenBase): Promise<void> {
  for (const { workspace } of base.journal.pending()) {
    using lock = tryAcquireLock(base.layout.writerLock(workspace), "recovering after a crash");
    if (lock !== null) await recover(base, workspace);
  }
}

/** Recovers one workspace. The caller holds it, so nobody else is at it. */
export async function recover(base: OpenBase, workspace: string): Promise<void> {
  const entry = base.journal.read(workspace);
  if (entry === null) return;
  await carryOut(base, entry);
  base.journal.end(workspace);
}

async function carryOut(base: OpenBase, entry: JournalEntry): Promise<void> {
  if (entry.operation === "delete") return finishDelete(base, entry);
  const record = readRecord(base, entry.workspace);
  if (entry.operation === "create") {
    // With a record the workspace is whole, and only the end was not written down.
    if (record === null) undoCreate(base, entry.workspace);
    return;
  }
  if (record === null) return;
  const worktree = new Worktree(base, record);
  if (entry.operation === "commit") await finishCommit(worktree, entry.commit);
  else await finishRestore(worktree, entry.target);
}
