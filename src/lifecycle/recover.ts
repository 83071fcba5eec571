/**
 * Finishes or undoes what a killed process was at, as its journal says.
 *
 * @module
 */

import { clearBatch, undoBatch } from "../files/batch.ts";
import { lstat } from "../platform/fs.ts";
import { acquireLockSoon } from "../platform/lock.ts";
import { holdsFiles } from "../registry/admin.ts";
import type { JournalEntry } from "../registry/journal.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { readRecord, readRecords, type WorkspaceRecord, writeRecord } from "../registry/record.ts";
import { endTemporaryRefs } from "../registry/temporary_refs.ts";
import { writeRootRules } from "../worktree/rules.ts";
import { Worktree } from "../worktree/worktree.ts";

/** Readies a base that was just opened: recovers, repairs, ends what dead sessions had. */
export async function prepareBase(base: OpenBase): Promise<void> {
  writeRootRules(base);
  await recoverAll(base);
  endTemporaryRefs(base);
  for (const { name } of readRecords(base)) {
    // Who has the workspace now has readied it before, or is deleting it.
    using lock = await acquireLockSoon(
      base.layout.writerLock(name),
      "being looked after at an open",
    );
    // What is wrong with one keeps nobody from the others; the calls that need it say so.
    if (lock !== null) await lookAfter(base, name).catch(() => {});
  }
}

/** Repairs one workspace, and ends it where its session has ended. The caller holds it. */
async function lookAfter(base: OpenBase, name: string): Promise<void> {
  const record = readRecord(base, name);
  if (record === null) return;
  const worktree = new Worktree(base, relocated(base, record));
  await worktree.repair();
  if (base.journal.read(name) === null) await clearBatch(worktree);
  if (record.session === null || base.session.isAlive(record.session)) return;
  const { deleteWorkspace } = await import("./delete.ts");
  await deleteWorkspace(worktree);
}

/** The record with the place of the files, which moves when the base does. */
function relocated(base: OpenBase, record: WorkspaceRecord): WorkspaceRecord {
  const { name } = record;
  const path = base.layout.files(name);
  // Under another dataDir they stay where they are. But what a copy of a base finds at the old place
  // are the files of the original.
  if (path === record.path) return record;
  if (lstat(path) === null && holdsFiles(base, name, record.path)) return record;
  const moved = { ...record, path };
  writeRecord(base, moved);
  return moved;
}

/**
 * Recovers everything that no live process is at. What cannot be recovered keeps nobody from the rest:
 * the next call that holds its workspace tries again, and says why.
 */
export async function recoverAll(base: OpenBase): Promise<void> {
  for (const { workspace } of base.journal.pending()) {
    using lock = await acquireLockSoon(
      base.layout.writerLock(workspace),
      "recovering after a crash",
    );
    if (lock !== null) await recover(base, workspace).catch(() => {});
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
  if (entry.operation === "delete") {
    const { finishDelete } = await import("./delete.ts");
    return finishDelete(base, entry);
  }
  const record = readRecord(base, entry.workspace);
  if (entry.operation === "create") {
    // With a record the workspace is whole, and only the end was not written down.
    if (record !== null) return;
    const { undoCreate } = await import("./create.ts");
    return undoCreate(base, entry.workspace);
  }
  if (record === null) return;
  const worktree = new Worktree(base, relocated(base, record));
  if (entry.operation === "batch") {
    await undoBatch(worktree);
  } else if (entry.operation === "commit") {
    const { finishCommit } = await import("../history/commit.ts");
    await finishCommit(worktree, entry.commit);
  } else {
    const { finishRestore } = await import("../history/restore.ts");
    await finishRestore(worktree, entry);
  }
}
