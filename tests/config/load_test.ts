/** Settings out of TOML files: what they hold, and where what is wrong with them is. */

import assert from "node:assert/strict";
import { Config, ConfigError, type ConfigInput } from "@agentfs/sdk";
import { stringify } from "@std/toml";
import { pathToFileURL } from "node:url";
import { isTable } from "../../src/config/check.ts";
import { tomlName } from "../../src/config/keys.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { PATHS, RIGHT, SECRET, settingAt, withValue, wrongFor } from "./settings.ts";
import { hasSloppyDate, TomlTexts } from "./toml_texts.ts";

/** The settings with the names that TOML has for them. */
function inToml(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      tomlName(name),
      Object.getPrototypeOf(value) === Object.prototype
        ? inToml(value as Record<string, unknown>)
        : value,
    ]),
  );
}

/** A file that holds one text after the other. */
class TomlFile implements AsyncDisposable {
  readonly #directory: Awaited<ReturnType<typeof temporaryDirectory>>;

  constructor(directory: Awaited<ReturnType<typeof temporaryDirectory>>) {
    this.#directory = directory;
  }

  static async create(): Promise<TomlFile> {
    return new TomlFile(await temporaryDirectory());
  }

  get path(): string {
    return `${this.#directory.path}/agentfs.toml`;
  }

  get directory(): string {
    return this.#directory.path;
  }

  async load(content: string | Uint8Array): Promise<Config> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(this.path, bytes);
    return await Config.load(this.path);
  }

  /** The error of a text that cannot be. */
  async errorOf(content: string | Uint8Array): Promise<ConfigError> {
    const error = await this.load(content).then(() => null, (error) => error);
    assert.ok(error instanceof ConfigError, `${error}: ${content}`);
    assert.ok(error.message.startsWith(`Cannot load ${this.path}: `), error.message);
    assert.equal(error.cause, undefined);
    return error;
  }

  /** What is wrong with a text, as `line:column key`. */
  async wrongIn(content: string): Promise<string[]> {
    const { problems } = await this.errorOf(content);
    return problems.map(({ line, column, key }) => `${line}:${column} ${key}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#directory[Symbol.asyncDispose]();
  }
}

const ALL = `\
cache_size = 0.5
audit_enabled = false
author = 'Ada Agent <ada@example.com>'
exclude = [
  "*.log", # [
  "/build/",
]
data_dir = "/data"
store = "own"
lock_timeout = 1
hook_timeout = 2
audit.reads = false
audit . "looks" = true
audit.'retention_days' = 0.5

[run]
sandbox = """
required"""
timeout = 5e-1
permissions = { read = ["/opt"], write = true, net = false, env = ['LANG'], run = true }

[run.limits]
output_bytes = 1
memory_bytes = 0x2
processes = 3
cpu_seconds = 0.1
file_bytes = 5

[sync]
default_mode = "periodic"
interval = 7
`;

Deno.test("Config.load() reads every setting, in every form", async () => {
  await using file = await TomlFile.create();
  let expected: ConfigInput = {};
  for (const [path, value] of Object.entries(RIGHT)) expected = merged(expected, path, value);
  for (const text of [ALL, `\uFEFF${ALL}`, ALL.replaceAll("\n", "\r\n"), ALL.trimEnd()]) {
    assert.deepEqual({ ...await file.load(text) }, { ...new Config(expected) });
  }
  assert.deepEqual({ ...await file.load("") }, { ...new Config() });
  assert.deepEqual({ ...await file.load("# nothing") }, { ...new Config() });
  for (const [path, value] of Object.entries(RIGHT)) {
    const config = await file.load(stringify(inToml(withValue(path, value))));
    assert.deepEqual({ ...config }, { ...new Config(withValue(path, value)) }, path);
  }
});

function merged(values: ConfigInput, path: string, value: unknown): ConfigInput {
  const [name = "", ...rest] = path.split(".");
  const known = values as Record<string, ConfigInput>;
  return {
    ...values,
    [name]: rest.length === 0 ? value : merged(known[name] ?? {}, rest.join("."), value),
  };
}

Deno.test("Config.load() takes a path, a relative one, and a URL", async () => {
  await using file = await TomlFile.create();
  await file.load("cache_size = 7");
  const up = "../".repeat(Deno.cwd().split("/").length);
  for (const path of [pathToFileURL(file.path), `${up}${file.path}`]) {
    assert.equal((await Config.load(path)).cacheSize, 7);
  }
  for (const wrong of ["", "a\0b", new URL("https://localhost/a.toml"), 5, null, undefined]) {
    await assert.rejects(Config.load(wrong as string), {
      name: "TypeError",
      message: /^Cannot load a configuration: the path /,
    });
  }
});

Deno.test("Config.load() reads relative paths from the directory of the file", async () => {
  await using file = await TomlFile.create();
  const { directory } = file;
  const config = await file.load(
    'data_dir = "../x/./y"\n[run.permissions]\nread = ["a", "/b", "."]\nwrite = ["../c"]\n' +
      'env = ["./D"]\n',
  );
  const parent = directory.replace(/\/[^/]*$/, "");
  assert.equal(config.dataDir, `${parent}/x/y`);
  assert.deepEqual(config.run.permissions, {
    read: [`${directory}/a`, "/b", directory],
    write: [`${parent}/c`],
    env: ["./D"],
  });
  await Deno.mkdir(`${directory}/links`);
  await Deno.symlink("../agentfs.toml", `${directory}/links/link.toml`);
  assert.equal((await Config.load(`${directory}/links/link.toml`)).dataDir, `${directory}/x/y`);
  for (const home of ["~", `~/${SECRET}`]) {
    const { message } = await file.errorOf(`data_dir = "${home}"`);
    assert.match(
      message,
      /data_dir: it must be an absolute or relative path without ~, or null, not this/,
    );
  }
  for (const value of ['""', '"\\u0007"', '["a"]', "5"]) {
    assert.deepEqual(await file.wrongIn(`data_dir = ${value}`), ["1:1 data_dir"]);
  }
  for (const value of ['["a", ""]', '["\\n"]', '"a"', '["~/x"]', "[[]]", "[1979-05-27]"]) {
    assert.deepEqual(await file.wrongIn(`run.permissions.read = ${value}`), [
      "1:17 run.permissions.read",
    ]);
  }
});

Deno.test("Config.load() refuses every wrong value of every setting, at its place", async () => {
  await using file = await TomlFile.create();
  for (const path of PATHS) {
    const key = path.split(".").map(tomlName).join(".");
    // What is relative is right in a file; it has a test of its own.
    const relative = settingAt(path).paths;
    for (const value of wrongFor(path)) {
      if (typeof value === "bigint" || isTable(value)) continue;
      if (relative && (typeof value === "string" || Array.isArray(value))) continue;
      let written: string;
      try {
        written = stringify({ value }).trim().replace(/^value/, key);
      } catch {
        written = "";
      }
      if (!written.startsWith(key)) continue; // TOML has no such value.
      const text = `# ${SECRET}\n\n   ${written} # ${SECRET}\n`;
      const error = await file.errorOf(text);
      assert.equal(error.key, key, text);
      assert.deepEqual(
        await file.wrongIn(text),
        [`3:${4 + key.lastIndexOf(".") + 1} ${key}`],
        text,
      );
      assert.ok(!Deno.inspect(error).includes(SECRET), text);
    }
  }
});

