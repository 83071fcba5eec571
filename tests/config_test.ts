/** Settings: what can be set, what holds without, and the error that has all that is wrong. */

import assert from "node:assert/strict";
import { AgentFS, Config, ConfigError, type ConfigInput } from "@agentfs/sdk";
import {
  PATHS,
  RIGHT,
  SECRET,
  settingAt,
  valueAt,
  withValue,
  wrongFor,
} from "./config/settings.ts";

/** The error of settings that cannot be. */
function errorOf(values: unknown): ConfigError {
  try {
    new Config(values as ConfigInput);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  throw new Error(`nothing is wrong with ${Deno.inspect(values)}`);
}

/** The problems of settings, as `key: message`. */
const problemsOf = (values: unknown): string[] =>
  errorOf(values).problems.map(({ key, line, column, message }) => {
    assert.deepEqual([line, column], [null, null]);
    return `${key}: ${message}`;
  });

Deno.test("Config() has a default for every setting", () => {
  const defaults = {
    cacheSize: 64,
    auditEnabled: true,
    audit: { reads: true, looks: false, retentionDays: null },
    author: null,
    exclude: [],
    dataDir: null,
    store: "auto",
    lockTimeout: 10_000,
    hookTimeout: 10_000,
    run: { sandbox: "auto" },
    sync: { defaultMode: "manual", interval: 300 },
  };
  assert.deepEqual({ ...new Config() }, defaults);
  assert.deepEqual({ ...new Config({}) }, defaults);
  const empty = Object.fromEntries(Object.keys(defaults).map((key) => [key, undefined]));
  assert.deepEqual({ ...new Config(empty) }, defaults);
  assert.deepEqual({ ...new Config({ audit: {}, sync: {} }) }, defaults);
  assert.deepEqual(new Config({ run: { permissions: {}, limits: {} } }).run, {
    sandbox: "auto",
    permissions: {},
    limits: {},
  });
});

Deno.test("Config() keeps what is set, alone and all of it", () => {
  assert.deepEqual(Object.keys(RIGHT), PATHS);
  const all = new Config({
    cacheSize: 0.5,
    auditEnabled: false,
    audit: { reads: false, looks: true, retentionDays: 0.5 },
    author: "Ada Agent <ada@example.com>",
    exclude: ["*.log", "/build/"],
    dataDir: "/data",
    store: "own",
    lockTimeout: 1,
    hookTimeout: 2,
    run: {
      sandbox: "required",
      timeout: 0.5,
      permissions: { read: ["/opt"], write: true, net: false, env: ["LANG"], run: true },
      limits: { outputBytes: 1, memoryBytes: 2, processes: 3, cpuSeconds: 0.1, fileBytes: 5 },
    },
    sync: { defaultMode: "periodic", interval: 7 },
  });
  for (const [path, value] of Object.entries(RIGHT)) {
    assert.deepEqual(valueAt(all, path), value, path);
    assert.deepEqual(valueAt(new Config(withValue(path, value)), path), value, path);
  }
  assert.equal(new Config({ audit: { retentionDays: null } }).audit.retentionDays, null);
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

Deno.test("Config() is frozen, all of it", () => {
  const assertFrozen = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    assert.ok(Object.isFrozen(value), path);
    for (const [name, inner] of Object.entries(value)) assertFrozen(inner, `${path}.${name}`);
  };
  for (const values of [{}, ...PATHS.map((path) => withValue(path, RIGHT[path]))]) {
    assertFrozen(new Config(values), "config");
  }
  const exclude: string[] = [];
  new Config({ exclude });
  exclude.push("mine stays mine");
});

for (const path of PATHS) {
  Deno.test(`Config() refuses every wrong value of ${path}, and quotes none`, () => {
    const { expected } = settingAt(path);
    for (const value of wrongFor(path)) {
      const what = `${path}: ${Deno.inspect(value)}`;
      let error: ConfigError;
      try {
        error = errorOf(withValue(path, value));
      } catch (cause) {
        throw new Error(what, { cause });
      }
      assert.equal(error.code, "ConfigError", what);
      assert.equal(error.key, path, what);
      assert.equal(error.line, null, what);
      assert.equal(error.problems.length, 1, what);
      assert.ok(error.message.startsWith(`Cannot set ${path}: it must be ${expected}, not `), what);
      assert.ok(!Deno.inspect(error).includes(SECRET), what);
      assert.ok(!JSON.stringify(error).includes(SECRET), what);
    }
  });
}

Deno.test("Config() says what a wrong value is", () => {
  const said = (values: ConfigInput): string => errorOf(values).message.replace(/^.*, not /, "");
  const number: [unknown, string][] = [
    ...[["5", "this string"], ["", "an empty string"], [null, "null"], [true, "a boolean"]],
    ...[[[], "an array"], [{}, "an object"], [new Date(), "a date"], [5n, "a bigint"]],
    ...[[NaN, "NaN"], [-Infinity, "an infinite one"], [0, "0"], [-0, "0"], [
      -5,
      "a negative number",
    ]],
  ] as [unknown, string][];
  for (const [value, kind] of number) {
    assert.equal(said({ cacheSize: value as number }), kind);
  }
  assert.equal(said({ exclude: ["a", 5 as never] }), "one whose item 2 is a number");
  assert.equal(said({ exclude: ["a", "b\n"] }), "one whose item 2 is an unusable string");
  assert.equal(said({ exclude: new Array(3) }), "one whose item 1 is undefined");
  assert.equal(said({ hookTimeout: 2 ** 31 }), "this number");
});

Deno.test("Config() takes only texts that a file can hold", () => {
  assert.equal(errorOf({ exclude: ["\ud800"] }).key, "exclude");
  assert.equal(errorOf({ dataDir: "/\ud800" }).key, "dataDir");
  assert.equal(errorOf({ run: { permissions: { env: ["\ud800"] } } }).key, "run.permissions.env");
});

Deno.test("Config() takes an author where git does", () => {
  for (const author of ["Ada <a@b>", " Ada L. <a>", "Ada<a@b>", "Ада <a@b.c>", "O'Neil <o@n>"]) {
    assert.equal(new Config({ author }).author, author);
  }
  const bad = [
    "Ada",
    "<a@b>",
    "Ada <>",
    "Ada <a b>",
    "A\nB <a@b>",
    "A <a@b> x",
    "A <b> <c>",
    ", <a@b>",
  ];
  for (const author of bad) assert.equal(errorOf({ author }).key, "author", author);
});

Deno.test("Config() says all that is wrong at once, in the order in which it is written", () => {
  const values = {
    run: { timeout: "x", limits: { memoryBytes: 0, fileByte: 5 } },
    cache_size: 5,
    audit: 5,
    author: SECRET,
  };
  assert.deepEqual(problemsOf(values), [
    "run.timeout: it must be a number of ms above 0 and at most 2147483647, not this string",
    "run.limits.memoryBytes: it must be a number of bytes above 0, not 0",
    "run.limits.fileByte: there is no such setting; did you mean run.limits.fileBytes?",
    "cache_size: there is no such setting; did you mean cacheSize?",
    "audit: it must be an object of reads, looks, retentionDays, not this number",
    'author: it must be a text such as "Name <email>", or null, not this string',
  ]);
  const error = errorOf(values);
  assert.equal(error.key, "run.timeout");
  assert.equal(
    error.message,
    ["Cannot configure: 6 settings cannot be used", ...problemsOf(values)].join("\n- "),
  );
});

Deno.test("Config() stops at a hundred problems", () => {
  const values = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`cacheSiz${i}`, i]));
  assert.equal(errorOf(values).problems.length, 100);
});

