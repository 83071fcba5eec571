/** The table of settings: README shows it, and the compiler holds it to the types. */

import assert from "node:assert/strict";
import { type AuditConfig, Config } from "@agentfs/sdk";
import { ALL_KEYS, pathsOf, type Table, tomlName } from "../../src/config/keys.ts";
import { amount, days, flag } from "../../src/config/rules.ts";
import { temporaryDirectory } from "../temporary.ts";
import { README, readmeRows, settingRows } from "./readme_table.ts";
import { settingAt } from "./settings.ts";

Deno.test("README has the table of settings; tests/config/readme_table.ts writes it", async () => {
  assert.deepEqual(readmeRows(await Deno.readTextFile(README)), settingRows());
});

Deno.test("README's file of settings can be loaded", async () => {
  const readme = await Deno.readTextFile(README);
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/agentfs.toml`;
  await Deno.writeTextFile(path, /```toml\n([^]*?)```/.exec(readme)?.[1] ?? "no example");
  const { cacheSize, run, sync } = await Config.load(path);
  assert.deepEqual([cacheSize, run.timeout, sync.interval], [128, 60_000, 60]);
});

Deno.test("every default is what its setting takes", () => {
  for (const path of pathsOf(ALL_KEYS)) {
    const setting = settingAt(path.join("."));
    if ("unset" in setting) assert.ok(setting.default === null || setting.default === undefined);
    else assert.ok(setting.accepts(setting.default), path.join("."));
  }
});

Deno.test("the name of a setting is in snake case in TOML", () => {
  assert.equal(tomlName("cacheSize"), "cache_size");
  assert.equal(tomlName("store"), "store");
  const names = [...pathsOf(ALL_KEYS)].map((path) => path.map(tomlName).join("."));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z_]+(\.[a-z_]+)*$/);
});

const about = "a test";
const reads = { ...flag, default: true, about };
const looks = { ...flag, default: false, about };
const retentionDays = { ...days, default: null, unset: "for ever", about };

// Each of these is a mistake that the compiler finds: without one, the next line is the error.
const RIGHT: Table<AuditConfig> = { reads, looks, retentionDays };
// @ts-expect-error a setting too few
const TOO_FEW: Table<AuditConfig> = { reads, looks };
// @ts-expect-error a setting too many
const TOO_MANY: Table<AuditConfig> = { reads, looks, retentionDays, more: reads };
// @ts-expect-error a default of another type
const OTHER_DEFAULT: Table<AuditConfig> = { reads, looks: { ...looks, default: 5 }, retentionDays };
const OTHER_RULE: Table<AuditConfig> = {
  reads,
  // @ts-expect-error a rule for values of another type
  looks: { ...amount("ms"), default: false, about },
  retentionDays,
};
const NESTED: Table<{ audit?: AuditConfig }> = {
  // @ts-expect-error a setting too few in a table of a table
  audit: { about, keys: { reads, looks } },
};
const NESTED_MORE: Table<{ audit?: AuditConfig }> = {
  // @ts-expect-error a setting too many in a table of a table
  audit: { about, keys: { reads, looks, retentionDays, more: reads } },
};
const NOT_SAID: Table<AuditConfig> = {
  reads,
  looks,
  // @ts-expect-error nothing said of what holds without
  retentionDays: { ...days, default: null, about },
};

Deno.test("the compiler finds a table that is not that of the types", () => {
  const tables = [
    RIGHT,
    TOO_FEW,
    TOO_MANY,
    OTHER_DEFAULT,
    OTHER_RULE,
    NESTED,
    NESTED_MORE,
    NOT_SAID,
  ];
  assert.equal(tables.length, 8);
});
