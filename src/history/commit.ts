/**
 * Commits the files of a workspace on its branch.
 *
 * @module
 */

import { checkOptions, type OptionKinds } from "../arguments.ts";
import type { Change, Skipped } from "../changes.ts";
import { CommitError } from "../errors.ts";
import { readCommit } from "../git/commit.ts";
import { writeCommit } from "../git/isomorphic.ts";
import { publish, type Staged } from "../git/publication.ts";
import { unfinishedOperation } from "../git/repository.ts";
import type { ObjectWriter } from "../git/store.ts";
import { errorCode } from "../platform/fs.ts";
import { refNames } from "../registry/layout.ts";
import { authorSignature } from "../registry/signature.ts";
import { compareTrees } from "../worktree/compare.ts";
import { headInside, unfinishedInside } from "../worktree/inside_note.ts";
import { Selection } from "../worktree/patterns.ts";
import { type DirectoryNode, stateTree, storedTree } from "../worktree/state.ts";
import { editTree } from "../worktree/tree_edit.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { toCommit } from "./log.ts";
import { storedRenames, workingRenames } from "./renames.ts";
import type { CommitOptions, CommitResult } from "./types.ts";

const OPTIONS: OptionKinds<CommitOptions> = {
  author: "string",
  include: "strings",
  exclude: "strings",
  allowEmpty: "boolean",
  dryRun: "boolean",
  signal: "signal",
};

/**
 * Commits what has changed since the last commit.
 *
 * @throws {CommitError} on a malformed message or author, and where HEAD is not on the workspace's
 * branch or git is in the middle of something.
 */
export async function commitFiles(
  worktree: Worktree,
  message: string,
  options: CommitOptions = {},
): Promise<CommitResult> {
  checkMessage(message);
  const selection = checkedSelection(options);
  const author = authorSignature(worktree.base, options.author);
  const { allowEmpty = false, signal } = options;
  signal?.throwIfAborted();
  using _ = await worktree.holdAll("committing", signal);
  const head = requireBranch(worktree);
  const { root, skipped, writer } = await worktree.capture("files", { signal });
  try {
    const changes = (await changesFromHead(worktree, root))
      .filter(({ path }) => selection.has(path));
    if (changes.length === 0 && !allowEmpty) return lastCommit(worktree, head, skipped);
    const oid = await writeCommit(writer, {
      tree: editTree(worktree.headTree(), changes, writer),
      parents: [head],
      message,
      author,
      committer: author,
    });
    const commit = await moveBranch(worktree, { from: head, to: oid, root, writer, message });
    // Now that all of it is in the store.
    const renamed = await storedRenames(worktree, changes);
    return { ...commit, changes: renamed.map(({ change }) => change), skipped, created: true };
  } finally {
    writer.abort();
  }
}

/** What {@linkcode commitFiles} would commit. */
export async function previewCommit(
  worktree: Worktree,
  message: string,
  options: CommitOptions = {},
): Promise<Change[]> {
  checkMessage(message);
  const selection = checkedSelection(options);
  authorSignature(worktree.base, options.author);
  using _ = await worktree.useFiles();
  requireBranch(worktree);
  const { signal } = options;
  const { root } = await worktree.look({ signal });
  const changes = (await changesFromHead(worktree, root)).filter(({ path }) => selection.has(path));
  const renamed = await workingRenames(worktree, root, changes, signal);
  return renamed.map(({ change }) => change);
}

/** Writes the index again after a commit that a killed process made. The caller holds the workspace. */
export async function finishCommit(worktree: Worktree, commit: string): Promise<void> {
  if (worktree.head().oid !== commit) return;
  const { root } = await worktree.look();
  await worktree.writeIndex(worktree.headTree(), root);
}

async function changesFromHead(worktree: Worktree, root: DirectoryNode): Promise<Change[]> {
  return await compareTrees(worktree.headTree(), stateTree(root, "files"));
}

/** Makes the commit the branch's last one, and the index its tree. */
async function moveBranch(
  worktree: Worktree,
  { from, to, root, writer, message }: {
    from: string;
    to: string;
    root: DirectoryNode;
    writer: ObjectWriter;
    message: string;
  },
): Promise<ReturnType<typeof toCommit>> {
  const { base, name } = worktree;
  const ref = refNames.branch(name);
  function* staged(): Iterable<Staged | null> {
    yield base.journal.stage({ operation: "commit", workspace: name, commit: to });
    yield base.refs.stage(ref, to, from);
    yield worktree.keepAlong(writer);
  }
  await publish(writer, staged());
  const commit = readCommit(base.objects, to);
  const subject = `commit: ${message.trim().split("\n", 1)[0]}`;
  base.refs.appendReflog(ref, from, to, commit.committer, subject);
  try {
    await worktree.writeIndex(storedTree(base.objects, commit.tree), root);
    // The index is not synced either: after a loss of power it may have to be written again.
    base.journal.tryEnd(name);
  } catch (error) {
    // The commit is made. The next call finds in the journal what is left to do.
    if (errorCode(error) === null) throw error;
  }
  return toCommit(commit);
}

function lastCommit(
  worktree: Worktree,
  head: string,
  skipped: Skipped[],
): CommitResult {
  const commit = toCommit(readCommit(worktree.base.objects, head));
  return { ...commit, changes: [], skipped, created: false };
}

/** The last commit, provided that a new one can be put on it. */
function requireBranch(worktree: Worktree): string {
  const { base, name } = worktree;
  const { ref, oid } = worktree.head();
  const place = headInside(base, name)?.ref ?? ref;
  const branch = refNames.branch(name);
  const cannot = `Cannot commit in workspace "${name}":`;
  if (place !== branch) {
    const where = place === null ? `detached at ${oid}` : `on ${place}`;
    throw new CommitError(
      `${cannot} HEAD is ${where}, not on ${branch}; run \`git checkout agentfs/${name}\` in it first`,
    );
  }
  const operation = unfinishedOperation(worktree.gitDirectory) ??
    unfinishedInside(base, name);
  if (operation === null) return oid;
  throw new CommitError(
    `${cannot} ${operation} is not finished there; finish or abort it with git`,
  );
}

function checkMessage(message: string): void {
  if (typeof message === "string" && message.trim() !== "" && !message.includes("\0")) return;
  throw new CommitError("Cannot commit: a message is a string with text in it, and no NUL");
}

/** What the options choose to commit. */
function checkedSelection(options: CommitOptions): Selection {
  checkOptions("commit", options, OPTIONS);
  return new Selection(options);
}
