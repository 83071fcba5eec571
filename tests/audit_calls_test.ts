/**
 * Each public call leaves the entries that it must, and no others.
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { AuditEntry, ConfigInput, Workspace } from "@agentfs/sdk";
import { git } from "./git.ts";
import { makeProject } from "./project.ts";
import { Random } from "./random.ts";

const CALLS = Deno.env.has("AGENTFS_THOROUGH") ? 10_000 : 1500;

interface Expected {
  readonly operation: string;
  readonly path: string | null;
  readonly failed: boolean;
}

interface Call {
  readonly operation: string;
  readonly kind: "change" | "read" | "look";
  readonly path?: string;
  /** How many entries it leaves: a command has two. */
  readonly entries?: number;
  readonly make: (workspace: Workspace) => Promise<unknown>;
}

const NAMES = [
  "a",
  "b",
  "c",
  "d/e",
  "d/f",
  "d",
  "link",
  "../out",
  "d/../../out",
  ".git/x",
  "",
  "x\0",
];

/** A random call, which may well be refused. */
function randomCall(random: Random): Call {
  const name = random.pick(NAMES);
  const path = `/${name}`;
  const other = random.pick(NAMES);
  const text = random.pick(["", "one\n", "two\n", "x".repeat(5000)]);
  const change = (operation: string, make: Call["make"], at = path): Call => ({
    operation,
    kind: "change",
    path: at,
    make,
  });
  const read = (make: Call["make"]): Call => ({ operation: "read", kind: "read", path, make });
  const look = (operation: string, make: Call["make"], at?: string): Call => ({
    operation,
    kind: "look",
    ...(at !== undefined && { path: at }),
    make,
  });
  const calls: (() => Call)[] = [
    () => read((w) => w.readFile(name)),
    () => read((w) => w.readBytes(path)),
    () => read((w) => w.readFile(path)),
    () => read(async (w) => await using(await w.openStream(path), (s) => s.read(10))),
    () => change("write", (w) => w.writeFile(name, text)),
    () => change("write", (w) => w.writeFile(path, text)),
    () => change("write", (w) => w.writeFile(path, text, { createNew: true })),
    () => change("write", (w) => w.writeFile(path, text, { mode: -1 })),
    () => change("append", (w) => w.writeFile(path, text, { append: true })),
    () =>
      change(
        "write",
        async (w) => await using(await w.openStream(path, "w"), (s) => s.write(text)),
      ),
    () =>
      change(
        "append",
        async (w) => await using(await w.openStream(path, "a"), (s) => s.write(text)),
      ),
    () => change("copy", (w) => w.copy(other, path)),
    () => change("move", (w) => w.move(other, path)),
    () => change("delete", (w) => w.delete(path)),
    () => change("delete", (w) => w.delete(path, { recursive: true })),
    () => change("mkdir", (w) => w.mkdir(path)),
    () => change("symlink", (w) => w.symlink("a", path)),
    () => change("chmod", (w) => w.chmod(path, 0o755)),
    () => look("exists", (w) => w.exists(path), path),
    () => look("stat", (w) => w.stat(path), path),
    () => look("listDir", (w) => w.listDir(path), path),
    () => look("readLink", (w) => w.readLink(path), path),
  ];
  const rare: (() => Call)[] = [
    () => look("status", (w) => w.status()),
    () => look("diff", (w) => w.diff()),
    () => look("snapshot.list", (w) => w.snapshot.list()),
    () => ({ operation: "commit", kind: "change", make: (w) => w.commit("Work") }),
    () => ({ operation: "commit", kind: "change", make: (w) => w.commit("") }),
    () => ({ operation: "snapshot", kind: "change", make: (w) => w.snapshot.create() }),
    () => ({ operation: "snapshot", kind: "change", make: (w) => w.snapshot.create("s") }),
    () => ({ operation: "restore", kind: "change", make: (w) => w.snapshot.restore("s") }),
    () => ({ operation: "snapshot.delete", kind: "change", make: (w) => w.snapshot.delete("s") }),
    () => ({
      operation: "batch",
      kind: "change",
      make: (w) => w.batch([{ type: "write", path, content: text }]),
    }),
    () => ({ operation: "run", kind: "change", entries: 2, make: (w) => w.run(["true"]) }),
    () => ({
      operation: "run",
      kind: "change",
      entries: 2,
      make: (w) => w.run(["no-such-program"]),
    }),
    () => ({
      operation: "run",
      kind: "change",
      entries: 2,
      make: (w) => w.run("false", { check: true }),
    }),
  ];
  return random.pick(random.rarely(25, rare, calls))();
}

async function using<T extends AsyncDisposable>(
  stream: T,
  work: (stream: T) => Promise<unknown>,
): Promise<void> {
  await using held = stream;
  await work(held);
}

