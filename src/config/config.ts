/**
 * The settings of a base.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { ConfigError } from "../errors.ts";
import { check, CODE, isTable } from "./check.ts";
import { complete } from "./complete.ts";
import { configError } from "./failure.ts";
import { ALL_KEYS } from "./keys.ts";
import type { AuditConfig, ConfigInput, RunConfig, SyncConfig } from "./types.ts";

/**
 * The settings of a base, checked and complete. Nothing changes them any more.
 *
 * What a call says itself comes first, then what is set here, then what the repository has of it, then
 * the default. No file and no variable of the environment is looked at unless it is loaded.
 *
 * @example
 * ```ts
 * import { AgentFS, Config } from "@agentfs/sdk";
 *
 * const config = new Config({
 *   cacheSize: 128,
 *   exclude: ["*.log"],
 *   run: { sandbox: "required", timeout: 60_000, limits: { memoryBytes: 2 ** 30 } },
 * });
 * console.log(config.cacheSize, config.store); // 128 auto
 *
 * await using afs = new AgentFS(await Deno.makeTempDir(), config);
 * ```
 */
export class Config {
  /** How many MiB of git objects are kept in memory. */
  readonly cacheSize: number;
  /** Whether operations are recorded in the audit log. */
  readonly auditEnabled: boolean;
  /** What the audit log records, and for how long. */
  readonly audit: Readonly<Required<AuditConfig>>;
  /** The author of commits, `Name <email>`; `null`: the repository's. */
  readonly author: string | null;
  /** Patterns of paths that are ignored besides those that git ignores. */
  readonly exclude: readonly string[];
  /** The directory for the workspaces' files; `null`: `.agentfs` in the base. */
  readonly dataDir: string | null;
  /** Whether the base's own repository is the store. */
  readonly store: "auto" | "own";
  /** How long to wait for somebody else's lock, ms. */
  readonly lockTimeout: number;
  /** How long the handler of a hook is waited for, ms. */
  readonly hookTimeout: number;
  /** What holds for every command whose call does not say otherwise. */
  readonly run: Readonly<RunConfig> & { readonly sandbox: "auto" | "required" | "off" };
  /** What holds for the sync of every workspace that does not say otherwise. */
  readonly sync: Readonly<Required<SyncConfig>>;

  /**
   * Checks the values, copies them and fills in the defaults.
   *
   * @throws {ConfigError} on keys that do not exist and values that cannot be; `problems` has them all.
   */
  constructor(values: ConfigInput = {}) {
    if (!isTable(values)) {
      throw new ConfigError(
        `Cannot configure: the settings are an object, not ${typeName(values)}`,
      );
    }
    const { values: right, problems } = check(values, CODE);
    if (problems.length > 0) throw configError(problems, null);
    const all = complete({ ...right }, ALL_KEYS) as unknown as Pick<Config, keyof ConfigInput>;
    this.cacheSize = all.cacheSize;
    this.auditEnabled = all.auditEnabled;
    this.audit = all.audit;
    this.author = all.author;
    this.exclude = all.exclude;
    this.dataDir = all.dataDir;
    this.store = all.store;
    this.lockTimeout = all.lockTimeout;
    this.hookTimeout = all.hookTimeout;
    this.run = all.run;
    this.sync = all.sync;
    Object.freeze(this);
  }

  /**
   * Reads the settings from a TOML file of at most 1 MiB. Its keys are those of {@linkcode ConfigInput}
   * in snake case: `cache_size`, `[sync] default_mode`. Its relative paths start at its directory.
   *
   * A file in a workspace is refused: an agent can have written it. Needs `--allow-read` of the file.
   *
   * @param file its path, or a `file:` URL.
   * @throws {TypeError} where it is neither.
   * @throws {ConfigError} where the file cannot be read, is no TOML, or holds what cannot be used;
   * `problems` has each with its line and column. No value of it is ever quoted.
   *
   * @example
   * ```ts
   * import { Config } from "@agentfs/sdk";
   *
   * const file = `${await Deno.makeTempDir()}/agentfs.toml`;
   * await Deno.writeTextFile(file, `
   * cache_size = 128
   *
   * [run]
   * sandbox = "required"
   * limits = { memory_bytes = 1_073_741_824 }
   *
   * [sync]
   * default_mode = "periodic"
   * `);
   *
   * const config = await Config.load(file);
   * console.log(config.cacheSize, config.sync.defaultMode); // 128 periodic
   * ```
   */
  static async load(file: string | URL): Promise<Config> {
    const { load } = await import("./load.ts");
    return new Config(await load(file));
  }
}
