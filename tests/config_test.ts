/** Settings: what can be set, what it is without, and the error that names the key. */

import assert from "node:assert/strict";
import { Config, type ConfigError, type ConfigInput } from "@agentfs/sdk";

Deno.test("Config() has a default for every setting", () => {
  const defaults = {
    cacheSize: 64,
    auditEnabled: true,
    author: null,
    exclude: [],
    dataDir: null,
    store: "auto",
    lockTimeout: 10_000,
  };
  assert.deepEqual({ ...new Config() }, defaults);
  assert.deepEqual({ ...new Config({}) }, defaults);
  const empty = Object.fromEntries(Object.keys(defaults).map((key) => [key, undefined]));
  assert.deepEqual({ ...new Config(empty) }, defaults);
});

Deno.test("Config() keeps what is set", () => {
  const values: Required<ConfigInput> = {
    cacheSize: 0.5,
    auditEnabled: false,
    author: "Ada Agent <ada@example.com>",
    exclude: ["*.log", "/build/"],
    dataDir: "/data",
    store: "own",
    lockTimeout: 1,
  };
  assert.deepEqual({ ...new Config(values) }, values);
});

Deno.test("Config() does not follow what its caller does to the values afterwards", () => {
  const exclude = ["a"];
  const config = new Config({ exclude });
  exclude.push("b");
  assert.deepEqual(config.exclude, ["a"]);
});

Deno.test("Config() names the key of a value that cannot be, and says what could", () => {
  const number = [0, -1, NaN, Infinity, "5", null, [5]];
  const bad: Record<string, [values: unknown[], expected: string]> = {
    cacheSize: [number, "a number of MiB above 0"],
    lockTimeout: [number, "a number of ms above 0"],
    auditEnabled: [["true", 1, null], "true or false"],
    author: [
      ["", "Ada", "<ada@example.com>", "Ada <>", "Ada <a b>", "A\nB <a@b>", 5, null],
      'a text such as "Name <email>"',
    ],
    exclude: [["*.log", [5], null, {}], "an array of patterns"],
    dataDir: [["", "data", "./data", 5, null], "an absolute path"],
    store: [["", "Own", "git", true, null], '"auto" or "own"'],
  };
  for (const [key, [values, expected]] of Object.entries(bad)) {
    for (const value of values) {
      assert.throws(() => new Config({ [key]: value }), (error: ConfigError) => {
        assert.equal(error.code, "ConfigError");
        assert.equal(error.key, key);
        assert.equal(error.line, null);
        assert.equal(error.message, `Cannot set ${key}: it must be ${expected}`);
        return true;
      }, `${key}: ${value}`);
    }
  }
});

Deno.test("Config() names a key that does not exist, and those that do", () => {
  for (const key of ["cachesize", "cache_size", "__proto__x", "constructor", "config"]) {
    assert.throws(() => new Config({ [key]: 5 }), (error: ConfigError) => {
      assert.equal(error.code, "ConfigError");
      assert.equal(error.key, key);
      assert.match(error.message, /there is no such setting; there are cacheSize, auditEnabled, /);
      return true;
    });
  }
});

Deno.test("Config() refuses what are no settings", () => {
  const types: [unknown, string][] = [[5, "number"], ["x", "string"], [null, "null"], [
    [],
    "array",
  ]];
  for (const [values, type] of types) {
    assert.throws(() => new Config(values as ConfigInput), {
      code: "ConfigError",
      message: `Cannot configure: the settings are an object, not ${type}`,
    });
  }
});