/** Makes random calls, and gives what each of them was and whether it failed. */
async function makeCalls(
  workspace: Workspace,
  random: Random,
  count: number,
  isRecorded: (call: Call) => boolean,
): Promise<Expected[]> {
  const expected: Expected[] = [];
  for (let number = 0; number < count; number++) {
    const call = randomCall(random);
    const failed = await call.make(workspace).then(() => false, () => true);
    if (!isRecorded(call)) continue;
    const { operation, entries = 1 } = call;
    // A NUL would end a text for others who read the database.
    const path = call.path?.replaceAll("\0", "␀") ?? null;
    for (let entry = 1; entry <= entries; entry++) {
      // A command that could not be started, or was to succeed, is told of at its end.
      const isEnd = entry === entries;
      expected.push({ operation, path, failed: failed && isEnd });
    }
  }
  return expected;
}

/** An entry as far as the call decides it. A command that ran has no error, whatever its caller wanted. */
function seen({ operation, path, details }: AuditEntry): Expected {
  const isEnd = operation === "run" && details?.phase === "end" && details.code !== undefined;
  return {
    operation,
    path,
    failed: details?.error !== undefined || (isEnd && details?.code !== 0),
  };
}

const MODES: Record<string, { config: ConfigInput; isRecorded: (call: Call) => boolean }> = {
  "by default": { config: {}, isRecorded: ({ kind }) => kind !== "look" },
  "without reads": {
    config: { audit: { reads: false } },
    isRecorded: ({ kind }) => kind === "change",
  },
  "with looks": { config: { audit: { looks: true } }, isRecorded: () => true },
};

for (const [mode, { config, isRecorded }] of Object.entries(MODES)) {
  Deno.test(`the log has an entry for each call in their order, ${mode}`, async () => {
    const seed = Date.now() % 1_000_000;
    await using project = await makeProject({ config: { run: { sandbox: "off" }, ...config } });
    const workspace = await project.afs.workspace.create("w");
    const expected = await makeCalls(workspace, new Random(seed), CALLS, isRecorded);
    const logs = await workspace.audit.logs();
    assert.deepEqual(logs.slice(1).map(seen), expected, `seed ${seed}`);
    assert.equal(logs[0]?.operation, "create");
    const verified = await workspace.audit.verify();
    assert.deepEqual(verified, { ok: true, entries: logs.length, brokenAt: null });
  });
}

Deno.test("without a log nothing is recorded, and nothing else changes", async () => {
  await using project = await makeProject({
    config: { auditEnabled: false, run: { sandbox: "off" } },
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/a.txt", "two\n");
  await workspace.run("true");
  await workspace.snapshot.create("s");
  assert.deepEqual(await workspace.audit.logs(), []);
  await workspace.commit("Two");
});

Deno.test("what a command did is told at its end, joined to its start", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w", { agentId: "agent-7" });
  const { sandbox } = await workspace.run(["sh", "-c", "echo two > a.txt; exit 3"], {
    env: { SECRET_OF_MINE: "hunter2" },
    timeout: 60_000,
  });
  const [start, end] = await workspace.audit.logs({ operation: "run" });
  assert.equal(start?.agentId, "agent-7");
  assert.equal(start?.details?.phase, "start");
  assert.equal(start?.details?.command, 'sh -c "echo two > a.txt; exit 3"');
  assert.deepEqual(start?.details?.env, ["SECRET_OF_MINE"]);
  assert.equal(end?.details?.run, start?.details?.run);
  assert.equal(end?.details?.code, 3);
  assert.equal(end?.details?.sandbox, sandbox);
  assert.equal(typeof end?.details?.duration, "number");
  const [change] = end?.details?.changes as { type: string; path: string }[];
  assert.deepEqual([change?.type, change?.path], ["modified", "/a.txt"]);
});

Deno.test("a command that is ended by its caller has told what it changed, too", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const controller = new AbortController();
  const running = workspace.runStream("echo evil > new.txt; echo done; sleep 1000", {
    signal: controller.signal,
  });
  await assert.rejects(async () => {
    for await (const _line of running) controller.abort(new Error("stop"));
  }, new Error("stop"));
  await assert.rejects(running.result, new Error("stop"));
  const [, end] = await workspace.audit.logs({ operation: "run" });
  assert.equal(end?.details?.error, "Error: stop");
  assert.deepEqual((end?.details?.changes as { path: string }[]).map(({ path }) => path), [
    "/new.txt",
  ]);
});

Deno.test("what a command says, and the values of its environment, are in no error and no entry", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const env = { API_KEY: "value-of-a-variable" };
  const failing = workspace.run('echo "it is $API_KEY" >&2; exit 1', { env, check: true });
  const error: Error = await failing.then(() => assert.fail("it succeeds"), (reason) => reason);
  assert.match(error.message, /ended with code 1:\nit is \[redacted\]$/);
  const logs = JSON.stringify(await workspace.audit.logs());
  assert.ok(!logs.includes("it is [") && !logs.includes(env.API_KEY), logs);
});

