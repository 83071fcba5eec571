/**
 * Deletes a workspace. Its branch, its last state, its snapshots and its undo points move to
 * `refs/agentfs/trash/`, where they stay for a time; a temporary workspace is gone at once.
 *
 * The journal names every ref before the first one moves, so a killed process's work is finished.
 *
 * @module
 */

import { chmod, errorCode, lstat, removeFile, rename } from "../platform/fs.ts";
import { madeUpName } from "../names.ts";
import { writeCommit } from "../git/isomorphic.ts";
import { removeAdmin, writeAdmin } from "../registry/admin.ts";
import type { JournalEntry } from "../registry/journal.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { removeRecord } from "../registry/record.ts";
import { ownSignature } from "../registry/signature.ts";
import { createUndoPoint } from "../history/snapshot.ts";
import { discardTree } from "../worktree/discard.ts";
import type { Worktree } from "../worktree/worktree.ts";

type Deletion = Extract<JournalEntry, { operation: "delete" }>;

/** Deletes the workspace. The caller holds it. */
export async function deleteWorkspace(worktree: Worktree): Promise<void> {
  const { base, name, record, directory } = worktree;
  const permanent = record.session !== null;
  if (!permanent && lstat(directory) !== null) {
    if (!worktree.hasHead()) await giveHead(worktree);
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
  await finishDelete(base, entry);
}

/** Makes HEAD resolve again, so that the last state can be kept: to an empty commit, if there is no other. */
async function giveHead(worktree: Worktree): Promise<void> {
  const { base, name, directory, gitDirectory } = worktree;
  removeFile(`${gitDirectory}/HEAD`);
  writeAdmin(base, name, directory);
  if (worktree.hasHead()) return;
  using writer = base.objects.writer();
  const commit = await writeCommit(writer, {
    tree: writer.write("tree", new Uint8Array()),
    parents: [],
    message: "The branch was gone when the workspace was deleted\n",
    author: ownSignature(),
    committer: ownSignature(),
  });
  await writer.finish();
  base.refs.update(refNames.branch(name), commit, null);
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
export async function finishDelete(
  base: OpenBase,
  { workspace, path, moves }: Deletion,
): Promise<void> {
  const { refs, layout, journal } = base;
  for (const { from, to, oid } of moves) {
    if (to !== null && refs.read(to) !== oid) refs.update(to, oid, undefined);
    // One that git has moved in the meantime holds what is nowhere else.
    if (refs.read(from) === oid) refs.delete(from, oid);
  }
  removeRecord(base, workspace);
  removeAdmin(base, workspace);
  for (const directory of [path, layout.home(workspace), layout.inside(workspace)]) {
    await removeDirectory(base, directory);
  }
  removeFile(layout.statCache(workspace));
  journal.end(workspace);
}

/** Takes a directory out of sight in one step, and then removes it in slices. */
export async function removeDirectory(base: OpenBase, path: string): Promise<void> {
  if (lstat(path)?.isDirectory !== true) return;
  const doomed = base.session.dataTemporary();
  // Only a directory that its owner may write can be moved.
  chmod(path, 0o700);
  try {
    rename(path, doomed);
  } catch (error) {
    // It was made under another dataDir, on another disk.
    if (errorCode(error) !== "EXDEV") throw error;
    await discardTree(path);
    return;
  }
  await discardTree(doomed);
}
