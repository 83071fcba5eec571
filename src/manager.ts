/**
 * `afs.workspace`: makes, finds and deletes workspaces.
 *
 * @module
 */

import { checkOptions, type OptionKinds, ownCopy } from "./arguments.ts";
import type { AuditDetails } from "./audit/types.ts";
import { ClosedError, WorkspaceNotFoundError } from "./errors.ts";
import { recoverAll } from "./lifecycle/recover.ts";
import type { LiveWorkspaces } from "./live_workspaces.ts";
import { checkName, isName, madeUpName } from "./names.ts";
import { attemptStore } from "./platform/failure.ts";
import type { OpenBase } from "./registry/open_base.ts";
import { readRecord, readRecords, type WorkspaceRecord } from "./registry/record.ts";
import type { Workspace } from "./workspace.ts";

/** What a new workspace is to be. */
export interface CreateOptions {
  /** What to say of it. */
  description?: string;
  /** Words to find it by. */
  tags?: string[];
  /** The agent that it is for. */
  agentId?: string;
  /** A snapshot to start from: `"snapshot"`, or `"workspace/snapshot"` where several have the name. */
  fromSnapshot?: string;
  /** Another workspace, a branch, a tag or a commit to start from, instead of the base as it is. */
  from?: string;
  /** Ignored paths of the base to carry along, such as `["node_modules", ".env"]`. */
  copyIgnored?: string[];
  /** Stops the work; nothing is left of the workspace. */
  signal?: AbortSignal;
}

const CREATE_OPTIONS: OptionKinds<CreateOptions> = {
  description: "string",
  tags: "strings",
  agentId: "string",
  fromSnapshot: "string",
  from: "string",
  copyIgnored: "strings",
  signal: "signal",
};

/**
 * The workspaces of a base.
 *
 * @example
 * ```ts
 * import { AgentFS } from "@agentfs/sdk";
 *
 * const directory = await Deno.makeTempDir();
 * await using afs = new AgentFS(directory);
 * const workspace = await afs.workspace.create("fix-typo", { tags: ["docs"] });
 * await workspace.writeFile("/README.md", "# Hello\n");
 * console.log((await afs.workspace.list({ tag: "docs" })).map(({ name }) => name)); // ["fix-typo"]
 * await afs.workspace.delete("fix-typo");
 * ```
 */
export class WorkspaceManager {
  readonly #open: () => Promise<LiveWorkspaces>;

  /** @internal */
  constructor(open: () => Promise<LiveWorkspaces>) {
    this.#open = open;
  }

  /**
   * Makes a workspace. It starts from the base as it is on disk: its last commit, and where files differ
   * from that one commit on top, which holds all files that are not ignored.
   *
   * @throws {InvalidNameError} where the name breaks a rule.
   * @throws {WorkspaceExistsError} where there is one of this name, or one that it would contain.
   * @throws {StoreError} where the base cannot be read.
   */
  async create(name: string, options: CreateOptions = {}): Promise<Workspace> {
    return (await this.#create(name, ownCopy(options), false)).workspace;
  }

  async #create(
    name: string,
    options: CreateOptions,
    temporary: boolean,
  ): Promise<{ workspace: Workspace; record: WorkspaceRecord }> {
    const live = await this.#open();
    const call = { operation: "create", details: { ...startOf(options), temporary } };
    let record: WorkspaceRecord;
    try {
      record = await createRecord(live.base, name, options, temporary);
    } catch (error) {
      const subject = typeof name === "string" ? name : "";
      await live.recorder(subject, readRecord(live.base, name)).failed(call, error);
      throw error;
    }
    const workspace = live.workspace(record);
    await live.recorder(name, record).done(call);
    await live.announce(workspace, "workspaceCreate");
    return { workspace, record };
  }

  /**
   * The workspace of this name.
   *
   * @throws {WorkspaceNotFoundError} where there is none.
   */
  async get(name: string): Promise<Workspace> {
    const live = await this.#open();
    return live.workspace(findRecord(live.base, name));
  }

