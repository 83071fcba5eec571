/**
 * A snapshot as a git commit. The commit's tree holds the files; its message says the rest, the last
 * line as JSON, so that a snapshot needs nothing but its ref.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { StoreError } from "../errors.ts";
import type { CommitObject } from "../git/commit.ts";
import { writeCommit } from "../git/isomorphic.ts";
import type { ObjectWriter } from "../git/store.ts";
import { ownSignature } from "../registry/signature.ts";
import { collectPermissions, type Permissions } from "../worktree/permissions.ts";
import type { DirectoryNode } from "../worktree/state.ts";
import type { Snapshot } from "./types.ts";

const TRAILER = "Agentfs-Snapshot: ";

/** What the last line of the message says. */
interface Facts {
  readonly name: string;
  readonly description: string;
  readonly tags: string[];
  /** ISO 8601, with milliseconds that git's own date has not. */
  readonly createdAt: string;
  readonly ignored: boolean;
  readonly skipped: Skipped[];
  readonly permissions: Permissions;
}

/** What {@linkcode writeSnapshotCommit} makes a commit of. */
export interface SnapshotSource {
  readonly root: DirectoryNode;
  readonly tree: string;
  readonly parent: string;
  readonly name: string;
  readonly description: string;
  readonly tags: string[];
  readonly ignored: boolean;
  readonly skipped: Skipped[];
}

/** A snapshot without what its ref says. */
export type BareSnapshot = Omit<Snapshot, "workspace" | "ref">;

/** Writes the commit of a snapshot. */
export async function writeSnapshotCommit(
  writer: ObjectWriter,
  source: SnapshotSource,
): Promise<BareSnapshot> {
  const { root, tree, parent, name, description, tags, ignored, skipped } = source;
  const createdAt = new Date();
  const facts: Facts = {
    name,
    description,
    tags,
    createdAt: createdAt.toISOString(),
    ignored,
    skipped,
    permissions: collectPermissions(root),
  };
  const signature = ownSignature(createdAt);
  // Git takes no NUL in a commit; what was really said is in the last line.
  const said = description === "" ? "" : `${description.replaceAll("\0", "\ufffd")}\n\n`;
  const oid = await writeCommit(writer, {
    tree,
    parents: [parent],
    message: `${name}\n\n${said}${TRAILER}${JSON.stringify(facts)}\n`,
    author: signature,
    committer: signature,
  });
  return { name, description, tags, createdAt, oid, tree, skipped };
}

/**
 * The snapshot that a commit holds.
 *
 * @throws {StoreError} where the commit is not one of a snapshot.
 */
export function decodeSnapshot(commit: CommitObject): BareSnapshot {
  const { name, description, tags, createdAt, skipped } = decodeFacts(commit);
  const { oid, tree } = commit;
  return { name, description, tags, createdAt: new Date(createdAt), oid, tree, skipped };
}

/** What a restore needs besides the tree. */
export function restoreFacts(commit: CommitObject): Pick<Facts, "ignored" | "permissions"> {
  return decodeFacts(commit);
}

function decodeFacts({ oid, message }: CommitObject): Facts {
  const line = message.trimEnd().split("\n").at(-1) ?? "";
  try {
    if (line.startsWith(TRAILER)) return JSON.parse(line.slice(TRAILER.length));
  } catch {
    // Said below.
  }
  throw new StoreError(`Cannot read the snapshot ${oid}: its commit does not say what it is`);
}
