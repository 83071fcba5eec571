/**
 * Where a new workspace starts: a commit for its branch, and the files that it gets.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { SnapshotNotFoundError, StoreError, WorkspaceNotFoundError } from "../errors.ts";
import { readCommit, treeOf } from "../git/commit.ts";
import { writeCommit } from "../git/isomorphic.ts";
import { isRefName, RefReader } from "../git/ref_reader.ts";
import { resolveCommit } from "../git/revision.ts";
import { finish } from "../git/steps.ts";
import type { ObjectWriter } from "../git/store.ts";
import { restoreFacts } from "../history/snapshot_commit.ts";
import { Slices } from "../platform/slices.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { readRecord, readRecords } from "../registry/record.ts";
import { ownSignature } from "../registry/signature.ts";
import type { Source } from "../worktree/file_maker.ts";
import { filesOf } from "../worktree/compare.ts";
import { importBase } from "../worktree/import_base.ts";
import { collectPermissions, type Permissions } from "../worktree/permissions.ts";
import { saveState, saveStoredTree } from "../worktree/save.ts";
import {
  type DirectoryNode,
  stateOfTree,
  stateTree,
  storedTree,
  type TreeView,
  unnameablePart,
} from "../worktree/state.ts";
import { Worktree } from "../worktree/worktree.ts";

/** What a workspace is made of. Disposing before {@linkcode Start.release} gives the objects up. */
export interface Start extends Disposable {
  /** The commit that its branch starts at. A ref, or a writer's pack, holds it until `release`. */
  readonly commit: string;
  /** What its files are. */
  readonly files: TreeView;
  /** Where most of its files are on disk already; `null` where that is not known. */
  readonly source: Source | null;
  /** The permission bits of its files; `null`: as the umask has them. */
  readonly permissions: Permissions | null;
  /** What a sparse checkout of the base leaves out. */
  readonly sparse: DirectoryNode | null;
  /** What could not be taken along. */
  readonly skipped: Skipped[];
  /** Says that the branch holds the commit now. */
  release(): void;
}