Deno.test("close() waits for a command that has not come to its start, and its end is recorded", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const running = workspace.run("sleep 1000").then(() => "ran", ({ code }) => code);
  await project.afs.close();
  assert.ok(["ran", "ClosedError", "CommandError"].includes(await running), await running);
  await project.reopen();
  const { audit } = await project.workspace("w");
  const phases = (await audit.logs({ operation: "run" })).map(({ details }) => details?.phase);
  assert.ok(phases.length === 0 || phases.join() === "start,end", phases.join());
});

Deno.test("a stream that is open at the end, and a call on a deleted workspace, are recorded", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.openStream("/never.txt", "w");
  await project.afs.workspace.delete("w");
  await assert.rejects(workspace.writeFile("/a.txt", "late"), { code: "ClosedError" });
  for (const name of [5, undefined]) {
    await assert.rejects(project.afs.workspace.create(name as never));
  }
  await assert.rejects(project.afs.workspace.temp("..bad"), { code: "InvalidNameError" });
  const failed = (await project.afs.audit.logs()).filter(({ details }) => details?.error);
  assert.deepEqual(failed.map(({ operation, path }) => [operation, path]).sort(), [
    ["create", null],
    ["create", null],
    ["create", null],
    ["write", "/a.txt"],
    ["write", "/never.txt"],
  ]);
});

Deno.test("a file is found in the log however its path was spelled, and through links", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.symlink("a.txt", "/link");
  for (const path of ["a.txt", "./a.txt", "//a.txt", "/./a.txt", "link", "/x/../a.txt"]) {
    await workspace.readFile(path).catch(() => {});
    await workspace.readBytes(path).catch(() => {});
  }
  const found = await workspace.audit.logs({ path: "/a.txt", operation: "read" });
  assert.equal(found.length, 10);
  assert.equal(found.filter(({ path }) => path === "/link").length, 2);
  assert.ok(found.every(({ details }) => details?.size === 4 && !details.error));
});

Deno.test("an entry of a write tells size and object id before and after", async () => {
  await using project = await makeProject({ files: { "a.txt": "one\n" }, repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/a.txt", "three\n");
  await workspace.copy("/a.txt", "/b.txt");
  await workspace.delete("/a.txt");
  const [, written, copied, deleted] = await workspace.audit.logs();
  const ONE = "5626abf0f72e58d7a153368ba57db4c673c0e171";
  const THREE = "2bdf67abb163a4ffb2d7f3f0880c9fe5068ce782";
  const facts = ({ details }: AuditEntry) => [
    details?.sizeBefore,
    details?.oidBefore,
    details?.sizeAfter,
    details?.oidAfter,
  ];
  assert.deepEqual(facts(written!), [4, ONE, 6, THREE]);
  assert.deepEqual([...facts(copied!), copied?.details?.from], [null, null, 6, THREE, "/a.txt"]);
  assert.deepEqual(facts(deleted!), [6, THREE, null, null]);
});

Deno.test("what is deleted, and what was never made, is in the base's own log", async () => {
  await using project = await makeProject();
  const { workspace: workspaces, audit } = project.afs;
  const workspace = await workspaces.create("w");
  await workspace.writeFile("/a.txt", "two\n");
  await assert.rejects(workspaces.create("no such name"));
  await workspaces.delete("w");
  await assert.rejects(workspaces.delete("w"));
  const logs = await audit.logs();
  assert.deepEqual(logs.map(({ operation, details }) => [operation, !!details?.error]), [
    ["create", false],
    ["write", false],
    ["create", true],
    ["delete", false],
    ["delete", true],
  ]);
  const again = await workspaces.create("w");
  assert.deepEqual((await again.audit.logs()).map(({ operation }) => operation), ["create"]);
});

Deno.test("the head of the log is kept where the log is not, at each snapshot and at the end", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const kept = () => git(project.path, "cat-file", "blob", "refs/agentfs/w/audit");
  const before = await workspace.audit.head();
  await workspace.snapshot.create("s");
  assert.equal(await kept(), `${before.id} ${before.hash}\n`);
  await workspace.writeFile("/a.txt", "two\n");
  const { id, hash } = await workspace.audit.head();
  await project.reopen();
  assert.equal(await kept(), `${id} ${hash}\n`);
  await project.afs.close();
  using database = new DatabaseSync(`${project.path}/.git/agentfs/agentfs.db`);
  database.exec(`DELETE FROM audit WHERE id = ${id}`);
  await project.reopen();
  const { audit } = await project.workspace("w");
  assert.deepEqual(await audit.verify(), { ok: false, entries: id - 1, brokenAt: id });
});
