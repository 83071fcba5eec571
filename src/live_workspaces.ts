/**
 * The workspaces of one open base that are in use: one object each, whoever asks for it, and the
 * commands that run in them.
 *
 * @module
 */

import type { Change } from "./changes.ts";
import { FileNotFoundError, NotADirectoryError } from "./errors.ts";
import type { CommandHost } from "./exec/host.ts";
import { recover } from "./lifecycle/recover.ts";
import type { OpenBase } from "./registry/open_base.ts";
import { readRecord, type WorkspaceRecord } from "./registry/record.ts";
import { Workspace } from "./workspace.ts";
import { resolveBeneath } from "./worktree/beneath.ts";
import { compareTrees } from "./worktree/compare.ts";
import { writeUserRules } from "./worktree/rules.ts";
import { stateTree } from "./worktree/state.ts";
import { Worktree } from "./worktree/worktree.ts";

interface Live {
  readonly worktree: Worktree;
  readonly workspace: Workspace;
}

/** Hands out the workspaces of a base. */
export class LiveWorkspaces {
  readonly base: OpenBase;
  readonly #live = new Map<string, Live>();
  readonly #commands = new Set<() => Promise<void>>();

  constructor(base: OpenBase) {
    this.base = base;
  }

  /** The workspace of a record. */
  workspace(record: WorkspaceRecord): Workspace {
    return this.#get(record).workspace;
  }

  /** The same from the inside. */
  worktree(record: WorkspaceRecord): Worktree {
    return this.#get(record).worktree;
  }

  /** Lets go of a workspace; `why` goes into the errors of those who still use it. */
  forget(name: string, why: string): void {
    this.#live.get(name)?.worktree.close(why);
    this.#live.delete(name);
  }

  /** Ends every command, waits for what else is under way, and closes the base. */
  async close(): Promise<void> {
    this.base.beginClosing();
    await Promise.all([...this.#commands].map((end) => end()));
    await this.base.settled();
    for (const name of [...this.#live.keys()]) this.forget(name, "this AgentFS is closed");
    await this.base[Symbol.asyncDispose]();
  }

  #get(record: WorkspaceRecord): Live {
    const known = this.#live.get(record.name);
    if (known?.worktree.record.id === record.id) return known;
    this.forget(record.name, "it was deleted");
    const live = this.#make(record);
    this.#live.set(record.name, live);
    return live;
  }

  #make(record: WorkspaceRecord): Live {
    const { base } = this;
    const worktree = new Worktree(base, record, () => recover(base, record.name));
    const workspace = new Workspace({
      worktree,
      files: {
        root: worktree.directory,
        temporary: () => base.session.dataTemporary(),
        hold: (purpose) => worktree.holdWriter(purpose),
        requireRoot: () => worktree.requireDirectory(),
      },
      commands: this.#commandHost(worktree),
      exists: () => readRecord(base, record.name)?.id === record.id,
    });
    return { worktree, workspace };
  }

  #commandHost(worktree: Worktree): CommandHost {
    const home = this.base.layout.home(worktree.name);
    return {
      directory: worktree.directory,
      home,
      resolveDirectory: (path) => resolveDirectory(worktree, path),
      hold: async (purpose, signal) => {
        const lock = await worktree.holdCommand(purpose, signal);
        writeUserRules(this.base, home);
        return lock;
      },
      observe: () => observe(worktree),
      track: (end) => {
        worktree.requireOpen();
        this.#commands.add(end);
        return () => this.#commands.delete(end);
      },
    };
  }
}

function resolveDirectory(worktree: Worktree, path: string): string {
  worktree.requireDirectory();
  const { stat, path: directory, asked } = resolveBeneath(worktree.directory, path, {
    follow: true,
  });
  if (stat?.isDirectory) return directory;
  const cannot = `Cannot run a command in ${asked}:`;
  if (stat === null) throw new FileNotFoundError(`${cannot} there is no such directory`, asked);
  throw new NotADirectoryError(`${cannot} it is not a directory`, asked);
}

async function observe(worktree: Worktree): Promise<() => Promise<Change[]>> {
  const before = await worktree.look();
  return async () => {
    const after = await worktree.look();
    return compareTrees(stateTree(before.root, "files"), stateTree(after.root, "files"));
  };
}