Deno.test("Config.load() says all that is wrong at once, in the order of the file", async () => {
  await using file = await TomlFile.create();
  const text = `\
cacheSize = 64
run.timeout = "soon"
"run" . limits = { memory_bytes = -1, 'file_byte' = 1, # }
  cpu_seconds = inf }
exclude = ["""
author = 5""", 5]
lock_timeout = 1979-05-27 07:32:00
"a b" = 1
[audit]
reads = 1
retention_days = 0
author = "Ada <a@b>"
[[sync]]
interval = 1
[run.permissions]
read = false
`;
  const expected = [
    "1:1 cacheSize",
    "2:5 run.timeout",
    "3:20 run.limits.memory_bytes",
    "3:39 run.limits.file_byte",
    "4:3 run.limits.cpu_seconds",
    "5:1 exclude",
    "7:1 lock_timeout",
    '8:1 "a b"',
    "10:1 audit.reads",
    "11:1 audit.retention_days",
    "12:1 audit.author",
    "13:3 sync",
  ];
  assert.deepEqual(await file.wrongIn(text), expected);
  assert.deepEqual(await file.wrongIn(text.replaceAll("\n", "\r\n")), expected);
  const { message, problems, line, key } = await file.errorOf(text);
  assert.deepEqual([line, key], [1, "cacheSize"]);
  const [first, ...lines] = message.split("\n");
  assert.equal(first, `Cannot load ${file.path}: 12 settings cannot be used`);
  assert.deepEqual(
    lines,
    problems.map((one) => `- line ${one.line}, column ${one.column}: ${one.key}: ${one.message}`),
  );
  assert.match(lines[0]!, /there is no such setting; did you mean cache_size\?$/);
  assert.match(lines[3]!, /there is no such setting; did you mean run\.limits\.file_bytes\?$/);
  assert.match(lines[6]!, /, not a date$/);
  assert.match(lines[10]!, /did you mean author, above the first table\?$/);
  assert.match(lines[11]!, /it must be a table of default_mode, interval, not an array$/);
});