  /** All workspaces, or those with a tag or of an agent, sorted by name. */
  async list(filter: { tag?: string; agentId?: string } = {}): Promise<Workspace[]> {
    checkOptions("list the workspaces", filter, { tag: "string", agentId: "string" });
    const live = await this.#open();
    const { tag, agentId } = filter;
    return readRecords(live.base)
      .filter((record) => tag === undefined || record.tags.includes(tag))
      .filter((record) => agentId === undefined || record.agentId === agentId)
      .map((record) => live.workspace(record));
  }

  /** Whether there is a workspace of this name. */
  async has(name: string): Promise<boolean> {
    const { base } = await this.#open();
    return readRecord(base, name) !== null;
  }

  /**
   * Deletes a workspace: its files go; its branch, its last state and its snapshots stay
   * under `refs/agentfs/trash/`, from where `git` can bring them back.
   *
   * @throws {WorkspaceNotFoundError} where there is none of this name.
   * @throws {BusyError} where a command runs in it.
   */
  async delete(name: string): Promise<void> {
    const live = await this.#open();
    const record = readRecord(live.base, name);
    const recorder = live.recorder(typeof name === "string" ? name : "", record);
    const workspace = await recorder.change(
      { operation: "delete" },
      async () => {
        const worktree = live.worktree(findRecord(live.base, name));
        const workspace = live.workspace(worktree.record);
        await attemptStore(`delete the workspace "${name}"`, async () => {
          using _ = await worktree.holdAll("being deleted").catch((error) => {
            // Somebody else may have deleted it meanwhile.
            findRecord(live.base, name);
            throw error;
          });
          const { deleteWorkspace } = await import("./lifecycle/delete.ts");
          await deleteWorkspace(worktree);
          live.forget(name, "it was deleted");
        });
        return workspace;
      },
    );
    await live.announce(workspace, "workspaceDelete");
  }

  /** Makes a workspace that `await using` deletes, for good, at the end of its scope. */
  async temp(
    prefix = "temp",
    options: CreateOptions = {},
  ): Promise<Workspace & AsyncDisposable> {
    // A prefix that cannot be one is refused as a name.
    const name = isName(prefix) ? `${prefix}-${madeUpName()}` : prefix;
    const { workspace, record } = await this.#create(name, ownCopy(options), true);
    return Object.assign(workspace, {
      [Symbol.asyncDispose]: async (): Promise<void> => {
        try {
          const { base } = await this.#open();
          // Deleted before, maybe to make another one of the name.
          if (readRecord(base, name)?.id === record.id) await this.delete(name);
        } catch (error) {
          // Closed before, and then it goes when the base is opened next.
          if (!(error instanceof ClosedError)) throw error;
        }
      },
    });
  }
}

/** Makes a workspace as it was asked for, and gives its record. */
async function createRecord(
  base: OpenBase,
  name: string,
  options: CreateOptions,
  temporary: boolean,
): Promise<WorkspaceRecord> {
  checkName("workspace", name);
  checkOptions("create a workspace", options, CREATE_OPTIONS);
  const { description = "", tags = [], agentId = null, copyIgnored = [] } = options;
  const { from, fromSnapshot, signal } = options;
  const start = { from, fromSnapshot, copyIgnored, signal };
  const creation = { ...start, name, description, tags, agentId, temporary };
  signal?.throwIfAborted();
  return await attemptStore(`create the workspace "${name}"`, async () => {
    // What a killed process was at would keep the name.
    await recoverAll(base);
    const { createWorkspace } = await import("./lifecycle/create.ts");
    return await createWorkspace(base, creation);
  });
}

/** Where a new workspace is to start from, as it is recorded. */
function startOf(options: CreateOptions): AuditDetails {
  const { from, fromSnapshot, copyIgnored } = options ?? {};
  return Object.fromEntries(
    Object.entries({ from, fromSnapshot, copyIgnored }).filter(([, value]) => value !== undefined),
  );
}

function findRecord(base: OpenBase, name: string): WorkspaceRecord {
  const record = readRecord(base, name);
  if (record !== null) return record;
  const names = readRecords(base).map(({ name }) => JSON.stringify(name));
  const known = names.length === 0
    ? "there is none yet"
    : `there are ${names.slice(0, 10).join(", ")}${names.length > 10 ? " and more" : ""}`;
  throw new WorkspaceNotFoundError(
    `Cannot find the workspace ${JSON.stringify(name)}: ${known}; create it first`,
  );
}
