/**
 * Arguments of a wrong type, as they come out of JSON or of a model's tool call, for every argument and
 * option of every method.
 */

import assert from "node:assert/strict";
import { AgentFS, AgentFSError, Config } from "@agentfs/sdk";
import { TemporaryWorkspace } from "@agentfs/sdk/testing";
import { everythingBelow } from "./everything.ts";
import { codeOf, errorOf, makeSubject, type Subject } from "./subject.ts";

const WRONG: readonly unknown[] = [5, NaN, null, undefined, true, {}, [], () => {}];

/** Every argument of every method: what is tried as it, and which of the values above are right. */
const ARGUMENTS: Record<
  string,
  [call: (subject: Subject, value: never) => unknown, right?: string]
> = {
  "AgentFS(…)": [(_, value) => new AgentFS(value)],
  "AgentFS(base, …)": [({ project }, value) => new AgentFS(project.path, value), "undefined {}"],
  "AgentFS(base, { config: … })": [
    ({ project }, value) => new AgentFS(project.path, { config: value }),
    "undefined {}",
  ],
  "Config(…)": [(_, value) => new Config(value), "undefined {}"],
  ...Object.fromEntries(
    Object.keys(new Config()).map((key) => [
      `Config({ ${key}: … })`,
      [
        (_: Subject, value: never) => new Config({ [key]: value }),
        {
          cacheSize: "5 undefined",
          lockTimeout: "5 undefined",
          auditEnabled: "true undefined",
          author: "null undefined",
          dataDir: "null undefined",
          exclude: "[] undefined",
          hookTimeout: "5 undefined",
          audit: "{} undefined",
          run: "{} undefined",
          sync: "{} undefined",
        }[key] ?? "undefined",
      ],
    ]),
  ),
  "Config.load(…)": [(_, value) => Config.load(value)],
  "gc(…)": [({ afs }, value) => afs.gc(value), "undefined {}"],
  ...options("gc", ["undoDays"], "5 undefined", ({ afs }, x) => afs.gc(x)),
  ...options("gc", ["dryRun"], "true undefined", ({ afs }, x) => afs.gc(x)),
  ...options("gc", ["signal"], "undefined", ({ afs }, x) => afs.gc(x)),
  "create(…)": [({ afs }, value) => afs.workspace.create(value)],
  "create(name, …)": [({ afs }, value) => afs.workspace.create("x", value), "undefined {}"],
  ...options(
    "create",
    ["description", "agentId", "from", "fromSnapshot"],
    "undefined",
    (subject, x) => subject.afs.workspace.create("x", x),
  ),
  ...options(
    "create",
    ["tags", "copyIgnored"],
    "undefined []",
    (subject, x) => subject.afs.workspace.create("x", x),
  ),
  ...options(
    "create",
    ["signal"],
    "undefined",
    (subject, x) => subject.afs.workspace.create("x", x),
  ),
  "get(…)": [({ afs }, value) => afs.workspace.get(value)],
  "list(…)": [({ afs }, value) => afs.workspace.list(value), "undefined {}"],
  ...options("list", ["tag", "agentId"], "undefined", ({ afs }, x) => afs.workspace.list(x)),
  "delete(…)": [({ afs }, value) => afs.workspace.delete(value)],
  "temp(…)": [({ afs }, value) => afs.workspace.temp(value), "undefined"],
  "temp(prefix, …)": [({ afs }, value) => afs.workspace.temp("x", value), "undefined {}"],
  "run(…)": [({ workspace }, value) => workspace.run(value)],
  "run(command, …)": [({ workspace }, value) => workspace.run("true", value), "undefined {}"],
  "run([…])": [({ workspace }, value) => workspace.run(["true", value])],
  ...options("run", ["timeout"], "5 undefined", ({ workspace }, x) => workspace.run("true", x)),
  ...options(
    "run",
    ["workdir", "stdin", "signal"],
    "undefined",
    ({ workspace }, x) => workspace.run("true", x),
  ),
  ...options(
    "run",
    ["check", "changes", "captureOutput"],
    "true undefined",
    ({ workspace }, x) => workspace.run("true", x),
  ),
  ...options("run", ["env"], "undefined {}", ({ workspace }, x) => workspace.run("true", x)),
  "runStream(…)": [({ workspace }, value) => workspace.runStream(value).result],
  "runStream(command, …)": [
    ({ workspace }, value) => workspace.runStream("true", value).result,
    "undefined {}",
  ],
  "spawn(…)": [({ workspace }, value) => workspace.spawn(value)],
  "spawn(command, …)": [
    async ({ workspace }, value) => {
      await using _ = await workspace.spawn("true", value);
    },
    "undefined {}",
  ],
  "readFile(…)": [({ workspace }, value) => workspace.readFile(value)],
  "readBytes(…)": [({ workspace }, value) => workspace.readBytes(value)],
  "writeFile(…)": [({ workspace }, value) => workspace.writeFile(value, "x")],
  "writeFile(path, …)": [({ workspace }, value) => workspace.writeFile("/x", value)],
  "writeFile(path, data, …)": [
    ({ workspace }, value) => workspace.writeFile("/a.txt", "one\n", value),
    "undefined {}",
  ],
  ...options(
    "writeFile",
    ["mode"],
    "5 undefined",
    ({ workspace }, x) => workspace.writeFile("/a.txt", "one\n", { ...x, createNew: true }),
  ),
  ...options(
    "writeFile",
    ["append", "createNew"],
    "true undefined",
    ({ workspace }, x) => workspace.writeFile("/a.txt", "one\n", x),
  ),
  "exists(…)": [({ workspace }, value) => workspace.exists(value), "undefined"],
  "stat(…)": [({ workspace }, value) => workspace.stat(value)],
  "listDir(…)": [({ workspace }, value) => workspace.listDir(value), "undefined"],
  "listDir(path, …)": [({ workspace }, value) => workspace.listDir("/", value), "undefined {}"],
  ...options(
    "listDir",
    ["recursive"],
    "true undefined",
    ({ workspace }, x) => workspace.listDir("/", x),
  ),
  "copy(…, to)": [({ workspace }, value) => workspace.copy(value, "/x")],
  "copy(from, …)": [({ workspace }, value) => workspace.copy("/a.txt", value)],
  "move(…, to)": [({ workspace }, value) => workspace.move(value, "/x")],
  "move(from, …)": [({ workspace }, value) => workspace.move("/a.txt", value)],
  "delete path(…)": [({ workspace }, value) => workspace.delete(value)],
  "delete path(path, …)": [({ workspace }, value) => workspace.delete("/d", value)],
  ...options("delete path", ["recursive"], "true", ({ workspace }, x) => workspace.delete("/d", x)),
  "mkdir(…)": [({ workspace }, value) => workspace.mkdir(value)],
  "symlink(…, path)": [({ workspace }, value) => workspace.symlink(value, "/x")],
  "symlink(target, …)": [({ workspace }, value) => workspace.symlink("x", value)],
  "readLink(…)": [({ workspace }, value) => workspace.readLink(value)],
  "chmod(…, mode)": [({ workspace }, value) => workspace.chmod(value, 0o600)],
  "chmod(path, …)": [({ workspace }, value) => workspace.chmod("/a.txt", value), "5"],
  "openStream(…)": [({ workspace }, value) => workspace.openStream(value)],
  "openStream(path, …)": [
    async ({ workspace }, value) => await (await workspace.openStream("/a.txt", value)).close(),
    "undefined",
  ],
  "stream.read(…)": [async ({ workspace }, value) => {
    await using stream = await workspace.openStream("/a.txt");
    await stream.read(value);
  }, "5"],
  "batch(…)": [({ workspace }, value) => workspace.batch(value), "[] function"],
  "batch([…])": [({ workspace }, value) => workspace.batch([value])],
  ...Object.fromEntries(
    ["type", "path", "content", "append", "mode"].map((name) => [
      `batch([{ ${name}: … }])`,
      [
        ({ workspace }: Subject, value: never) =>
          workspace.batch([
            { type: "write", path: "/.gone/../x", content: "", ...{ [name]: value } },
          ]),
      ],
    ]),
  ),
  "batchProcess(…)": [
    async ({ workspace }, value) => await Array.fromAsync(workspace.batchProcess(value, () => {})),
    "[]",
  ],
  "batchProcess(items, …)": [
    async ({ workspace }, value) => await Array.fromAsync(workspace.batchProcess([], value)),
    "function",
  ],
  "batchProcess(items, callback, …)": [
    async ({ workspace }, value) =>
      await Array.fromAsync(workspace.batchProcess([], () => {}, value)),
    "undefined {}",
  ],
  ...options(
    "batchProcess",
    ["concurrency"],
    "5 undefined",
    ({ workspace }, x) => Array.fromAsync(workspace.batchProcess([], () => {}, x)),
  ),
  ...options(
    "batchProcess",
    ["signal"],
    "undefined",
    ({ workspace }, x) => Array.fromAsync(workspace.batchProcess([], () => {}, x)),
  ),
  "status(…)": [({ workspace }, value) => workspace.status(value), "undefined {}"],
  ...options("status", ["ignored"], "true undefined", ({ workspace }, x) => workspace.status(x)),
  "diff(…)": [({ workspace }, value) => workspace.diff(value), "undefined {}"],
  ...options("diff", ["against"], "undefined", ({ workspace }, x) => workspace.diff(x)),
  ...options("diff", ["paths"], "undefined []", ({ workspace }, x) => workspace.diff(x)),
  "commit(…)": [({ workspace }, value) => workspace.commit(value)],
  "commit(message, …)": [({ workspace }, value) => workspace.commit("x", value), "undefined {}"],
  ...options(
    "commit",
    ["author", "signal"],
    "undefined",
    ({ workspace }, x) => workspace.commit("x", { ...x, dryRun: true }),
  ),
  ...options(
    "commit",
    ["include", "exclude"],
    "undefined []",
    ({ workspace }, x) => workspace.commit("x", { ...x, dryRun: true }),
  ),
  ...options(
    "commit",
    ["allowEmpty", "dryRun"],
    "true undefined",
    ({ workspace }, x) => workspace.commit("x", { dryRun: true, ...x }),
  ),
  "log(…)": [({ workspace }, value) => workspace.log(value), "undefined {}"],
  ...options("log", ["limit"], "5 undefined", ({ workspace }, x) => workspace.log(x)),
  ...options("log", ["path"], "undefined", ({ workspace }, x) => workspace.log(x)),
  "snapshot.create(…)": [({ workspace }, value) => workspace.snapshot.create(value), "undefined"],
  "snapshot.create(name, …)": [
    ({ workspace }, value) => workspace.snapshot.create("x", value),
    "undefined {}",
  ],
  ...options(
    "snapshot.create",
    ["description"],
    "undefined",
    ({ workspace }, x) => workspace.snapshot.create("x", x),
  ),
  ...options(
    "snapshot.create",
    ["tags"],
    "undefined []",
    ({ workspace }, x) => workspace.snapshot.create("x", x),
  ),
  ...options(
    "snapshot.create",
    ["ignored"],
    "true undefined",
    ({ workspace }, x) => workspace.snapshot.create("x", x),
  ),
  "snapshot.get(…)": [({ workspace }, value) => workspace.snapshot.get(value)],
  "snapshot.restore(…)": [({ workspace }, value) => workspace.snapshot.restore(value)],
  "snapshot.restore(snapshot, …)": [
    ({ workspace }, value) => workspace.snapshot.restore("s", value),
    "undefined {}",
  ],
  "snapshot.delete(…)": [({ workspace }, value) => workspace.snapshot.delete(value)],
  "snapshot.diff(…)": [({ workspace }, value) => workspace.snapshot.diff(value)],
  "snapshot.diff(from, …)": [
    ({ workspace }, value) => workspace.snapshot.diff("s", value),
    "undefined",
  ],
  "snapshot.temp(…)": [({ workspace }, value) => workspace.snapshot.temp(value), "undefined"],
};

