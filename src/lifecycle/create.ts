/**
 * Makes a workspace. The record comes last: a process that is killed before leaves a journal entry, by
 * which the next open removes what was made.
 *
 * @module
 */

import { StoreError, WorkspaceExistsError } from "../errors.ts";
import { namesCollide, randomId } from "../names.ts";
import { finish } from "../git/steps.ts";
import { lstat, makeDirectory, removeFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { isWorkspace, removeAdmin, writeAdmin } from "../registry/admin.ts";
import { branchName, refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import {
  readRecords,
  removeRecord,
  type WorkspaceRecord,
  writeRecord,
} from "../registry/record.ts";
import { Checkout } from "../worktree/checkout.ts";
import { rootRules } from "../worktree/rules.ts";
import { saveState } from "../worktree/save.ts";
import type { CachedState } from "../worktree/stat_cache.ts";
import { type DirectoryNode, emptyState, settled, storedTree } from "../worktree/state.ts";
import { Worktree } from "../worktree/worktree.ts";
import { treeOf } from "../git/commit.ts";
import { copyIgnored } from "./copy_ignored.ts";
import { removeDirectory } from "./delete.ts";
import { findStart, type Start, type StartOptions } from "./start.ts";

/** What a new workspace is to be. */
export interface Creation extends StartOptions {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly agentId: string | null;
  /** Ignored paths of the base to carry along. */
  readonly copyIgnored: readonly string[];
  /** Whether it ends with this session. */
  readonly temporary: boolean;
}

/**
 * Makes a workspace and returns its record.
 *
 * @throws {WorkspaceExistsError} where the name, or a name above or below it, is taken.
 */
export async function createWorkspace(
  base: OpenBase,
  creation: Creation,
): Promise<WorkspaceRecord> {
  const { name } = creation;
  using _ = await reserve(base, creation);
  try {
    using start = await findStart(base, creation);
    const record = await make(base, creation, start);
    writeRecord(base, record);
    base.journal.tryEnd(name);
    return record;
  } catch (error) {
    await undoCreate(base, name);
    base.journal.end(name);
    throw error;
  }
}

/** Writes into the journal that the workspace is being made, if its name is free. */
async function reserve(base: OpenBase, { name, signal }: Creation): Promise<Disposable> {
  using _ = await base.lockRegistry(`creating the workspace "${name}"`, signal);
  refuseTaken(base, name);
  const lock = await base.lockWriter(name, "being created", signal);
  try {
    base.journal.begin({ operation: "create", workspace: name, commit: null });
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function refuseTaken(base: OpenBase, name: string): void {
  const underWay = base.journal.pending().map(({ workspace }) => workspace);
  const taken = [...readRecords(base).map(({ name }) => name), ...underWay]
    .find((other) => namesCollide(other, name));
  if (taken !== undefined) {
    throw new WorkspaceExistsError(
      taken === name
        ? `Cannot create the workspace "${name}": it is there already; get it, delete it, or ` +
          "choose another name"
        : `Cannot create the workspace "${name}": "${taken}" is there, and git cannot hold a name ` +
          "and another one below it",
    );
  }
  if (base.refs.read(refNames.branch(name)) !== null) {
    throw new StoreError(
      `Cannot create the workspace "${name}": the repository has a branch ${branchName(name)} ` +
        "already; rename that branch",
    );
  }
  const directory = base.layout.files(name);
  if (lstat(directory) !== null) {
    throw new StoreError(
      `Cannot create the workspace "${name}": ${directory} is there and belongs to no workspace; ` +
        "move it away",
    );
  }
  const admin = base.layout.admin(name);
  if (lstat(admin) !== null && !isWorkspace(admin)) {
    throw new StoreError(
      `Cannot create the workspace "${name}": ${admin} belongs to a worktree of git's own; ` +
        "choose another name",
    );
  }
}

async function make(base: OpenBase, creation: Creation, start: Start): Promise<WorkspaceRecord> {
  const { name } = creation;
  base.journal.begin({ operation: "create", workspace: name, commit: start.commit });
  base.refs.update(refNames.branch(name), start.commit, null);
  start.release();
  if (start.sparse !== null) await keepSparse(base, name, start.sparse);
  const record: WorkspaceRecord = {
    name,
    id: randomId(16),
    description: creation.description,
    tags: creation.tags,
    agentId: creation.agentId,
    createdAt: new Date().toISOString(),
    path: base.layout.files(name),
    skipped: start.skipped,
    session: creation.temporary ? base.session.id : null,
  };
  makeDirectory(record.path);
  removeAdmin(base, name);
  // What could not be removed of an earlier one of this name.
  await removeDirectory(base, base.layout.inside(name));
  writeAdmin(base, name, record.path);
  const worktree = new Worktree(base, record);
  const { root, clock } = await fill(base, record, start, creation.signal);
  worktree.adopt(root, clock);
  await worktree.writeIndex(storedTree(base.objects, treeOf(base.objects, start.commit)), root);
  // So that the first look reads next to nothing.
  await worktree.save();
  worktree.close("it is only being made");
  const skipped = await copyIgnored(base, record.path, creation);
  return { ...record, skipped: [...start.skipped, ...skipped] };
}

/** Writes the files, which nobody else knows of yet. */
async function fill(
  base: OpenBase,
  { path }: WorkspaceRecord,
  start: Start,
  signal: AbortSignal | undefined,
): Promise<CachedState> {
  const checkout = new Checkout({
    directory: path,
    current: start.sparse ?? emptyState,
    target: start.files,
    head: start.files,
    permissions: start.permissions,
    rules: rootRules(base),
    store: base.objects,
    source: start.source,
    temporary: () => base.session.dataTemporary(),
    clock: base.session.clock(),
    signal,
  });
  await checkout.check();
  const root = await checkout.run();
  const clock = base.session.clock();
  return { root: await finish(settled(root, clock), new Slices()), clock };
}

/** Keeps what a sparse checkout leaves out: as a tree, which a ref holds. */
async function keepSparse(base: OpenBase, name: string, sparse: DirectoryNode): Promise<void> {
  using writer = base.objects.writer();
  const directory = base.layout.base;
  const tree = await saveState(sparse, { directory, flavour: "all", held: [], writer });
  await writer.finish();
  base.refs.update(refNames.sparse(name), tree, null);
}

/** Removes whatever there is of a workspace that was not made to the end. */
export async function undoCreate(base: OpenBase, name: string): Promise<void> {
  const { layout, refs, journal } = base;
  const entry = journal.read(name);
  removeRecord(base, name);
  await removeDirectory(base, layout.files(name));
  removeAdmin(base, name);
  removeFile(layout.statCache(name));
  if (refs.read(refNames.sparse(name)) !== null) refs.delete(refNames.sparse(name));
  const branch = refNames.branch(name);
  if (entry?.operation !== "create" || entry.commit === null) return;
  if (refs.read(branch) === entry.commit) refs.delete(branch, entry.commit);
}