Deno.test("Config() knows what an unknown key was meant to be", () => {
  const all = "there are cacheSize, auditEnabled, audit, author, exclude, dataDir, store, " +
    "lockTimeout, hookTimeout, run, sync";
  const meant: Record<string, string> = {
    cachesize: "did you mean cacheSize?",
    cache_size: "did you mean cacheSize?",
    "Cache-Size": "did you mean cacheSize?",
    cahceSize: "did you mean cacheSize?",
    cacheSizeMb: "did you mean cacheSize?",
    excludes: "did you mean exclude?",
    timeout: "did you mean run.timeout?",
    memory_bytes: "did you mean run.limits.memoryBytes?",
    interval: "did you mean sync.interval?",
    rum: "did you mean run?",
    constructor: all,
    __proto__x: all,
    toString: all,
    x: all,
    ["cacheSize".repeat(1000)]: all,
  };
  for (const [key, remedy] of Object.entries(meant)) {
    assert.equal(errorOf({ [key]: 5 }).problems[0]?.message, `there is no such setting; ${remedy}`);
  }
  assert.equal(errorOf(JSON.parse('{ "__proto__": { "cacheSize": 5 } }')).key, "__proto__");
  assert.match(
    errorOf({ run: { cacheSize: 5 } }).message,
    /^Cannot set run\.cacheSize: .* cacheSize\?$/,
  );
});

