/** The workspace as an agent holds it: what it says of itself, and its end. */

import assert from "node:assert/strict";
import { AgentFS, type SnapshotManager, type Workspace } from "@agentfs/sdk";
import { git } from "./git.ts";
import { makeProject } from "./project.ts";

/** Every method, called so that it would work. */
const CALLS: Record<string, (workspace: Workspace) => unknown> = {
  run: (workspace) => workspace.run("true"),
  runStream: (workspace) => workspace.runStream("true").result,
  spawn: (workspace) => workspace.spawn("true"),
  readFile: (workspace) => workspace.readFile("/a.txt"),
  readBytes: (workspace) => workspace.readBytes("/a.txt"),
  writeFile: (workspace) => workspace.writeFile("/a.txt", "x"),
  exists: (workspace) => workspace.exists("/a.txt"),
  stat: (workspace) => workspace.stat("/a.txt"),
  listDir: (workspace) => workspace.listDir(),
  copy: (workspace) => workspace.copy("/a.txt", "/b.txt"),
  move: (workspace) => workspace.move("/a.txt", "/b.txt"),
  delete: (workspace) => workspace.delete("/a.txt"),
  mkdir: (workspace) => workspace.mkdir("/d"),
  symlink: (workspace) => workspace.symlink("a.txt", "/l"),
  readLink: (workspace) => workspace.readLink("/l"),
  chmod: (workspace) => workspace.chmod("/a.txt", 0o600),
  openStream: (workspace) => workspace.openStream("/a.txt"),
  batch: (workspace) => workspace.batch([{ type: "write", path: "/a.txt", content: "x" }]),
  batchProcess: (workspace) => workspace.batchProcess(["/a.txt"], (path) => path),
  status: (workspace) => workspace.status(),
  diff: (workspace) => workspace.diff(),
  commit: (workspace) => workspace.commit("x", { allowEmpty: true }),
  log: (workspace) => workspace.log(),
};

const SNAPSHOT_CALLS: Record<string, (snapshot: SnapshotManager) => unknown> = {
  create: (snapshot) => snapshot.create(),
  get: (snapshot) => snapshot.get("s"),
  list: (snapshot) => snapshot.list(),
  has: (snapshot) => snapshot.has("s"),
  restore: (snapshot) => snapshot.restore("s"),
  delete: (snapshot) => snapshot.delete("s"),
  diff: (snapshot) => snapshot.diff("s"),
  temp: (snapshot) => snapshot.temp(),
};

/** The names of the methods of an object's class. */
function methodsOf(object: Workspace | SnapshotManager): string[] {
  const properties = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object));
  return Object.entries(properties)
    .filter(([name, { value }]) => name !== "constructor" && typeof value === "function")
    .map(([name]) => name);
}

async function assertAllClosed(workspace: Workspace, message: RegExp): Promise<void> {
  const { snapshot } = workspace;
  const calls: [string, () => unknown][] = [
    ...Object.entries(CALLS).map(([name, call]) =>
      [name, () => call(workspace)] as [
        string,
        () => unknown,
      ]
    ),
    ...Object.entries(SNAPSHOT_CALLS).map(([name, call]) =>
      [
        `snapshot.${name}`,
        () => call(snapshot),
      ] as [string, () => unknown]
    ),
  ];
  for (const [name, call] of calls) {
    await assert.rejects(async () => await call(), { code: "ClosedError", message }, name);
  }
}

Deno.test("the tables of this test name every method", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  assert.deepEqual(methodsOf(workspace).sort(), Object.keys(CALLS).sort());
  assert.deepEqual(methodsOf(workspace.snapshot).sort(), Object.keys(SNAPSHOT_CALLS).sort());
});

Deno.test("every method is a ClosedError after close(), and nothing is changed", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("s");
  await project.afs.close();
  await assertAllClosed(workspace, /^Cannot use .* this AgentFS is closed/);
  await assert.rejects(workspace.exists(), { code: "ClosedError" });
  const { workspace: manager } = project.afs;
  const managers = {
    create: () => manager.create("x"),
    get: () => manager.get("w"),
    list: () => manager.list(),
    has: () => manager.has("w"),
    delete: () => manager.delete("w"),
    temp: () => manager.temp(),
  };
  for (const [name, call] of Object.entries(managers)) {
    await assert.rejects(call(), {
      code: "ClosedError",
      message: `Cannot use ${project.path}: this AgentFS is closed; make a new one`,
    }, name);
  }
  const again = await (await project.reopen()).workspace.get("w");
  assert.equal((await again.status()).hasChanges, false);
  assert.deepEqual((await again.snapshot.list()).map(({ name }) => name), ["s"]);
});

Deno.test("every method is a ClosedError after delete()", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await project.afs.workspace.delete("w");
  await assertAllClosed(workspace, /^Cannot use workspace "w": it was deleted$/);
  assert.equal(await workspace.exists(), false);
});

Deno.test("every method is a ClosedError after another process has deleted the workspace", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await using other = new AgentFS(project.path);
  await other.workspace.delete("w");
  await assertAllClosed(workspace, /^Cannot use workspace "w": it was deleted$/);
  assert.equal(await workspace.exists(), false);
});

Deno.test("what a workspace says of itself outlives it", async () => {
  await using project = await makeProject();
  const options = { description: "d", tags: ["t"], agentId: "a" };
  const workspace = await project.afs.workspace.create("w/x", options);
  const { path, createdAt } = workspace;
  await project.afs.workspace.delete("w/x");
  assert.equal(workspace.name, "w/x");
  assert.equal(workspace.branch, "agentfs/w/x");
  assert.equal(workspace.path, path);
  assert.equal(workspace.description, "d");
  assert.deepEqual(workspace.tags, ["t"]);
  assert.equal(workspace.agentId, "a");
  assert.deepEqual(workspace.createdAt, createdAt);
  assert.deepEqual(workspace.skipped, []);
});

Deno.test("exists() without a path is about the workspace and its directory", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  assert.equal(await workspace.exists(), true);
  await Deno.remove(workspace.path, { recursive: true });
  assert.equal(await workspace.exists(), false);
  assert.equal(await project.afs.workspace.has("w"), true);
});

Deno.test("a stream that is open at close() gives up what it has not written", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const stream = await workspace.openStream("/a.txt", "w");
  await stream.write("half");
  await project.afs.close();
  await assert.rejects(stream.close(), { code: "ClosedError" });
  const again = await (await project.reopen()).workspace.get("w");
  assert.equal(await again.readFile("/a.txt"), "one\n");
});

Deno.test("a workspace stays apart from the base and from other workspaces", async () => {
  await using project = await makeProject({ repository: true });
  const one = await project.afs.workspace.create("one");
  const two = await project.afs.workspace.create("two");
  await one.writeFile("/a.txt", "of one\n");
  await two.run("rm a.txt; echo two > b.txt", { check: true });
  await one.commit("One");
  await Deno.writeTextFile(`${project.path}/a.txt`, "of the base\n");
  assert.equal(await one.readFile("/a.txt"), "of one\n");
  assert.equal(await two.exists("/a.txt"), false);
  assert.equal(await one.exists("/b.txt"), false);
  assert.equal(await git(project.path, "status", "--porcelain"), " M a.txt\n");
  assert.equal((await git(project.path, "rev-list", "--count", "HEAD")).trim(), "1");
});
