/**
 * The settings of a base.
 *
 * @module
 */

import { typeName } from "./arguments.ts";
import { ConfigError } from "./errors.ts";
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

const RULES: Record<keyof ConfigInput, Rule> = {
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

  /**
   * Checks the values and fills in the defaults.
   *
   * @throws {ConfigError} on a key that does not exist and on a value that cannot be; `key` names it.
   */
  constructor(values: ConfigInput = {}) {
    check(values);
    this.cacheSize = values.cacheSize ?? 64;
    this.auditEnabled = values.auditEnabled ?? true;
    this.author = values.author ?? null;
    this.exclude = [...values.exclude ?? []];
    this.dataDir = values.dataDir ?? null;
    this.store = values.store ?? "auto";
    this.lockTimeout = values.lockTimeout ?? 10_000;
  }
}

function check(values: ConfigInput): void {
  if (typeName(values) !== "object") {
    throw new ConfigError(`Cannot configure: the settings are an object, not ${typeName(values)}`);
  }
  for (const [key, value] of Object.entries(values)) {
    const rule = Object.hasOwn(RULES, key) ? RULES[key as keyof ConfigInput] : undefined;
    if (rule === undefined) {
      const known = Object.keys(RULES).join(", ");
      throw new ConfigError(
        `Cannot configure ${key}: there is no such setting; there are ${known}`,
        { key },
      );
    }
    if (value !== undefined && !rule.accepts(value)) {
      throw new ConfigError(`Cannot set ${key}: it must be ${rule.expected}`, { key });
    }
  }
}
