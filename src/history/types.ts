/**
 * What the timeline of a workspace is made of.
 *
 * @module
 */

import type { Change, Skipped } from "../changes.ts";

/** The state of a workspace at one moment, under a name: a git commit that a ref holds. */
export interface Snapshot {
  /** Its name; unique in its workspace. */
  name: string;
  /** The workspace that it was taken of. */
  workspace: string;
  /** What its maker said of it. */
  description: string;
  /** Words to find it by. */
  tags: string[];
  /** When it was taken. */
  createdAt: Date;
  /** The id of its commit. */
  oid: string;
  /** The id of the tree that holds its files. */
  tree: string;
  /** `refs/agentfs/<workspace>/snapshots/<name>` */
  ref: string;
  /** What it could not hold, and why. */
  skipped: Skipped[];
}

/** How a snapshot is taken. */
export interface SnapshotOptions {
  /** What to say of it. */
  description?: string;
  /** Words to find it by. */
  tags?: string[];
  /** Whether ignored files belong to it: then it takes everything but `.git`. Default: false. */
  ignored?: boolean;
  /** Stops the work; the workspace is as it was. */
  signal?: AbortSignal;
}

/** What a restore did. */
export interface RestoreResult {
  /** The files that it changed, sorted by path. */
  changes: Change[];
  /** The state just before, so that no restore loses work: restore it to undo this. */
  undo: Snapshot;
}

/** A commit of git's. */
export interface Commit {
  /** The id of the commit. */
  oid: string;
  /** The id of its tree. */
  tree: string;
  /** The ids of its parents. */
  parents: string[];
  /** The message, with its final newline. */
  message: string;
  /** Who wrote it, and when. */
  author: { name: string; email: string; date: Date };
}

/** How a commit is made. */
export interface CommitOptions {
  /** `Name <email>`. Default: the configured author, else the repository's `user.name` and
   * `user.email`, else `AgentFS <agentfs@localhost>`. */
  author?: string;
  /** Only changes of paths that one of these patterns matches, in gitignore's reading. */
  include?: string[];
  /** No changes of paths that one of these patterns matches; taken away after `include`. */
  exclude?: string[];
  /** Whether to commit although nothing changed. Default: false. */
  allowEmpty?: boolean;
  /** Whether only to tell what would be committed. Default: false. */
  dryRun?: boolean;
  /** Stops the work; nothing is committed. */
  signal?: AbortSignal;
}

/** What a commit did. */
export interface CommitResult extends Commit {
  /** The files that it changed, sorted by path. */
  changes: Change[];
  /** What it could not hold, and why. */
  skipped: Skipped[];
  /** False where nothing had changed: then no commit was made, and `oid` is the last one's. */
  created: boolean;
}

/** How the files differ from the last commit. */
export interface Status {
  /** Files that are new. */
  added: Change[];
  /** Files with other contents, another mode or of another kind. */
  modified: Change[];
  /** Files that are gone. */
  deleted: Change[];
  /** Files that moved. */
  renamed: Change[];
  /** Ignored paths, where asked for; a directory ends in `/` and stands for all below it. */
  ignored: Change[];
  /** Whether a commit would hold anything new. */
  hasChanges: boolean;
}
