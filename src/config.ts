/**
 * The settings of a base.
 *
 * @module
 */

import { typeName } from "./arguments.ts";
import { ConfigError } from "./errors.ts";
import { checkLimits } from "./exec/limits.ts";
import { checkTimeout } from "./exec/options.ts";
import { checkPermissions, grantsOf } from "./exec/permissions.ts";
import type { Limits, Permissions } from "./exec/types.ts";
import { isAbsolute } from "@std/path/posix";

/** The settings that {@linkcode Config} takes; all of them can be left out. */
export interface ConfigInput {
  /** How many MiB of git objects are kept in memory. Default: 64. */
  cacheSize?: number;
  /** Whether operations are recorded in the audit log. Default: true. */
  auditEnabled?: boolean;
  /** The author of commits, `Name <email>`. Default: the repository's `user.name` and `user.email`. */
  author?: string;
  /** Patterns of paths that are ignored besides those that git ignores, in gitignore's reading. */
  exclude?: string[];
  /** The absolute path of the directory for the workspaces' files. Default: `.agentfs` in the base. */
  dataDir?: string;
  /**
   * `"auto"`: the base's own repository, where it is one, holds commits and snapshots. `"own"`: nothing
   * is ever written there, everything is in `<dataDir>/store.git`. Default: `"auto"`.
   */
  store?: "auto" | "own";
  /** How long to wait for somebody else's lock on a workspace, ms. Default: 10,000. */
  lockTimeout?: number;
  /** What holds for every command whose call does not say otherwise. */
  run?: RunConfig;
}

/** What holds for every command whose call does not say otherwise. */
export interface RunConfig {
  /**
   * `"auto"`: the strongest sandbox that the machine has. `"required"`: no command runs without one.
   * `"off"`: none, unless a call passes permissions. Default: `"auto"`.
   */
  sandbox?: "auto" | "required" | "off";
  /** The time limit of a command, ms. Default: none. */
  timeout?: number;
  /** What a command may do. Who sets this wants it held: without a sandbox no command runs. */
  permissions?: Permissions;
  /** How much a command may use. Default: the machine's own limits. */
  limits?: Limits;
}

/** How one setting is checked: what would be right, and whether a value is. */
interface Rule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const positive = (unit: string): Rule => ({
  expected: `a number of ${unit} above 0`,
  accepts: (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
});

/** A setting that the room that uses it can check. */
const checkedBy = (expected: string, check: (value: never) => void): Rule => ({
  expected,
  accepts: (value) => {
    try {
      check(value as never);
      return true;
    } catch {
      return false;
    }
  },
});

const RUN_RULES: Record<keyof RunConfig, Rule> = {
  sandbox: {
    expected: '"auto", "required" or "off"',
    accepts: (value) => value === "auto" || value === "required" || value === "off",
  },
  timeout: checkedBy("a number of ms above 0", checkTimeout),
  permissions: checkedBy(
    "an object of read, write, net, env and run, each true, false or an array of strings",
    (value: Permissions) => {
      checkPermissions(value);
      grantsOf(value);
    },
  ),
  limits: checkedBy(
    "an object of outputBytes, memoryBytes, processes, cpuSeconds and fileBytes above 0",
    checkLimits,
  ),
};

const RULES: Record<Exclude<keyof ConfigInput, "run">, Rule> = {
  cacheSize: positive("MiB"),
  auditEnabled: { expected: "true or false", accepts: (value) => typeof value === "boolean" },
  author: {
    expected: 'a text such as "Name <email>"',
    accepts: (value) => typeof value === "string" && /^[^<>\n]+ <[^<>\s]+>$/.test(value),
  },
  exclude: {
    expected: "an array of patterns",
    accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  },
  dataDir: {
    expected: "an absolute path",
    accepts: (value) => typeof value === "string" && isAbsolute(value),
  },
  store: { expected: '"auto" or "own"', accepts: (value) => value === "auto" || value === "own" },
  lockTimeout: positive("ms"),
};

/**
 * The settings of a base, checked and complete.
 *
 * @example
 * ```ts
 * import { Config } from "@agentfs/sdk";
 *
 * const config = new Config({ cacheSize: 128, exclude: ["*.log"] });
 * console.log(config.cacheSize, config.store); // 128 auto
 * ```
 */
export class Config {
  /** How many MiB of git objects are kept in memory. */
  readonly cacheSize: number;
  /** Whether operations are recorded in the audit log. */
  readonly auditEnabled: boolean;
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
  /** What holds for every command whose call does not say otherwise. */
  readonly run: Readonly<RunConfig> & { readonly sandbox: "auto" | "required" | "off" };

  /**
   * Checks the values and fills in the defaults.
   *
   * @throws {ConfigError} on a key that does not exist and on a value that cannot be; `key` names it.
   */
  constructor(values: ConfigInput = {}) {
    check(values, { ...RULES, run: null });
    if (values.run !== undefined) check(values.run, RUN_RULES, "run");
    this.cacheSize = values.cacheSize ?? 64;
    this.auditEnabled = values.auditEnabled ?? true;
    this.author = values.author ?? null;
    this.exclude = [...values.exclude ?? []];
    this.dataDir = values.dataDir ?? null;
    this.store = values.store ?? "auto";
    this.lockTimeout = values.lockTimeout ?? 10_000;
    this.run = { ...structuredClone(values.run), sandbox: values.run?.sandbox ?? "auto" };
  }
}

/** Checks the settings of one table; a rule that is `null` belongs to a table of its own. */
function check(values: object, rules: Readonly<Record<string, Rule | null>>, table = ""): void {
  if (typeName(values) !== "object") {
    const what = table === "" ? "the settings are" : `${table} is`;
    throw new ConfigError(
      `Cannot configure: ${what} an object, not ${typeName(values)}`,
      table === "" ? {} : { key: table },
    );
  }
  for (const [name, value] of Object.entries(values)) {
    const key = table === "" ? name : `${table}.${name}`;
    if (!Object.hasOwn(rules, name)) {
      const known = Object.keys(rules).join(", ");
      throw new ConfigError(
        `Cannot configure ${key}: there is no such setting; there are ${known}`,
        { key },
      );
    }
    const rule = rules[name];
    if (value !== undefined && rule && !rule.accepts(value)) {
      throw new ConfigError(`Cannot set ${key}: it must be ${rule.expected}`, { key });
    }
  }
}
