/** Finding workspaces, what is known of them, and temporary ones. */

import assert from "node:assert/strict";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "./everything.ts";
import { git } from "./git.ts";
import { makeProject, type Project } from "./project.ts";

const names = (workspaces: Workspace[]): string[] => workspaces.map(({ name }) => name);

Deno.test("create() keeps description, tags, agent and time over a reopen", async () => {
  await using project = await makeProject();
  const before = Date.now();
  const created = await project.afs.workspace.create("w", {
    description: 'Fix the "typo"\nin line 2',
    tags: ["docs", "ümläut"],
    agentId: "agent/7",
  });
  const plain = await project.afs.workspace.create("plain");
  assert.equal(plain.description, "");
  assert.deepEqual(plain.tags, []);
  assert.equal(plain.agentId, null);
  await project.reopen();
  for (const workspace of [created, await project.workspace("w")]) {
    assert.equal(workspace.name, "w");
    assert.equal(workspace.description, 'Fix the "typo"\nin line 2');
    assert.deepEqual(workspace.tags, ["docs", "ümläut"]);
    assert.equal(workspace.agentId, "agent/7");
    assert.deepEqual(workspace.createdAt, created.createdAt);
  }
  const time = created.createdAt.getTime();
  assert.ok(before <= time && time <= Date.now());
});

Deno.test("create() does not follow what its caller does to the options afterwards", async () => {
  await using project = await makeProject();
  const tags = ["a"];
  const creating = project.afs.workspace.create("w", { tags });
  tags.push("b");
  assert.deepEqual((await creating).tags, ["a"]);
});

Deno.test("list() sorts by name, and filters by tag, agent, and both", async () => {
  await using project = await makeProject();
  const { workspace } = project.afs;
  await workspace.create("é");
  await workspace.create("z", { tags: ["docs"], agentId: "one" });
  await workspace.create("a/b", { tags: ["docs", "later"], agentId: "two" });
  await workspace.create("B", { agentId: "one" });
  await workspace.create("a-b", { tags: ["later"] });
  assert.deepEqual(names(await workspace.list()), ["B", "a-b", "a/b", "z", "é"]);
  assert.deepEqual(names(await workspace.list({ tag: "docs" })), ["a/b", "z"]);
  assert.deepEqual(names(await workspace.list({ agentId: "one" })), ["B", "z"]);
  assert.deepEqual(names(await workspace.list({ tag: "docs", agentId: "one" })), ["z"]);
  assert.deepEqual(names(await workspace.list({ tag: "none" })), []);
  assert.deepEqual(names(await workspace.list({ tag: "doc" })), []);
});

Deno.test("get(), list() and create() give one object for one workspace", async () => {
  await using project = await makeProject();
  const created = await project.afs.workspace.create("w");
  assert.equal(await project.workspace("w"), created);
  assert.equal((await project.afs.workspace.list())[0], created);
  await project.afs.workspace.delete("w");
  const again = await project.afs.workspace.create("w");
  assert.notEqual(again, created);
  await assert.rejects(created.status(), { code: "ClosedError", message: /it was deleted/ });
  await again.status();
});

Deno.test("get() gives another object when another process has made the workspace anew", async () => {
  await using project = await makeProject();
  await using other = new AgentFS(project.path);
  const first = await project.afs.workspace.create("w");
  await first.writeFile("/a.txt", "first\n");
  await first.status();
  await other.workspace.delete("w");
  assert.equal(await project.afs.workspace.has("w"), false);
  await assert.rejects(project.workspace("w"), { code: "WorkspaceNotFoundError" });
  const second = await other.workspace.create("w", { description: "second" });
  const found = await project.workspace("w");
  assert.notEqual(found, first);
  assert.equal(found.description, "second");
  assert.equal((await found.status()).hasChanges, false);
  await second.writeFile("/a.txt", "second\n");
  assert.deepEqual((await found.status()).modified.map(({ path }) => path), ["/a.txt"]);
  await assert.rejects(first.writeFile("/a.txt", "late\n"), { code: "ClosedError" });
  assert.equal(await second.readFile("/a.txt"), "second\n");
});

Deno.test("get() and has() know no workspace by what is no name", async () => {
  await using project = await makeProject();
  await project.afs.workspace.create("w");
  for (const name of ["", "W", "w/", "/w", "../w", "w/../w", "a\0b", "w\ud800", "x".repeat(300)]) {
    assert.equal(await project.afs.workspace.has(name), false, name);
    await assert.rejects(project.workspace(name), {
      code: "WorkspaceNotFoundError",
      message: `Cannot find the workspace ${JSON.stringify(name)}: there are "w"; create it first`,
    });
  }
});

Deno.test("workspaces of two processes show in both", async () => {
  await using project = await makeProject();
  await using other = new AgentFS(project.path);
  const here = await project.afs.workspace.create("w");
  const there = await other.workspace.get("w");
  await here.writeFile("/new.txt", "from here\n");
  assert.equal(await there.readFile("/new.txt"), "from here\n");
  await there.snapshot.create("s");
  assert.equal((await here.snapshot.list()).length, 1);
  await there.commit("From there");
  assert.equal((await here.status()).hasChanges, false);
});

