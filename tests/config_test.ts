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
    run: { sandbox: "auto" },
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
    run: {
      sandbox: "required",
      timeout: 0.5,
      permissions: { read: ["/opt"], write: true, net: false, env: ["LANG"], run: true },
      limits: { outputBytes: 1, memoryBytes: 2, processes: 3, cpuSeconds: 0.1, fileBytes: 5 },
    },
  };
  assert.deepEqual({ ...new Config(values) }, values);
});

Deno.test("Config() does not follow what its caller does to the values afterwards", () => {
  const exclude = ["a"];
  const read = ["/opt"];
  const limits = { cpuSeconds: 1 };
  const config = new Config({ exclude, run: { permissions: { read }, limits } });
  exclude.push("b");
  read.push("/etc");
  limits.cpuSeconds = 100;
  assert.deepEqual(config.exclude, ["a"]);
  assert.deepEqual(config.run, {
    sandbox: "auto",
    permissions: { read: ["/opt"] },
    limits: { cpuSeconds: 1 },
  });
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

Deno.test("Config() names the key of run whose value cannot be", () => {
  const notObjects = [5, "x", null, [], true];
  const permissions =
    "an object of read, write, net, env and run, each true, false or an array of " +
    "strings";
  const limits =
    "an object of outputBytes, memoryBytes, processes, cpuSeconds and fileBytes above 0";
  const bad: Record<string, [values: unknown[], expected: string]> = {
    sandbox: [["on", "Auto", "none", "", true, null], '"auto", "required" or "off"'],
    timeout: [[0, -1, NaN, Infinity, 2 ** 31, "5", null], "a number of ms above 0"],
    permissions: [
      [
        ...notObjects,
        { reed: true },
        { net: "x" },
        { read: ["relative"] },
        { env: [1] },
        { read: false },
      ],
      permissions,
    ],
    limits: [[...notObjects, { memory: 5 }, { cpuSeconds: 0 }, { fileBytes: "1" }], limits],
  };
  for (const [name, [values, expected]] of Object.entries(bad)) {
    for (const value of values) {
      const run = { [name]: value } as ConfigInput["run"] & object;
      assert.throws(() => new Config({ run }), {
        code: "ConfigError",
        key: `run.${name}`,
        message: `Cannot set run.${name}: it must be ${expected}`,
      }, `${name}: ${Deno.inspect(value)}`);
    }
  }
  assert.throws(() => new Config({ run: { timeOut: 5 } as object }), {
    code: "ConfigError",
    key: "run.timeOut",
    message:
      "Cannot configure run.timeOut: there is no such setting; there are sandbox, timeout, " +
      "permissions, limits",
  });
  for (const run of notObjects) {
    assert.throws(() => new Config({ run } as object), { code: "ConfigError", key: "run" });
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
