/**
 * Brings the files back to a snapshot, without ever losing work: the state before is a snapshot first.
 *
 * The journal says what is going on. So a restore that is killed is finished by whoever has the
 * workspace next; one that fails is undone at once.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import { PathError, SnapshotNotFoundError, StoreError } from "../errors.ts";
import { readCommit, treeOf } from "../git/commit.ts";
import { messageOf } from "../platform/failure.ts";
import { lstat, makeDirectory, removeTree } from "../platform/fs.ts";
import type { JournalEntry } from "../registry/journal.ts";
import { Checkout } from "../worktree/checkout.ts";
import { compareTrees } from "../worktree/compare.ts";
import type { Permissions } from "../worktree/permissions.ts";
import { rootRules } from "../worktree/rules.ts";
import {
  type DirectoryNode,
  entryAt,
  limitedTo,
  nodeAt,
  stateTree,
  storedTree,
  type TreeView,
} from "../worktree/state.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { createUndoPoint, findSnapshot } from "./snapshot.ts";
import { restoreFacts } from "./snapshot_commit.ts";
import type { RestoreResult, Snapshot } from "./types.ts";

type RestoreEntry = Extract<JournalEntry, { operation: "restore" }>;

/** What a snapshot holds. */
interface Content {
  /** The id of its commit. */
  readonly oid: string;
  readonly tree: TreeView;
  readonly permissions: Permissions;
  readonly ignored: boolean;
}

/**
 * Restores a snapshot.
 *
 * @throws {SnapshotNotFoundError} where there is none of this name.
 * @throws {PathError} where ignored files, or unreadable ones, are in the way; nothing is changed.
 * @throws {StoreError} where it fails on the way; the files are as they were before.
 */
export async function restoreSnapshot(
  worktree: Worktree,
  snapshot: string | Pick<Snapshot, "name" | "oid">,
  options: { signal?: AbortSignal } = {},
): Promise<RestoreResult> {
  checkOptions("restore a snapshot", options, { signal: "signal" });
  const { signal } = options;
  const name = typeof snapshot === "string" ? snapshot : snapshot?.name;
  signal?.throwIfAborted();
  using _ = await worktree.holdAll(`restoring the snapshot "${name}"`, signal);
  const found = findSnapshot(worktree, name);
  if (typeof snapshot !== "string" && snapshot.oid !== found.oid) {
    throw new SnapshotNotFoundError(
      `Cannot restore the snapshot "${name}" of workspace "${worktree.name}": it is not the one ` +
        "given, which was deleted or is another workspace's; restore it by its name",
    );
  }
  const target = contentOf(worktree, found.oid);
  const { checkout, root, undo } = await prepare(worktree, target, {
    description: `before the restore of ${name}`,
    signal,
  });
  const restored = await carryOut(worktree, checkout, { target: target.oid, before: undo.oid });
  const changes = await compareTrees(stateTree(root, "all"), stateTree(restored, "all"));
  return { changes, undo };
}

/** Finishes the restore that a killed process began. The caller holds the workspace. */
export async function finishRestore(worktree: Worktree, entry: RestoreEntry): Promise<void> {
  const { checkout } = await prepare(worktree, contentOf(worktree, entry.target), {
    description: "before a restore that was cut off was finished",
    before: contentOf(worktree, entry.before),
  });
  await carryOut(worktree, checkout, entry);
}

function contentOf(worktree: Worktree, oid: string): Content {
  const { objects } = worktree.base;
  const facts = restoreFacts(readCommit(objects, oid));
  return { oid, tree: storedTree(objects, treeOf(objects, oid)), ...facts };
}

/**
 * Finds out whether the files can become those of `target`, takes the undo point, and writes the journal.
 * `before` is what the files were when this was begun, if it is to be finished: then the journal has it.
 */