/** Each of these options alone, and one whose name is misspelt. */
function options(
  method: string,
  names: string[],
  right: string,
  call: (subject: Subject, options: Record<string, never>) => unknown,
): typeof ARGUMENTS {
  return Object.fromEntries([...names, `${names[0]}s`].map((name) => [
    `${method}({ ${name}: … })`,
    [
      (subject: Subject, value: never) => call(subject, { [name]: value }),
      names.includes(name) ? right : "",
    ],
  ]));
}

const nameOf = (value: unknown): string =>
  typeof value === "function" ? "function" : JSON.stringify(value) ?? "undefined";

Deno.test("an argument of a wrong type is a typed error that says what is right, and changes nothing", async () => {
  await using tried = await makeSubject();
  const before = everythingBelow(tried.project.directory);
  for (const [what, [call, right = ""]] of Object.entries(ARGUMENTS)) {
    for (const value of WRONG) {
      const named = Number.isNaN(value) ? "NaN" : nameOf(value);
      if (right.split(" ").includes(named)) continue;
      const error = await errorOf(() => call(tried, value as never));
      const shown = `${what} with ${named}: ${error}`;
      assert.match(codeOf(error), /^(TypeError|RangeError|\w+Error)$/, shown);
      assert.ok(
        error instanceof AgentFSError || error instanceof TypeError || error instanceof RangeError,
        shown,
      );
      // What V8 says of its own starts like our messages.
      assert.match(
        error.message,
        /^Cannot (?!read prop|set prop|destruct|convert|mix)[^:]+: ./,
        shown,
      );
    }
    assert.deepEqual(everythingBelow(tried.project.directory), before, what);
  }
});

Deno.test("has() is false for what is no name", async () => {
  await using tried = await makeSubject();
  for (const value of WRONG) {
    assert.equal(await tried.afs.workspace.has(value as never), false);
    assert.equal(await tried.workspace.snapshot.has(value as never), false);
  }
});

Deno.test("TemporaryWorkspace.create() says what is wrong with its options", async () => {
  const wrong: [unknown, RegExp][] = [
    [null, /its options are an object, not null/],
    [{ file: {} }, /there is no option "file"; there are files/],
    [{ files: { a: 5 } }, /files is an object whose values are strings, not object/],
    [{ files: null }, /files is an object whose values are strings, not null/],
    [{ files: ["a"] }, /files is an object whose values are strings, not array/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(TemporaryWorkspace.create(options as never), {
      name: "TypeError",
      message,
    });
  }
});

Deno.test("AgentFS() takes no URL that is no path of this machine", () => {
  for (const url of ["file://host/x", "file:///a%2Fb", "https://example.com/", "file:///a%00"]) {
    assert.throws(() => new AgentFS(new URL(url)), {
      name: "TypeError",
      message: /^Cannot open a base: its path is .* or a file: URL$/,
    });
  }
});