Deno.test("temp() makes a workspace that is gone at the end of its scope, for good", async () => {
  await using project = await makeProject({ repository: true });
  await project.afs.workspace.create("first");
  const before = everythingBelow(project.path);
  {
    await using workspace = await project.afs.workspace.temp("try", { tags: ["t"] });
    assert.match(workspace.name, /^try-\d{8}-\d{6}-[0-9a-f]{10}$/);
    assert.deepEqual(names(await project.afs.workspace.list({ tag: "t" })), [workspace.name]);
    await workspace.writeFile("/a.txt", "x");
    await workspace.snapshot.create("s");
    await workspace.snapshot.restore("s");
  }
  assert.equal(await git(project.path, "for-each-ref", "refs/agentfs/trash"), "");
  const after = everythingBelow(project.path);
  // Objects stay until git collects them, and directories of refs stay.
  const more = Object.keys(after).filter((path) => !(path in before) && !path.endsWith("/"));
  assert.deepEqual(more.filter((path) => !path.includes("/objects/pack/")), []);
  for (const [path, facts] of Object.entries(before)) assert.equal(after[path], facts, path);
});

Deno.test("temp() cleans up where its scope ends by an error", async () => {
  await using project = await makeProject();
  const failure = new Error("in the middle");
  await assert.rejects(async () => {
    await using workspace = await project.afs.workspace.temp();
    await workspace.writeFile("/a.txt", "x");
    throw failure;
  }, failure);
  assert.deepEqual(await project.afs.workspace.list(), []);
});

Deno.test("temp() cleans up quietly what was deleted or closed before", async () => {
  await using project = await makeProject();
  {
    await using workspace = await project.afs.workspace.temp();
    await project.afs.workspace.delete(workspace.name);
  }
  {
    await using _ = await project.afs.workspace.temp();
    await project.afs.close();
  }
  const afs = await project.reopen();
  assert.deepEqual(await afs.workspace.list(), []);
});

Deno.test("temp() has no name of two at once", async () => {
  await using project = await makeProject();
  const all = await Promise.all(
    Array.from({ length: 8 }, () => project.afs.workspace.temp("many")),
  );
  assert.equal(new Set(names(all)).size, 8);
  for (const workspace of all) await workspace[Symbol.asyncDispose]();
  assert.deepEqual(await project.afs.workspace.list(), []);
});

Deno.test("an open sweeps the temporary workspaces of killed processes, and no others", async () => {
  await using project = await makeProject();
  const alive = await project.afs.workspace.temp("alive");
  await using killed = await holder(project);
  assert.deepEqual(names(await project.afs.workspace.list()), [alive.name, killed.name]);
  {
    await using other = new AgentFS(project.path);
    assert.deepEqual(names(await other.workspace.list()), [alive.name, killed.name]);
  }
  killed.child.kill("SIGKILL");
  await killed.child.status;
  await using other = new AgentFS(project.path);
  assert.deepEqual(names(await other.workspace.list()), [alive.name]);
  assert.deepEqual(names(await project.afs.workspace.list()), [alive.name]);
  const left = Object.keys(everythingBelow(project.path)).filter((path) => path.includes("held"));
  assert.deepEqual(left, []);
});

/** A process that has made a temporary workspace, and holds it. */
async function holder(
  { path }: Project,
): Promise<AsyncDisposable & { name: string; child: Deno.ChildProcess }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-all"],
      ...["--config", new URL("../deno.json", import.meta.url).pathname],
      new URL("children/temp_holder.ts", import.meta.url).pathname,
      path,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let name = "";
  while (!name.endsWith("\n")) {
    const { value, done } = await reader.read();
    assert.ok(!done, "the child has ended");
    name += value;
  }
  return {
    name: name.trim(),
    child,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It was killed before.
      }
      await child.status;
      await reader.cancel();
    },
  };
}

Deno.test("what temp() made is deleted at the end, and nothing that took its name", async () => {
  await using project = await makeProject();
  const { workspace: workspaces } = project.afs;
  {
    await using temporary = await workspaces.temp("job");
    await workspaces.delete(temporary.name);
    await (await workspaces.create(temporary.name)).writeFile("/precious.txt", "1");
  }
  const [kept] = await workspaces.list();
  assert.equal(await kept?.readFile("/precious.txt"), "1");
  let snapshot;
  {
    await using temporary = await kept!.snapshot.temp();
    snapshot = temporary.name;
    await kept!.snapshot.delete(snapshot);
    await kept!.writeFile("/other.txt", "2");
    await kept!.snapshot.create(snapshot);
  }
  assert.equal(await kept!.snapshot.has(snapshot), true);
});

Deno.test("a temporary snapshot of a process that is gone goes at the next open", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("kept");
  await workspace.snapshot.temp();
  await project.reopen();
  const names = (await (await project.workspace("w")).snapshot.list()).map(({ name }) => name);
  assert.deepEqual(names, ["kept"]);
});