Deno.test("Config.load() says where what is impossible together is", async () => {
  await using file = await TomlFile.create();
  const text = '[run]\nsandbox = "off"\n\n[run.permissions]\n  read = false\n';
  assert.deepEqual(await file.wrongIn(text), ["2:1 run.sandbox", "5:3 run.permissions.read"]);
});

Deno.test("Config.load() says where what is no TOML is, and quotes nothing of it", async () => {
  await using file = await TomlFile.create();
  const broken: Record<string, [text: string, place: string, rule: RegExp]> = {
    "no value": [`a = 1\nauthor = ${SECRET}\n`, "2:10", /this is no value: texts are in quotes/],
    "nothing": ["author =", "1:9", /this is no value/],
    "no end": [`author = "${SECRET}\n`, "1:18", /a control character is here/],
    "no end of a long text": [`author = """${SECRET}\n`, "1:10", /has no end; close it with the q/],
    "no end of an array": [`exclude = ["${SECRET}",`, "1:11", /has no end; close it with its bra/],
    "no end of a table": [`run = { a = 1,`, "1:7", /has no end; close it with its bracket/],
    "no comma": [`exclude = ["a" "${SECRET}"]`, "1:16", /a comma or a closing bracket/],
    "more on the line": [`cache_size = 1 store = "${SECRET}"`, "1:16", /nothing but a comment/],
    "no =": [`author "${SECRET}"`, "1:8", /a key must be here/],
    "no key": [`= "${SECRET}"`, "1:1", /a key must be here/],
    "a bad key": [`a$b = "${SECRET}"`, "1:2", /a key must be here/],
    "twice": [`store = "auto"\nstore = "${SECRET}"`, "2:1", /is set already; set it once/],
    "a table twice": ["[run]\n[run]\n", "2:2", /is set already/],
    "an escape": [`author = "${SECRET}\\q"`, "1:19", /there is no such escape/],
    "a code point": [`author = "${SECRET}\\uD800"`, "1:18", /there is no such escape/],
    "a large number": [`cache_size = 99999999999999999999`, "1:14", /too large/],
    "a bad date": [`cache_size = 1979-13-45`, "1:14", /this is no value/],
    "a zero": [`cache_size = 007`, "1:14", /this is no value/],
    "a control character": [`a = 1 # \u0001${SECRET}`, "1:9", /a control character/],
    "too deep": [`a = ${"[".repeat(2000)}`, "1:1005", /this is nested too deep/],
    "cut in the middle": [ALL.slice(0, ALL.indexOf('ired"')), "17:11", /this string has no end/],
  };
  for (const [what, [text, place, rule]] of Object.entries(broken)) {
    const error = await file.errorOf(text);
    const { line, column, key, message } = error.problems[0]!;
    assert.deepEqual([`${line}:${column}`, key], [place, null], `${what}: ${error.message}`);
    assert.equal(error.problems.length, 1);
    assert.match(message, rule, what);
    assert.ok(!`${Deno.inspect(error)}${JSON.stringify(error)}`.includes(SECRET), what);
  }
  for (let length = 0; length < ALL.length; length++) {
    await file.load(ALL.slice(0, length)).catch((error) => assert.ok(error instanceof ConfigError));
  }
});

Deno.test("Config.load() has settings or a ConfigError for any text", async () => {
  await using file = await TomlFile.create();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  const texts = new TomlTexts(random);
  for (let count = 0; count < 1000; count++) {
    const text = random.below(2) > 0 ? texts.damaged(ALL) : texts.damaged(texts.text());
    const error = await file.load(text).then(() => null, (error) => error);
    const shown = `seed ${seed}, text ${JSON.stringify(text)}: ${error}`;
    assert.ok(error === null || error instanceof ConfigError, shown);
    if (hasSloppyDate(text)) continue;
    for (const { line, column, key } of error?.problems ?? []) {
      // Something that is wrong has a place, and the place is in the text.
      const lines = text.split("\n");
      assert.ok(line > 0 && line <= lines.length, shown);
      assert.ok(column > 0 && column <= lines[line - 1]!.length + 1, shown);
      assert.ok(key === null || typeof key === "string", shown);
    }
  }
});