/** What to start from; neither of the two means the base as it is on disk. */
export interface StartOptions {
  readonly from?: string | undefined;
  readonly fromSnapshot?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds, or makes, the start of a new workspace.
 *
 * @throws {WorkspaceNotFoundError} where `from` names nothing.
 * @throws {SnapshotNotFoundError} where `fromSnapshot` names nothing, or several.
 */
export async function findStart(base: OpenBase, options: StartOptions): Promise<Start> {
  const { from, fromSnapshot, signal } = options;
  if (from !== undefined && fromSnapshot !== undefined) {
    throw new TypeError("Cannot create a workspace: give from or fromSnapshot, not both");
  }
  if (fromSnapshot !== undefined) {
    return await fromCommit(base, findSnapshotRef(base, fromSnapshot), signal);
  }
  if (from === undefined) {
    const { commit, root, sparse, skipped } = await importBase(base, signal);
    const source = { directory: base.layout.base, root };
    const files = storedTree(base.objects, treeOf(base.objects, commit));
    return { commit, files, source, permissions: null, sparse, skipped, ...heldBy(null) };
  }
  const record = readRecord(base, from);
  if (record !== null) return await fromWorkspace(base, new Worktree(base, record), signal);
  const commit = await resolveCommit(base, from);
  if (commit !== null) return await unwritten(base, commit);
  const start = await fromOwnersCommit(base, from, signal);
  if (start !== null) return start;
  throw new WorkspaceNotFoundError(
    `Cannot create a workspace from ${JSON.stringify(from)}: ${base.layout.base} has no ` +
      "workspace, branch, tag or commit of this name",
  );
}

/** What a commit does not tell of its files. */
const untold = { source: null, permissions: null };

/** What of a tree cannot be files here: it stays in commits, and is told. */
async function leftOut(files: TreeView): Promise<Pick<Start, "sparse" | "skipped">> {
  const sparse = await finish(unnameablePart(files), new Slices());
  const paths = sparse === null ? [] : [...filesOf(stateTree(sparse, "all"))];
  const skipped = paths.map(({ path }) => ({
    path: path.toWellFormed(),
    reason: "its name is not UTF-8",
  }));
  return { sparse, skipped };
}

/** A commit that is there already. */
async function unwritten(base: OpenBase, commit: string): Promise<Start> {
  const files = storedTree(base.objects, treeOf(base.objects, commit));
  return { commit, files, ...untold, ...await leftOut(files), ...heldBy(null) };
}

function heldBy(writer: ObjectWriter | null): Pick<Start, "release" | typeof Symbol.dispose> {
  return { release: () => writer?.release(), [Symbol.dispose]: () => writer?.abort() };
}

/** A new commit on `parents`, of the tree that `write` writes. */
async function newCommit(
  base: OpenBase,
  { parents, message }: { parents: string[]; message: string },
  write: (writer: ObjectWriter) => Promise<string>,
): Promise<Pick<Start, "commit" | "release" | typeof Symbol.dispose>> {
  const writer = base.objects.writer();
  try {
    const tree = await write(writer);
    const [author, committer] = [ownSignature(), ownSignature()];
    const commit = await writeCommit(writer, { tree, parents, message, author, committer });
    await writer.finish();
    return { commit, ...heldBy(writer) };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** The files of a commit of the base's repository, where that is not the store. */
async function fromOwnersCommit(
  base: OpenBase,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Start | null> {
  using source = base.openOwnersObjects();
  if (source === null || base.repository === null) return null;
  const refs = new RefReader(base.repository.commonDirectory);
  const oid = await resolveCommit({ objects: source, refs }, name);
  if (oid === null) return null;
  const tree = treeOf(source, oid);
  const message = `The commit ${oid} of the base\n`;
  const made = await newCommit(base, { parents: [], message }, async (writer) => {
    await saveStoredTree(tree, { source, writer, signal });
    return tree;
  });
  const files = storedTree(base.objects, tree);
  return { files, ...untold, ...await leftOut(files), ...made };
}

/** Another workspace as its files are now, on top of its last commit. */
async function fromWorkspace(
  base: OpenBase,
  source: Worktree,
  signal: AbortSignal | undefined,
): Promise<Start> {
  // A command that runs could lead the look at the files out of the workspace.
  using _ = await source.holdAll("being copied to a new workspace", signal);
  const { root, tree, skipped, writer } = await source.capture("files", { signal });
  const head = source.head().oid;
  const { objects } = base;
  try {
    const unchanged = treeOf(objects, head) === tree;
    const commit = unchanged ? head : await writeCommit(writer, {
      tree,
      parents: [head],
      message: `Workspace ${source.name} as it was\n`,
      author: ownSignature(),
      committer: ownSignature(),
    });
    await writer.finish();
    const sparse = await source.sparse();
    return {
      commit,
      files: storedTree(objects, tree),
      // Not its files, which may change again by the time that they are copied.
      source: null,
      permissions: collectPermissions(root),
      sparse: sparse && await finish(stateOfTree(sparse), new Slices(signal)),
      skipped,
      ...heldBy(writer),
    };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** A snapshot: its files, on a commit that has them without empty directories. */
async function fromCommit(
  base: OpenBase,
  ref: string,
  signal: AbortSignal | undefined,
): Promise<Start> {
  const { objects, refs } = base;
  const oid = refs.read(ref);
  if (oid === null) throw new StoreError(`Cannot read the snapshot at ${ref}: it is gone`);
  const snapshot = readCommit(objects, oid);
  const parent = snapshot.parents[0];
  const files = storedTree(objects, snapshot.tree);
  const { permissions } = restoreFacts(snapshot);
  const facts = { ...untold, ...await leftOut(files), files, permissions };
  const state = await finish(stateOfTree(files), new Slices(signal));
  const tree = stateTree(state, "files").oid;
  if (parent !== undefined && treeOf(objects, parent) === tree) {
    return { ...facts, commit: parent, ...heldBy(null) };
  }
  const parents = parent === undefined ? [] : [parent];
  const message = `Snapshot ${ref.slice("refs/agentfs/".length)}\n`;
  const made = await newCommit(base, { parents, message }, async (writer) => {
    // All files are in the snapshot's tree, so nothing is read from the directory.
    const { base: directory } = base.layout;
    return await saveState(state, { directory, flavour: "files", held: [files], writer });
  });
  return { ...facts, ...made };
}

/** The ref of `snapshot` or `workspace/snapshot`, the longest workspace name first. */
function findSnapshotRef(base: OpenBase, asked: string): string {
  const names = readRecords(base).map(({ name }) => name);
  const readings = new Set<string>();
  for (const name of names) {
    if (asked.startsWith(`${name}/`)) {
      readings.add(refNames.snapshots(name) + asked.slice(name.length + 1));
    }
    readings.add(refNames.snapshots(name) + asked);
  }
  const found = [...readings].filter((ref) => isRefName(ref) && base.refs.read(ref) !== null);
  const [ref] = found;
  if (found.length === 1 && ref !== undefined) return ref;
  const shown = JSON.stringify(asked);
  throw new SnapshotNotFoundError(
    found.length === 0
      ? `Cannot create a workspace from the snapshot ${shown}: no workspace has it`
      : `Cannot create a workspace from the snapshot ${shown}: it can be ` +
        `${found.map((ref) => ref.slice("refs/agentfs/".length)).join(" or ")}; ` +
        `say which as "workspace/snapshot"`,
  );
}
