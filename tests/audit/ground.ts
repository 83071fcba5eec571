/**
 * A log in a base of its own, for the tests of the audit room.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { Audit, type AuditedWorkspace } from "../../src/audit/audit.ts";
import { type AuditDraft, AuditLog } from "../../src/audit/log.ts";
import type { OpenBase } from "../../src/registry/open_base.ts";
import { makeRepository } from "../git.ts";
import { openBase } from "../registry/opened.ts";
import { temporaryDirectory } from "../temporary.ts";

/** The workspace that entries are about where nothing else is said. */
export const FIX: AuditedWorkspace = { name: "fix", id: "fix0123456789abc", agentId: "agent" };

/** A base, its log and the views of it. */
export class Ground implements AsyncDisposable {
  readonly path: string;
  readonly base: OpenBase;
  log: AuditLog;
  readonly audit: Audit = this.view(FIX);
  readonly all: Audit = this.view(null);
  readonly #stack: AsyncDisposableStack;

  private constructor(path: string, base: OpenBase, log: AuditLog, stack: AsyncDisposableStack) {
    this.path = path;
    this.base = base;
    this.log = log;
    this.#stack = stack;
  }

  /** Makes a repository and opens the log of it. */
  static async make(): Promise<Ground> {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await temporaryDirectory());
    await makeRepository(path, { "a.txt": "a" });
    const base = stack.use(await openBase(path));
    return new Ground(path, base, await openLog(base.layout.database), stack.move());
  }

  /** The database's file. */
  get file(): string {
    return this.base.layout.database;
  }

  /** A view of one workspace, or of all. */
  view(workspace: AuditedWorkspace | null): Audit {
    return new Audit(() => Promise.resolve({ base: this.base, log: this.log }), workspace);
  }

  /** Opens the log anew, as a process would that has seen nothing of it. */
  async reopen(): Promise<void> {
    this.log[Symbol.dispose]();
    this.log = await openLog(this.file);
  }

  /** Does something to the database behind everybody's back. */
  tamper(work: (database: DatabaseSync) => void): void {
    const database = new DatabaseSync(this.file);
    try {
      work(database);
    } finally {
      database.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.log[Symbol.dispose]();
    await this.#stack.disposeAsync();
  }
}

/** Opens a log. */
export async function openLog(path: string, lockTimeout = 10_000): Promise<AuditLog> {
  return await AuditLog.open({ path, session: "0123456789ab", lockTimeout });
}

/** A draft; what is left out does not matter. */
export function draft(values: Partial<AuditDraft> = {}): AuditDraft {
  return {
    workspace: FIX.name,
    workspaceId: FIX.id,
    agentId: FIX.agentId,
    operation: "write",
    path: "/a.txt",
    details: null,
    ...values,
  };
}

/** Starts a program of `tests/audit/children/`. */
export function startChild(
  program: string,
  args: string[],
  permissions: string[] = ["--allow-all"],
): Deno.ChildProcess {
  const path = new URL(`./children/${program}`, import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, path, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Whether somebody asks for everything, which takes minutes. */
export function isThorough(): boolean {
  const variable = "AGENTFS_THOROUGH";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Deno.env.get(variable) === "1";
}