Deno.test("Config() shows no key that could forge or flood a message", () => {
  const { key, message } = errorOf({ "a\n- b\x1b[2J\x9b\u202e": 5 });
  assert.equal(key, '"a\\n- b\\u001b[2J\\u{9b}\\u{202e}"');
  assert.ok(message.startsWith(`Cannot set ${key}: `));
  assert.ok(errorOf({ ["x".repeat(1e6)]: 5 }).message.length < 400);
});

Deno.test("Config() refuses what is impossible together", () => {
  const readable = "run.permissions.read: what can be written can be read; with read = false set " +
    "write = false as well";
  assert.deepEqual(problemsOf({ run: { permissions: { read: false } } }), [readable]);
  assert.deepEqual(problemsOf({ run: { permissions: { read: false, write: ["/x"] } } }), [
    readable,
  ]);
  new Config({ run: { permissions: { read: false, write: false } } });
  const held = "run.sandbox: permissions are held by a sandbox only; leave out either this or " +
    "run.permissions";
  assert.deepEqual(problemsOf({ run: { sandbox: "off", permissions: {} } }), [held]);
  assert.deepEqual(
    problemsOf({ run: { sandbox: "off", permissions: { read: false } }, cacheSize: 0 }),
    ["cacheSize: it must be a number of MiB above 0, not 0", readable, held],
  );
  // What is wrong with write may be why.
  assert.equal(problemsOf({ run: { permissions: { read: false, write: 5 } } }).length, 1);
});

Deno.test("a Config can be made of a Config", () => {
  for (const path of PATHS) {
    const config = new Config(withValue(path, RIGHT[path]));
    assert.deepEqual({ ...new Config(config) }, { ...config }, path);
    const cacheSize = 7;
    assert.deepEqual({ ...new Config({ ...config, cacheSize }) }, { ...config, cacheSize }, path);
  }
  const config = new Config({ author: null, dataDir: null });
  assert.deepEqual({ ...config }, { ...new Config() });
});

Deno.test("Config() refuses names that no variable has", () => {
  for (const name of ["", "A=B", "A\0"]) {
    assert.deepEqual(problemsOf({ run: { permissions: { env: ["LANG", name] } } }), [
      "run.permissions.env: it must be true, false or an array of names of variables, not one " +
      `whose item 2 is an ${name === "" ? "empty" : "unusable"} string`,
    ]);
  }
});

Deno.test("Config() refuses what are no settings", () => {
  const types: [unknown, string][] = [
    ...[[5, "number"], ["x", "string"], [null, "null"], [[], "array"]] as [unknown, string][],
    ...[[new Date(), "object"], [new Map(), "object"], [() => {}, "function"]] as [
      unknown,
      string,
    ][],
  ];
  for (const [values, type] of types) {
    assert.throws(() => new Config(values as ConfigInput), {
      code: "ConfigError",
      key: null,
      message: `Cannot configure: the settings are an object, not ${type}`,
    });
  }
});

Deno.test("AgentFS() refuses settings with all that is wrong", () => {
  for (const wrap of [(values: unknown) => values, (config: unknown) => ({ config })]) {
    assert.throws(
      () => new AgentFS("/", wrap({ cacheSize: 0, storee: "own" }) as ConfigInput),
      (error: ConfigError) => error.code === "ConfigError" && error.problems.length === 2,
    );
  }
});
