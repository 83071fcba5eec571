/**
 * Deletes a workspace. Its branch, its last state, its snapshots and its undo points move to
 * `refs/agentfs/trash/`, where they stay for a time; a temporary workspace is gone at once.
 *
 * The journal names every ref before the first one moves, so a killed process's work is finished.
 *
 * @module
 */

import { lstat, removeFile, removeTree, rename } from "../platform/fs.ts";
import { madeUpName } from "../names.ts";
import { removeAdmin } from "../registry/admin.ts";
import type { JournalEntry } from "../registry/journal.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { removeRecord } from "../registry/record.ts";
import { createUndoPoint } from "../history/snapshot.ts";
import type { Worktree } from "../worktree/worktree.ts";

type Deletion = Extract<JournalEntry, { operation: "delete" }>;

/** Deletes the workspace. The caller holds it. */
export async function deleteWorkspace(worktree: Worktree): Promise<void> {
  const { base, name, record, directory } = worktree;
  const permanent = record.session !== null;
  if (!permanent && lstat(directory) !== null && worktree.hasHead()) {
    const capture = await worktree.capture("all");
    await createUndoPoint(worktree, capture, {
      description: "the last state, when the workspace was deleted",
      ignored: false,
    });
  }
  const moves = refsToMove(
    base,
    name,
    permanent ? null : `${refNames.trash}${name}/${madeUpName()}/`,
  );
  const entry: Deletion = { operation: "delete", workspace: name, path: directory, moves };
  base.journal.begin(entry);
  finishDelete(base, entry);
}

function refsToMove(base: OpenBase, name: string, trash: string | null): Deletion["moves"] {
  const moves: Deletion["moves"] = [];
  const branch = refNames.branch(name);
  const oid = base.refs.read(branch);
  if (oid !== null) moves.push({ from: branch, to: trash && `${trash}branch`, oid });
  const prefix = refNames.all(name);
  for (const { ref, oid } of base.refs.list(prefix)) {
    moves.push({ from: ref, to: trash && trash + ref.slice(prefix.length), oid });
  }
  return moves;
}

/** Does what the journal says, however much of it is done already. */
export function finishDelete(base: OpenBase, { workspace, path, moves }: Deletion): void {
  const { refs, layout, session, journal } = base;
  for (const { from, to, oid } of moves) {
    if (to !== null && refs.read(to) !== oid) refs.update(to, oid, undefined);
    if (refs.read(from) !== null) refs.delete(from);
  }
  removeRecord(base, workspace);
  removeAdmin(base, workspace);
  for (const directory of [path, layout.home(workspace)]) {
    if (lstat(directory) === null) continue;
    const doomed = session.dataTemporary();
    rename(directory, doomed);
    removeTree(doomed);
  }
  removeFile(layout.statCache(workspace));
  journal.end(workspace);
}
