/**
 * The workspaces of one open base that are in use: one object each, whoever asks for it, and the
 * commands that run in them.
 *
 * @module
 */

import { Audit } from "./audit/audit.ts";
import { HeadKeeper } from "./audit/head_keeper.ts";
import { AuditLog } from "./audit/log.ts";
import type { Config } from "./config/config.ts";
import type { Announce, WorkspaceEvents } from "./events.ts";
import type { CommandHost } from "./exec/host.ts";
import type { Detected } from "./exec/detect.ts";
import { SandboxError } from "./errors.ts";
import { batch } from "./files/batch.ts";
import type { Hooks } from "./hooks.ts";
import type { GitInside } from "./inside/git_inside.ts";
import { WorkspaceHost } from "./inside/command_host.ts";
import { RoutedFiles } from "./inside/routed_files.ts";
import { recover } from "./lifecycle/recover.ts";
import { Recorder } from "./recorder.ts";
import type { OpenBase } from "./registry/open_base.ts";
import { readRecord, type WorkspaceRecord } from "./registry/record.ts";
import { Workspace } from "./workspace.ts";
import { Worktree } from "./worktree/worktree.ts";

interface Live {
  readonly worktree: Worktree;
  readonly files: RoutedFiles;
  readonly workspace: Workspace;
}

/** What all workspaces of a base share. */
export interface Shared {
  /** The audit log; `null`: nothing is recorded. */
  readonly log: AuditLog | null;
  readonly config: Config;
  readonly hooks: Hooks;
}

/** Opens the audit log of a base. */
export async function openLog({ layout, session, settings }: OpenBase): Promise<AuditLog> {
  const { lockTimeout } = settings;
  return await AuditLog.open({ path: layout.database, session: session.id, lockTimeout });
}

/** Hands out the workspaces of a base. */
export class LiveWorkspaces {
  readonly base: OpenBase;
  readonly #live = new Map<string, Live>();
  readonly #commands = new Set<() => Promise<void>>();

  /** The file helpers that are being ended. */
  readonly #closing = new Set<Promise<void>>();
  readonly #shared: Shared;
  readonly #head: HeadKeeper | null;
  #unwrittenLog: Promise<AuditLog> | null = null;
  #detecting: Promise<Detected> | null = null;

  constructor(base: OpenBase, shared: Shared) {
    this.base = base;
    this.#shared = shared;
    this.#head = shared.log && new HeadKeeper(base, shared.log);
  }

  /** The workspace of a record. */
  workspace(record: WorkspaceRecord): Workspace {
    return this.#get(record).workspace;
  }

  /** The same from the inside. */
  worktree(record: WorkspaceRecord): Worktree {
    return this.#get(record).worktree;
  }

  /** What records the calls on a workspace; on one of which there is no record, those on the base. */
  recorder(name: string, record: WorkspaceRecord | null): Recorder {
    const { log, config } = this.#shared;
    const { id = "", agentId = null } = record ?? {};
    return new Recorder(log, { name, id, agentId }, config.audit);
  }

  /** Where the audit log is read. One that is not written is opened when somebody asks for it. */
  async auditSource(): Promise<{ base: OpenBase; log: AuditLog }> {
    const { base } = this;
    base.requireOpen();
    return { base, log: this.#shared.log ?? await (this.#unwrittenLog ??= openLog(base)) };
  }

  /** Tells those who listen of what happened to a workspace. */
  async announce<Event extends keyof WorkspaceEvents>(
    workspace: Workspace,
    event: Event,
    ...told: WorkspaceEvents[Event]
  ): Promise<void> {
    await this.#shared.hooks.emit(event, workspace, ...told);
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
    await this.#head?.atEnd(this.#existing());
    for (const { worktree } of this.#live.values()) await worktree.save();
    for (const name of [...this.#live.keys()]) this.forget(name, "this AgentFS is closed");
    await Promise.all(this.#closing);
    this.#shared.log?.[Symbol.dispose]();
    (await this.#unwrittenLog?.catch(() => null))?.[Symbol.dispose]();
    await this.base[Symbol.asyncDispose]();
  }

  /** The names of those that nobody has deleted. */
  #existing(): string[] {
    return [...this.#live.values()]
      .map(({ worktree }) => worktree.record)
      .filter(({ name, id }) => readRecord(this.base, name)?.id === id)
      .map(({ name }) => name);
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
      identify: this.#shared.log !== null,
      temporary: () => base.session.dataTemporary(),
      hold: (purpose: string) => worktree.holdWriter(purpose),
      requireRoot: () => worktree.requireDirectory(),
    };
    const files = new RoutedFiles({
      worktree,
      context,
      detect: async () => (await this.#detect()).sandbox,
      trusting: this.#shared.config.run.sandbox === "off",
    });
    const head = this.#head;
    if (head !== null) worktree.keepAlong = (writer) => head.along(record.name, writer);
    worktree.readContent = (path) => files.readContent(path);
    const recorder = this.recorder(record.name, record);
    const announce: Announce = (event, ...told) => this.announce(workspace, event, ...told);
    const workspace: Workspace = new Workspace({
      worktree,
      files,
      batch: (work) => batch(worktree, context, work),
      commands: this.#commandHost(worktree, files, { recorder, announce }),
      audit: new Audit(() => this.auditSource(), record),
      recorder,
      announce,
      exists: () => readRecord(base, record.name)?.id === record.id,
    });
    return { worktree, files, workspace };
  }

  #commandHost(
    worktree: Worktree,
    files: RoutedFiles,
    { recorder, announce }: { recorder: Recorder; announce: Announce },
  ): CommandHost {
    let git: Promise<GitInside> | undefined;
    return new WorkspaceHost({
      worktree,
      settings: this.#shared.config.run,
      detect: () => this.#detect(),
      enter: async () => await (await (git ??= this.#gitInside(worktree))).enter(),
      starting: (purpose, signal) => files.starting(purpose, signal),
      witness: async (command, options) => {
        using begun = new DisposableStack();
        // To close waits for the end of a command, also of one that has not come to its start.
        begun.use(this.base.use());
        const ended = await recorder.command(command, options);
        const use = begun.move();
        return {
          ended: (end) => ended(end).finally(() => use.dispose()),
          announce: (result) => announce("run", result),
        };
      },
      track: (end) => {
        worktree.requireOpen();
        this.#commands.add(end);
        return () => this.#commands.delete(end);
      },
    });
  }

  /** Git for the sandboxed commands of a workspace. */
  async #gitInside(worktree: Worktree): Promise<GitInside> {
    const { GitInside } = await import("./inside/git_inside.ts");
    return new GitInside(worktree, async () => {
      const { sandbox } = await this.#detect();
      if (sandbox === null) throw new SandboxError("Cannot look into a sandbox: there is none");
      return sandbox;
    });
  }

  /** A sandbox that is found is there to stay; one that is missing may come. */
  async #detect(): Promise<Detected> {
    if (this.#detecting === null) this.base.requireOpen();
    const detected = await (this.#detecting ??= detect());
    if (detected.sandbox === null) this.#detecting = null;
    return detected;
  }
}

async function detect(): Promise<Detected> {
  const { detectSandbox } = await import("./exec/detect.ts");
  return await detectSandbox();
}
