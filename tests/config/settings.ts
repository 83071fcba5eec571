/**
 * All settings by their paths, with what is right and what is wrong for each.
 *
 * @module
 */

import { ALL_KEYS, type AnyEntry, pathsOf, type Setting } from "../../src/config/keys.ts";

/** A value that is right, and no default, by the path of its setting. */
export const RIGHT: Readonly<Record<string, unknown>> = {
  "cacheSize": 0.5,
  "auditEnabled": false,
  "audit.reads": false,
  "audit.looks": true,
  "audit.retentionDays": 0.5,
  "author": "Ada Agent <ada@example.com>",
  "exclude": ["*.log", "/build/"],
  "dataDir": "/data",
  "store": "own",
  "lockTimeout": 1,
  "hookTimeout": 2,
  "run.sandbox": "required",
  "run.timeout": 0.5,
  "run.permissions.read": ["/opt"],
  "run.permissions.write": true,
  "run.permissions.net": false,
  "run.permissions.env": ["LANG"],
  "run.permissions.run": true,
  "run.limits.outputBytes": 1,
  "run.limits.memoryBytes": 2,
  "run.limits.processes": 3,
  "run.limits.cpuSeconds": 0.1,
  "run.limits.fileBytes": 5,
  "sync.defaultMode": "periodic",
  "sync.interval": 7,
};

/** Names no value may be quoted by: it stands for a secret in each of the values below. */
export const SECRET = "hunter2";

/** What no setting takes. */
const NEVER: readonly unknown[] = [
  ...[undefined, null, {}, new Date(0), Symbol("x"), 5n, () => {}, new Map(), NaN],
  ...[Infinity, -Infinity, 0, -1, -0, "", `${SECRET}\n`, `${SECRET}\u0000`, `\ud800${SECRET}`],
  ...[[5], [null], [""], [[SECRET]], [`${SECRET}\r`], [, "a"], new String(SECRET)],
];

/** What some settings take and the others do not; and what is nearly right for one. */
const SELDOM: readonly unknown[] = [
  ...[true, false, 5, 1e300, 2 ** 31, 100_000_001, [], [SECRET], SECRET, "true", "5"],
  ...["Auto", "auto ", "none", "realtime", "~/x", "./x", `../${SECRET}`, ["relative"], ["/x\0"]],
  ...[`${SECRET}`, `<${SECRET}@example.com>`, `${SECRET} <>`, `A <${SECRET} b>`, `A <a> ${SECRET}`],
  ...[`A\u0007${SECRET} <a@b>`, `. <a@b>`, `Ada <a@b`],
];

/** What can be said to be not set, in code. */
const NULLABLE = ["audit.retentionDays", "author", "dataDir"];

/** What is wrong for the setting at `path`. */
export function wrongFor(path: string): readonly unknown[] {
  const never = NEVER.filter((value) =>
    value !== undefined && !(value === null && NULLABLE.includes(path))
  );
  const right = new Set(TAKEN[kindOf(path)]);
  return [...never, ...SELDOM.filter((value) => !right.has(JSON.stringify(value)))];
}

/** What each kind of setting takes of the values that are tried, written down by hand. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  flag: ["true", "false"],
  size: ["5", "1e+300", "2147483648", "100000001"],
  bytes: ["5", "2147483648", "100000001"],
  ms: ["5", "100000001"],
  seconds: ["5"],
  days: ["5"],
  author: [],
  patterns: ["[]", `["${SECRET}"]`, '["relative"]'],
  path: [],
  word: [],
  paths: ["true", "false", "[]"],
  names: ["true", "false", "[]", `["${SECRET}"]`, '["relative"]'],
};

function kindOf(path: string): string {
  if (/^(auditEnabled|audit\.(reads|looks))$/.test(path)) return "flag";
  if (/permissions\.(read|write)$/.test(path)) return "paths";
  if (path.startsWith("run.permissions.")) return "names";
  if (path.startsWith("run.limits.")) return "bytes";
  if (/imeout$/.test(path)) return "ms";
  return {
    "cacheSize": "size",
    "audit.retentionDays": "days",
    "author": "author",
    "exclude": "patterns",
    "dataDir": "path",
    "store": "word",
    "run.sandbox": "word",
    "sync.defaultMode": "word",
    "sync.interval": "seconds",
  }[path] ?? "";
}

/** The paths of all settings, with dots. */
export const PATHS: readonly string[] = [...pathsOf(ALL_KEYS)].map((path) => path.join("."));

/** The entry of the table at a path. */
export function settingAt(path: string): Setting<unknown> {
  let entry: AnyEntry = { about: "", keys: ALL_KEYS };
  for (const name of path.split(".")) if ("keys" in entry) entry = entry.keys[name]!;
  if ("keys" in entry) throw new Error(`${path} is a table`);
  return entry;
}

/** Settings with one value: `{ run: { timeout: value } }` for `run.timeout`. */
export function withValue(path: string, value: unknown): Record<string, unknown> {
  const [name = "", ...rest] = path.split(".");
  return { [name]: rest.length === 0 ? value : withValue(rest.join("."), value) };
}

/** The value at a path. */
export function valueAt(values: unknown, path: string): unknown {
  return path.split(".").reduce(
    (value, name) => (value as Record<string, unknown>)?.[name],
    values,
  );
}
