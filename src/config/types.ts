/**
 * The settings as their owner writes them. What each takes and is without is in the table of `keys.ts`.
 *
 * @module
 */

import type { Limits, Permissions } from "../exec/types.ts";

/**
 * The settings that {@linkcode Config} takes; all of them can be left out. A `Config` is such settings,
 * too: `new Config({ ...config, auditEnabled: false })`.
 */
export interface ConfigInput {
  /**
   * How many MiB of git objects are kept in memory.
   *
   * @default {64}
   */
  cacheSize?: number;
  /**
   * Whether operations are recorded in the audit log.
   *
   * @default {true}
   */
  auditEnabled?: boolean;
  /** What the audit log records, and for how long. */
  audit?: AuditConfig;
  /** The author of commits, `Name <email>`; `null`: the repository's `user.name` and `user.email`. */
  author?: string | null;
  /** Patterns of paths that are ignored besides those that git ignores, in gitignore's reading. */
  exclude?: readonly string[];
  /** The absolute path of the directory for the workspaces' files; `null`: `.agentfs` in the base. */
  dataDir?: string | null;
  /**
   * `"auto"`: the base's own repository, where it is one, holds commits and snapshots. `"own"`: nothing
   * is ever written there, everything is in `<dataDir>/store.git`.
   *
   * @default {"auto"}
   */
  store?: "auto" | "own";
  /**
   * How long to wait for somebody else's lock on a workspace, ms.
   *
   * @default {10000}
   */
  lockTimeout?: number;
  /**
   * How long the handler of a hook is waited for, ms.
   *
   * @default {10000}
   */
  hookTimeout?: number;
  /** What holds for every command whose call does not say otherwise. */
  run?: RunConfig;
  /** What holds for the sync of every workspace that does not say otherwise. */
  sync?: SyncConfig;
}

/** What the audit log records, and for how long. */
export interface AuditConfig {
  /**
   * Whether reading a file's content is recorded.
   *
   * @default {true}
   */
  reads?: boolean;
  /**
   * Whether looks are recorded that read no content: `stat`, `exists`, `listDir`.
   *
   * @default {false}
   */
  looks?: boolean;
  /**
   * After how many days an entry may go; `null`: never.
   *
   * @default {null}
   */
  retentionDays?: number | null;
}

/** What holds for every command whose call does not say otherwise. */
export interface RunConfig {
  /**
   * `"auto"`: the strongest sandbox that the machine has. `"required"`: no command runs without one.
   * `"off"`: none, unless a call passes permissions.
   *
   * @default {"auto"}
   */
  sandbox?: "auto" | "required" | "off";
  /** The time limit of a command, ms. Default: none. */
  timeout?: number;
  /** What a command may do. Who sets this wants it held: without a sandbox no command runs. */
  permissions?: Permissions;
  /** How much a command may use. Default: the machine's own limits. */
  limits?: Limits;
}

/** What holds for the sync of every workspace that does not say otherwise. */
export interface SyncConfig {
  /**
   * `"real-time"`: changes are pushed as they come. `"periodic"`: once in each `interval`. `"manual"`:
   * when it is asked for.
   *
   * @default {"manual"}
   */
  defaultMode?: "real-time" | "periodic" | "manual";
  /**
   * The time from one periodic sync to the next, s.
   *
   * @default {300}
   */
  interval?: number;
}
