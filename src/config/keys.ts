/**
 * The one table of all settings. Checks, defaults, the names in TOML and README's table come from it.
 *
 * The compiler holds it to the interfaces of `types.ts`: no setting too many, none too few, and no
 * default of another type.
 *
 * @module
 */

import {
  absolutePath,
  amount,
  author,
  choice,
  commandTimeout,
  days,
  duration,
  flag,
  limit,
  patterns,
  permission,
  type Rule,
} from "./rules.ts";
import type { ConfigInput } from "./types.ts";

/** One setting: what it takes, what it is about, and what holds where it is left out. */
export type Setting<Value> = Rule<Value> & { readonly about: string } & Default<Value>;

/** Without a value: `null` or, where `undefined`, no key at all; `unset` says what that comes to. */
type Default<Value> = { readonly default: Exclude<Value, null> } | {
  readonly default: null | undefined;
  readonly unset: string;
};

/** The settings of one table of TOML, by their names in TypeScript. */
export type Table<Values> = {
  readonly [Name in keyof Values]-?: Entry<Exclude<Values[Name], undefined>>;
};

/** A setting, or a table of settings. */
export type Entry<Value> = [Value] extends [boolean | number | string | readonly string[] | null]
  ? Setting<Value>
  : { readonly about: string; readonly keys: Table<Value> };

/** All settings. */
export const KEYS: Table<ConfigInput> = {
  cacheSize: {
    ...amount("MiB"),
    default: 64,
    about: "how much of the git objects is kept in memory",
  },
  auditEnabled: {
    ...flag,
    default: true,
    about: "whether operations are recorded in the audit log",
  },
  audit: {
    about: "what the audit log records, and for how long",
    keys: {
      reads: { ...flag, default: true, about: "whether reading a file's content is recorded" },
      looks: {
        ...flag,
        default: false,
        about: "whether looks without content are recorded: `stat`, `exists`, `listDir`",
      },
      retentionDays: {
        ...days,
        default: null,
        unset: "for ever",
        about: "after how many days an entry may go",
      },
    },
  },
  author: {
    ...author,
    default: null,
    unset: "the repository's `user.name` and `user.email`",
    about: "the author of commits",
  },
  exclude: {
    ...patterns,
    default: [],
    about: "paths that are ignored besides those that git ignores",
  },
  dataDir: {
    ...absolutePath,
    default: null,
    unset: "`.agentfs` in the base",
    about: "where the workspaces' files are",
  },
  store: {
    ...choice("auto", "own"),
    default: "auto",
    about: "whether the base's own repository holds commits and snapshots",
  },
  lockTimeout: {
    ...duration("ms"),
    default: 10_000,
    about: "how long somebody else's lock on a workspace is waited for",
  },
  hookTimeout: {
    ...duration("ms"),
    default: 10_000,
    about: "how long the handler of a hook is waited for",
  },
  run: {
    about: "what holds for commands whose call does not say otherwise",
    keys: {
      sandbox: {
        ...choice("auto", "required", "off"),
        default: "auto",
        about: "whether commands run in a sandbox",
      },
      timeout: {
        ...commandTimeout,
        default: undefined,
        unset: "none",
        about: "after what time a command is ended",
      },
      permissions: {
        about: "what a command may do",
        keys: {
          read: {
            ...permission("read", "absolute paths"),
            default: undefined,
            unset: "`true`",
            about: "what it may read",
          },
          write: {
            ...permission("write", "absolute paths"),
            default: undefined,
            unset: "`true`",
            about: "what it may write",
          },
          net: {
            ...permission("net", "hosts"),
            default: undefined,
            unset: "`false`",
            about: "whether it has a network",
          },
          env: {
            ...permission("env", "names of variables"),
            default: undefined,
            unset: "`true`",
            about: "what it sees of the environment",
          },
          run: {
            ...permission("run", "programs"),
            default: undefined,
            unset: "`true`",
            about: "what programs it may start",
          },
        },
      },
      limits: {
        about: "how much a command may use",
        keys: {
          outputBytes: {
            ...limit("outputBytes", "bytes"),
            default: undefined,
            unset: "16 MiB",
            about: "how much of its stdout, and of its stderr, is kept",
          },
          memoryBytes: {
            ...limit("memoryBytes", "bytes"),
            default: undefined,
            unset: "the machine's",
            about: "the address space of each of its processes",
          },
          processes: {
            ...limit("processes", "processes"),
            default: undefined,
            unset: "the machine's",
            about: "how many processes it may be at once",
          },
          cpuSeconds: {
            ...limit("cpuSeconds", "seconds"),
            default: undefined,
            unset: "the machine's",
            about: "the processor time of each of its processes",
          },
          fileBytes: {
            ...limit("fileBytes", "bytes"),
            default: undefined,
            unset: "the machine's",
            about: "the size of a file that it writes",
          },
        },
      },
    },
  },
  sync: {
    about: "what holds for the sync of workspaces that do not say otherwise",
    keys: {
      defaultMode: {
        ...choice("real-time", "periodic", "manual"),
        default: "manual",
        about: "when a workspace is synced",
      },
      interval: {
        ...duration("seconds"),
        default: 300,
        about: "the time from one periodic sync to the next",
      },
    },
  },
};

/** Settings that are right alone and impossible together. */
export interface Combination {
  /** The one that is to blame, as the names on the way to it. */
  readonly path: readonly string[];
  readonly message: string;
  readonly holds: (values: ConfigInput) => boolean;
}

/** All combinations that cannot be; each is looked for where its table has no other problem. */
export const COMBINATIONS: readonly Combination[] = [
  {
    path: ["run", "permissions", "read"],
    message: "what can be written can be read; with read = false set write = false as well",
    holds: ({ run }) => run?.permissions?.read === false && run.permissions.write !== false,
  },
  {
    path: ["run", "sandbox"],
    message: "permissions are held by a sandbox only; leave out either this or run.permissions",
    holds: ({ run }) => run?.sandbox === "off" && run.permissions !== undefined,
  },
];

/** A table whose types are checked elsewhere, for what walks over all of it. */
export type AnyTable = Readonly<Record<string, AnyEntry>>;

/** A setting or a table of them, of any type. */
export type AnyEntry = Setting<unknown> | { readonly about: string; readonly keys: AnyTable };

/** The table, for what walks over all of it. */
export const ALL_KEYS = KEYS as unknown as AnyTable;

/** The name of a setting in TOML: `cache_size`. */
export function tomlName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The names on the way to every setting. */
export function* pathsOf(keys: AnyTable): Iterable<string[]> {
  for (const [name, entry] of Object.entries(keys)) {
    if (!("keys" in entry)) yield [name];
    else for (const path of pathsOf(entry.keys)) yield [name, ...path];
  }
}
