/**
 * Snapshots: taking, finding and deleting them. A snapshot exists exactly when its ref does.
 *
 * @module
 */

import { checkOptions, type OptionKinds } from "../arguments.ts";
import { SnapshotExistsError, SnapshotNotFoundError } from "../errors.ts";
import { readCommit } from "../git/commit.ts";
import { publish, type Staged } from "../git/publication.ts";
import { checkName, compareNames, isName, madeUpName, namesCollide } from "../names.ts";
import type { JournalEntry } from "../registry/journal.ts";
import { refNames } from "../registry/layout.ts";
import { stateTree } from "../worktree/state.ts";
import type { Capture, Worktree } from "../worktree/worktree.ts";
import { decodeSnapshot, writeSnapshotCommit } from "./snapshot_commit.ts";
import type { Snapshot, SnapshotOptions } from "./types.ts";

const OPTIONS: OptionKinds<SnapshotOptions> = {
  description: "string",
  tags: "strings",
  ignored: "boolean",
  signal: "signal",
};

/**
 * Takes a snapshot.
 *
 * @throws {InvalidNameError | SnapshotExistsError} where the name cannot be used.
 */
export async function createSnapshot(
  worktree: Worktree,
  name: string = madeUpName(),
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  checkName("snapshot", name);
  checkOptions("take a snapshot", options, OPTIONS);
  const { description = "", tags = [], ignored = false, signal } = options;
  signal?.throwIfAborted();
  using _ = await worktree.holdAll(`taking the snapshot "${name}"`, signal);
  refuseTaken(worktree, name);
  const capture = await worktree.capture("all", { ignored, signal });
  const ref = refNames.snapshots(worktree.name) + name;
  return await keep(worktree, capture, ref, { name, description, tags: [...tags], ignored });
}

/**
 * Takes a snapshot by itself, before something that can lose work; once it is kept, that is begun with
 * what `entry` makes of its commit's id for the journal. The caller holds the workspace.
 */
export async function createUndoPoint(
  worktree: Worktree,
  capture: Capture,
  facts: { description: string; ignored: boolean },
  entry: (oid: string) => JournalEntry | null = () => null,
): Promise<Snapshot> {
  const id = madeUpName();
  const ref = refNames.undos(worktree.name) + id;
  return await keep(worktree, capture, ref, { name: `undo/${id}`, tags: [], ...facts, entry });
}

/** Makes a captured state a commit that `ref` holds. */
async function keep(
  worktree: Worktree,
  { root, tree, skipped, writer }: Capture,
  ref: string,
  { entry: entryOf, ...facts }: {
    name: string;
    description: string;
    tags: string[];
    ignored: boolean;
    entry?: (oid: string) => JournalEntry | null;
  },
): Promise<Snapshot> {
  const { refs, journal } = worktree.base;
  try {
    const parent = worktree.head().oid;
    const snapshot = await writeSnapshotCommit(writer, { root, tree, parent, skipped, ...facts });
    const entry = entryOf?.(snapshot.oid) ?? null;
    const staged = function* (): Iterable<Staged | null> {
      yield refs.stage(ref, snapshot.oid, null);
      yield worktree.keepAlong(writer);
      yield entry && journal.stage(entry);
    };
    await publish(writer, staged());
    worktree.rememberHeld(ref, snapshot.oid, stateTree(root, "all"));
    return { ...snapshot, workspace: worktree.name, ref };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/**
 * The snapshot of this name, or the undo point `undo/<id>`.
 *
 * @throws {SnapshotNotFoundError} where there is none.
 */
export function findSnapshot(worktree: Worktree, name: string): Snapshot {
  using _ = worktree.use();
  const { refs, objects } = worktree.base;
  for (const ref of refsOf(worktree.name, name)) {
    const oid = refs.read(ref);
    if (oid === null) continue;
    return { ...decodeSnapshot(readCommit(objects, oid)), workspace: worktree.name, ref };
  }
  const names = snapshotNames(worktree).sort(compareNames);
  const known = names.length === 0
    ? "it has none"
    : `it has ${names.slice(0, 10).map((name) => JSON.stringify(name)).join(", ")}` +
      (names.length > 10 ? " and more" : "");
  throw new SnapshotNotFoundError(
    `Cannot find the snapshot ${JSON.stringify(name)} of workspace "${worktree.name}": ${known}`,
  );
}

/** Where a snapshot of this name can be: an undo point has its place beside the others. */
function refsOf(workspace: string, name: string): string[] {
  if (!isName(name)) return [];
  const ref = refNames.snapshots(workspace) + name;
  return name.startsWith("undo/") ? [ref, refNames.all(workspace) + name] : [ref];
}

function snapshotNames(worktree: Worktree): string[] {
  const prefix = refNames.snapshots(worktree.name);
  return [...worktree.base.refs.names(prefix)].map((ref) => ref.slice(prefix.length));
}

/** All snapshots, oldest first. */
export function listSnapshots(worktree: Worktree): Snapshot[] {
  using _ = worktree.use();
  const { refs, objects } = worktree.base;
  const snapshots = [];
  for (const { ref, oid } of refs.list(refNames.snapshots(worktree.name))) {
    const snapshot = decodeSnapshot(readCommit(objects, oid));
    snapshots.push({ ...snapshot, workspace: worktree.name, ref });
  }
  return snapshots.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/** Whether there is a snapshot, or an undo point, of this name. */
export function hasSnapshot(worktree: Worktree, name: string): boolean {
  const { refs } = worktree.base;
  return refsOf(worktree.name, name).some((ref) => refs.read(ref) !== null);
}

/**
 * Deletes a snapshot, or an undo point. Its objects stay until git collects them.
 *
 * @throws {SnapshotNotFoundError} where there is none.
 */
export async function deleteSnapshot(worktree: Worktree, name: string): Promise<void> {
  using _ = await worktree.holdWriter(`deleting the snapshot "${name}"`);
  const { ref, oid } = findSnapshot(worktree, name);
  worktree.base.refs.delete(ref, oid);
}

function refuseTaken(worktree: Worktree, name: string): void {
  const taken = snapshotNames(worktree).find((other) => namesCollide(other, name));
  if (taken === undefined) return;
  const rule = taken === name
    ? "it is there already; delete it first or choose another name"
    : `${JSON.stringify(taken)} is there, and git cannot hold a name and another one below it`;
  throw new SnapshotExistsError(`Cannot take the snapshot ${JSON.stringify(name)}: ${rule}`);
}