async function prepare(
  worktree: Worktree,
  target: Content,
  { description, before, signal }: {
    description: string;
    before?: Content;
    signal?: AbortSignal | undefined;
  },
): Promise<{ checkout: Checkout; root: DirectoryNode; undo: Snapshot }> {
  const { base, name, directory } = worktree;
  const { ignored } = target;
  const entryOf = (undo: string): RestoreEntry | null =>
    before === undefined
      ? { operation: "restore", workspace: name, target: target.oid, before: undo }
      : null;
  const wasGone = lstat(directory) === null;
  if (wasGone) makeDirectory(directory);
  await worktree.repair();
  const also = before === undefined ? [target.tree] : [target.tree, before.tree];
  const capture = await worktree.capture("all", { ignored, also, signal });
  const { root } = capture;
  // Half-way, the rules on disk do not tell what was ignored. What neither side has, is not touched.
  const current = before === undefined ? root : limitedTo(root, also);
  const checkout = checkoutTo(worktree, current, target, worktree.headTree());
  try {
    requireRead(capture.unread, current, target.tree);
    await checkout.check();
    signal?.throwIfAborted();
    const facts = { description, ignored };
    return { checkout, root, undo: await createUndoPoint(worktree, capture, facts, entryOf) };
  } catch (error) {
    capture.writer.abort();
    if (before === undefined) base.journal.tryEnd(name);
    // An empty directory would look as though somebody had deleted every file in it.
    if (wasGone) removeTree(directory);
    throw error;
  }
}

/** @throws {PathError} where something would change that no undo point can hold. */
function requireRead(unread: readonly string[], current: DirectoryNode, target: TreeView): void {
  for (const path of unread) {
    const components = path.slice(1).split("/");
    const node = nodeAt(current, components);
    const known = node?.kind === "directory" ? node.tree : node?.oid;
    if (known === entryAt(target, components)?.oid) continue;
    throw new PathError(
      `Cannot restore ${path}: what is there cannot be read, so that no undo point would have it; ` +
        "make it readable, or delete it",
      path,
    );
  }
}

function checkoutTo(
  { base, directory }: Worktree,
  current: DirectoryNode,
  { tree: target, permissions }: Content,
  tracked: TreeView,
): Checkout {
  return new Checkout({
    directory,
    current,
    target,
    head: tracked,
    permissions,
    rules: rootRules(base),
    store: base.objects,
    temporary: () => base.session.dataTemporary(),
    clock: base.session.clock(),
  });
}

/** Does what the journal says. A failure on the way is undone. */
async function carryOut(
  worktree: Worktree,
  checkout: Checkout,
  commits: Pick<RestoreEntry, "target" | "before">,
): Promise<DirectoryNode> {
  try {
    return await complete(worktree, checkout);
  } catch (cause) {
    throw await goBack(worktree, commits, cause);
  }
}

/** Does the checkout, and with that all that the journal says. */
async function complete(worktree: Worktree, checkout: Checkout): Promise<DirectoryNode> {
  const { session, journal } = worktree.base;
  const clock = session.clock();
  const state = await checkout.run();
  worktree.adopt(state, clock);
  journal.endUnsynced(worktree.name);
  return state;
}

/** Brings back what was before a restore that failed; returns the error that tells of it. */
async function goBack(
  worktree: Worktree,
  commits: Pick<RestoreEntry, "target" | "before">,
  cause: unknown,
): Promise<StoreError> {
  const cannot = `Cannot restore workspace "${worktree.name}": ${messageOf(cause)}`;
  try {
    const before = contentOf(worktree, commits.before);
    const { tree: target } = contentOf(worktree, commits.target);
    const also = [before.tree, target];
    const { root } = await worktree.look({ ignored: before.ignored, also });
    // What the target alone has was made just now, so no rule may spare it: it counts as tracked.
    await complete(worktree, checkoutTo(worktree, limitedTo(root, also), before, target));
  } catch (error) {
    return new StoreError(
      `${cannot}; and going back failed: ${messageOf(error)}; the next call on the workspace ` +
        "finishes the restore",
      { cause },
    );
  }
  return new StoreError(`${cannot}; the files are as they were before`, { cause });
}
