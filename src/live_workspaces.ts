/**
 * The workspaces of one open base that are in use: one object each, whoever asks for it, and the
 * commands that run in them.
 *
 * @module
 */

import type { CommandHost, RunSettings } from "./exec/host.ts";
import { type Detected, detectSandbox } from "./exec/support.ts";
import { SandboxError } from "./errors.ts";
import { batch } from "./files/batch.ts";
import { GitInside } from "./inside/git_inside.ts";
import { WorkspaceHost } from "./inside/command_host.ts";
import { RoutedFiles } from "./inside/routed_files.ts";
import { recover } from "./lifecycle/recover.ts";
import type { OpenBase } from "./registry/open_base.ts";
import { readRecord, type WorkspaceRecord } from "./registry/record.ts";
import { Workspace } from "./workspace.ts";
import { Worktree } from "./worktree/worktree.ts";

interface Live {
  readonly worktree: Worktree;
  readonly files: RoutedFiles;
  readonly workspace: Workspace;
}

/** Hands out the workspaces of a base. */
export class LiveWorkspaces {
  readonly base: OpenBase;
  readonly #live = new Map<string, Live>();
  readonly #commands = new Set<() => Promise<void>>();

  /** The file helpers that are being ended. */
  readonly #closing = new Set<Promise<void>>();
  readonly #run: RunSettings;
  #detecting: Promise<Detected> | null = null;

  constructor(base: OpenBase, run: RunSettings) {
    this.base = base;
    this.#run = run;
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
    const live = this.#live.get(name);
    if (live === undefined) return;
    this.#live.delete(name);
    live.worktree.close(why);
    const closed = live.files.close(why).finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  /** Ends every command, waits for what else is under way, and closes the base. */
  async close(): Promise<void> {
    this.base.beginClosing();
    await Promise.all([...this.#commands].map((end) => end()));
    await this.base.settled();
    for (const name of [...this.#live.keys()]) this.forget(name, "this AgentFS is closed");
    await Promise.all(this.#closing);
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
    const context = {
      root: worktree.directory,
      identify: true,
      temporary: () => base.session.dataTemporary(),
      hold: (purpose: string) => worktree.holdWriter(purpose),
      requireRoot: () => worktree.requireDirectory(),
    };
    const files = new RoutedFiles({
      worktree,
      context,
      detect: async () => (await this.#detect()).sandbox,
      trusting: this.#run.sandbox === "off",
    });
    worktree.readContent = (path) => files.readContent(path);
    const workspace = new Workspace({
      worktree,
      files,
      batch: (work) => batch(worktree, context, work),
      commands: this.#commandHost(worktree, files),
      exists: () => readRecord(base, record.name)?.id === record.id,
    });
    return { worktree, files, workspace };
  }

  #commandHost(worktree: Worktree, files: RoutedFiles): CommandHost {
    const git = new GitInside(worktree, async () => {
      const { sandbox } = await this.#detect();
      if (sandbox === null) throw new SandboxError("Cannot look into a sandbox: there is none");
      return sandbox;
    });
    return new WorkspaceHost({
      worktree,
      settings: this.#run,
      detect: () => this.#detect(),
      enter: () => git.enter(),
      starting: (purpose, signal) => files.starting(purpose, signal),
      track: (end) => {
        worktree.requireOpen();
        this.#commands.add(end);
        return () => this.#commands.delete(end);
      },
    });
  }

  /** A sandbox that is found is there to stay; one that is missing may come. */
  async #detect(): Promise<Detected> {
    const detected = await (this.#detecting ??= detectSandbox());
    if (detected.sandbox === null) this.#detecting = null;
    return detected;
  }
}
