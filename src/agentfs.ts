/**
 * Opens a base directory, hands out its workspaces, closes it again.
 *
 * @module
 */

import { ownCopy, typeName } from "./arguments.ts";
import { Audit } from "./audit/audit.ts";
import { Config } from "./config/config.ts";
import { configError } from "./config/failure.ts";
import type { ConfigInput } from "./config/types.ts";
import { ClosedError } from "./errors.ts";
import { Hooks } from "./hooks.ts";
import type { GcOptions, GcResult } from "./lifecycle/gc.ts";
import { prepareBase } from "./lifecycle/recover.ts";
import { LiveWorkspaces, openLog } from "./live_workspaces.ts";
import { WorkspaceManager } from "./manager.ts";
import { absolutePath } from "./platform/absolute_path.ts";
import { attemptStore } from "./platform/failure.ts";
import { OpenBase } from "./registry/open_base.ts";

const MIB = 1024 * 1024;

type Settings = Config | ConfigInput;

/**
 * A project directory, opened for agents to work on copies of it.
 *
 * The directory can be a git repository, a directory inside one, or no repository at all. Nothing of
 * it is changed: workspaces are in its `.agentfs/`, which git ignores; commits and snapshots are objects
 * and refs of our own in its repository, or in `.agentfs/store.git` where it is none.
 *
 * Several processes can have the same base open.
 *
 * @example
 * ```ts
 * import { AgentFS } from "@agentfs/sdk";
 *
 * const project = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${project}/greeting.txt`, "Hello\n");
 *
 * await using afs = new AgentFS(project);
 * const workspace = await afs.workspace.create("my-workspace");
 * await workspace.writeFile("/greeting.txt", "Hello, world\n");
 * const { oid } = await workspace.commit("Greet everyone");
 * console.log(oid.length); // 40
 * ```
 */
export class AgentFS implements AsyncDisposable {
  /** The absolute path of the base directory. */
  readonly basePath: string;
  /** The settings. */
  readonly config: Config;
  /** The workspaces. */
  readonly workspace: WorkspaceManager;
  /** What hears of commits, snapshots and the like. */
  readonly hooks: Hooks;
  /** What was done in all workspaces, also in those that are deleted by now. */
  readonly audit: Audit;
  #opened: Promise<LiveWorkspaces> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Names a base directory. Nothing is read or written before the first awaited call, which opens the
   * store; by then the directory must exist.
   *
   * @param basePath its path, or a `file:` URL.
   * @throws {TypeError} where it is neither.
   * @throws {ConfigError} where a setting cannot be used.
   */
  constructor(
    basePath: string | URL,
    options: ConfigInput | Config | { config: Config | ConfigInput } = {},
  ) {
    const path = absolutePath(basePath);
    if (path === null) {
      throw new TypeError(
        "Cannot open a base: its path is a text that is not empty and holds no NUL, or a file: URL",
      );
    }
    this.basePath = path;
    this.config = configOf(options);
    this.workspace = new WorkspaceManager(() => this.#open());
    this.hooks = new Hooks(this.config.hookTimeout);
    this.audit = new Audit(async () => await (await this.#open()).auditSource(), null);
  }

  /**
   * Clears the store up. Deleted workspaces can be brought back for 30 days, and are gone then; so are
   * undo points, but for the newest of each workspace. The packs that this library wrote become one. In
   * your own repository no object goes; in `.agentfs/store.git` those do that nothing has led to for two
   * weeks.
   *
   * Workspaces can be worked in meanwhile, by other processes too.
   *
   * @example
   * ```ts
   * import { AgentFS } from "@agentfs/sdk";
   *
   * await using afs = new AgentFS(await Deno.makeTempDir());
   * const { before, after, refs, pruned } = await afs.gc({ undoDays: 7 });
   * console.log(before.bytes - after.bytes, refs, pruned); // 0 [] 0
   * ```
   *
   * @throws {RangeError} where `undoDays` is negative or no number.
   * @throws {BusyError} where somebody else clears it up, your own `git gc` for example.
   * @throws {StoreError} where an object is damaged; no object has gone then.
   */
  async gc(options: GcOptions = {}): Promise<GcResult> {
    const own = ownCopy(options);
    const live = await this.#open();
    return await live.recorder("", null).change(
      { operation: "gc" },
      () =>
        attemptStore("clear up the store", async () => {
          const { collectGarbage } = await import("./lifecycle/gc.ts");
          return await collectGarbage(live.base, own);
        }),
      ({ before, after, refs, pruned }) => ({ before, after, refs: refs.length, pruned }),
    );
  }

  /** Ends all commands and closes the store. Workspaces stay; a second time does nothing. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): Promise<LiveWorkspaces> {
    if (this.#closed !== undefined) {
      throw new ClosedError(`Cannot use ${this.basePath}: this AgentFS is closed; make a new one`);
    }
    return this.#opened ??= this.#openBase().catch((error) => {
      // A directory that is missing now can be there at the next call.
      this.#opened = undefined;
      throw error;
    });
  }

  async #openBase(): Promise<LiveWorkspaces> {
    const { cacheSize, lockTimeout, exclude, author, dataDir, store } = this.config;
    const base = await OpenBase.open(this.basePath, {
      cacheBytes: cacheSize * MIB,
      dataDirectory: dataDir,
      lockTimeout,
      exclude,
      author,
      store,
    });
    await using opened = new AsyncDisposableStack();
    opened.use(base);
    await attemptStore(`open the base ${this.basePath}`, () => prepareBase(base));
    const { config, hooks } = this;
    const log = config.auditEnabled ? opened.use(await openLog(base)) : null;
    const { retentionDays } = config.audit;
    if (log !== null && retentionDays !== null) {
      const { prune } = await import("./audit/prune.ts");
      await prune(log, retentionDays);
    }
    opened.move();
    return new LiveWorkspaces(base, { log, config, hooks });
  }

  async #close(): Promise<void> {
    const live = await this.#opened?.catch(() => undefined);
    await live?.close();
  }
}

function configOf(options: Settings | { config: Settings }): Config {
  if (!isWrapped(options)) return options instanceof Config ? options : new Config(options);
  const { config, ...beside } = options;
  const message = "it is beside config; put it into that";
  const problems = Object.keys(beside).map((key) => ({ key, line: null, column: null, message }));
  if (problems.length > 0) throw configError(problems, null);
  return configOf(config);
}

function isWrapped(options: Settings | { config: Settings }): options is { config: Settings } {
  return typeName(options) === "object" && "config" in options;
}
