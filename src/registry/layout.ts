/**
 * Where everything lies on disk.
 *
 * Two places: beside the git store, in `<git>/agentfs/`, what must outlive a `git clean` of the base;
 * and in the data directory, the base's `.agentfs/` by default, the files of the workspaces.
 *
 * @module
 */

import { nameToId } from "../names.ts";
import { basename, dirname } from "@std/path/posix";

/** The paths of one base. All are absolute. */
export class Layout {
  /** The directory that the owner works in. */
  readonly base: string;
  /** The git store: a repository's common directory. */
  readonly commonDirectory: string;
  /** Where the workspaces' files are. */
  readonly dataDirectory: string;

  constructor(paths: { base: string; commonDirectory: string; dataDirectory: string }) {
    this.base = paths.base;
    this.commonDirectory = paths.commonDirectory;
    this.dataDirectory = paths.dataDirectory;
  }

  /** Records, locks, journal and caches. */
  get agentfs(): string {
    return `${this.commonDirectory}/agentfs`;
  }

  /** Git's objects. */
  get objects(): string {
    return `${this.commonDirectory}/objects`;
  }

  /** Temporary files on the store's file system. */
  get storeTemporary(): string {
    return `${this.agentfs}/tmp`;
  }

  /** Temporary files on the workspaces' file system. */
  get dataTemporary(): string {
    return `${this.dataDirectory}/tmp`;
  }

  /** The audit log, in SQLite. */
  get database(): string {
    return `${this.agentfs}/agentfs.db`;
  }

  /** One file for each process that has the base open. */
  get sessions(): string {
    return `${this.agentfs}/sessions`;
  }

  /** One file for each workspace. */
  get records(): string {
    return `${this.agentfs}/workspaces`;
  }

  /** One file for each change that is under way. */
  get journal(): string {
    return `${this.agentfs}/journal`;
  }

  /** One file for each ref that ends with a session. */
  get temporaryRefs(): string {
    return `${this.agentfs}/temporary`;
  }

  /** Held while the set of workspaces is looked at in order to change it. */
  get registryLock(): string {
    return `${this.agentfs}/locks/@registry`;
  }

  /** Held while packs are taken away. */
  get packsLock(): string {
    return `${this.agentfs}/locks/@packs`;
  }

  /** Held while a workspace's files or refs change. */
  writerLock(workspace: string): string {
    return `${this.agentfs}/locks/${nameToId(workspace)}.write`;
  }

  /** Shared by the commands that run in a workspace. */
  commandLock(workspace: string): string {
    return `${this.agentfs}/locks/${nameToId(workspace)}.run`;
  }

  /** Shared by the sandboxed commands of a workspace: who has it alone may change what they see of git. */
  insideLock(workspace: string): string {
    return `${this.agentfs}/locks/${nameToId(workspace)}.inside`;
  }

  /** What there is of git for sandboxed commands: one directory for each workspace. */
  get insides(): string {
    return `${this.agentfs}/inside`;
  }

  /** What there is of git for the sandboxed commands of a workspace. */
  inside(workspace: string): string {
    return `${this.insides}/${nameToId(workspace)}`;
  }

  /** The repository that a sandboxed command sees in place of {@linkcode admin}; it may write it. */
  privateRepository(workspace: string): string {
    return `${this.inside(workspace)}/repository`;
  }

  /** What is known of the private repository. */
  insideNote(workspace: string): string {
    return `${this.inside(workspace)}/note.json`;
  }

  /** The owner's refs as the private repository has been given them. */
  insideRefs(workspace: string): string {
    return `${this.inside(workspace)}/owners-refs`;
  }

  /** The ignore rules of the configuration and of the user, as a file for git. */
  get userRules(): string {
    return `${this.agentfs}/exclude`;
  }

  /** Shared by the calls on a workspace's files that begin while no command runs there. */
  filesLock(workspace: string): string {
    return `${this.agentfs}/locks/${nameToId(workspace)}.files`;
  }

  /** The stat cache of a workspace. */
  statCache(workspace: string): string {
    return `${this.agentfs}/cache/${nameToId(workspace)}`;
  }

  /** The record of a workspace. */
  record(workspace: string): string {
    return `${this.records}/${nameToId(workspace)}.json`;
  }

  /** The workspace's files. */
  files(workspace: string): string {
    return `${this.dataDirectory}/workspaces/${nameToId(workspace)}`;
  }

  /** What HOME is for the commands of a workspace. */
  home(workspace: string): string {
    return `${this.dataDirectory}/home/${nameToId(workspace)}`;
  }

  /** Git's own side of the workspace: HEAD, index. */
  admin(workspace: string): string {
    return `${this.commonDirectory}/worktrees/agentfs-${nameToId(workspace)}`;
  }
}

/**
 * What a batch needs to be undone: beside the workspaces' files, wherever they are by now, since it goes
 * where they go. `files` are those of one workspace.
 */
export function batchDirectory(files: string): string {
  return `${dirname(dirname(files))}/batches/${basename(files)}`;
}

/** The branch of a workspace, without `refs/heads/`. */
export function branchName(workspace: string): string {
  return `agentfs/${workspace}`;
}

/** The refs of a workspace. */
export const refNames = {
  branch: (workspace: string): string => `refs/heads/agentfs/${workspace}`,
  all: (workspace: string): string => `refs/agentfs/${workspace}/`,
  snapshots: (workspace: string): string => `refs/agentfs/${workspace}/snapshots/`,
  undos: (workspace: string): string => `refs/agentfs/${workspace}/undo/`,
  /** A tree of the paths that a sparse checkout leaves out of the workspace's files. */
  sparse: (workspace: string): string => `refs/agentfs/${workspace}/sparse`,
  /** A blob with the head of the audit log, as it was when the workspace's history last went on. */
  audit: (workspace: string): string => `refs/agentfs/${workspace}/audit`,
  trash: "refs/agentfs/trash/",
  /** The last state of the base that a workspace started from. No name starts with `@`. */
  base: (worktree: string): string => `refs/agentfs/@base/${worktree}`,
};
