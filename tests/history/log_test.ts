import * as assert from "node:assert/strict";
import { git, tryGit } from "../git.ts";
import { makeProject } from "../project.ts";

Deno.test("log() has the commits of git log in its order, with their facts", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const { path } = workspace;
  // Branches that are merged, with dates that go back and forth.
  const commit = async (message: string, date: number): Promise<void> => {
    const env = { GIT_AUTHOR_DATE: `${date} +0100`, GIT_COMMITTER_DATE: `${date} -0530` };
    const args = ["commit", "--quiet", "--allow-empty", "--message", message];
    assert.equal((await tryGit(path, args, { env })).code, 0);
  };
  await commit("one", 1_700_000_000);
  await git(path, "checkout", "--quiet", "-b", "side");
  await commit("two, aside", 1_700_000_300);
  await commit("three, aside", 1_700_000_100);
  await git(path, "checkout", "--quiet", "agentfs/w");
  await commit("four", 1_700_000_200);
  await git(path, "merge", "--quiet", "--no-edit", "side");
  await commit("five\n\nwith a body\n", 1_600_000_000);
  const format = ["%H", "%T", "%P", "%an", "%ae", "%at", "%B"].join("%x00");
  const output = await git(path, "log", `--format=${format}%x00`);
  const expected = output.split("\0\n").filter((line) => line !== "");
  const commits = await workspace.log();
  assert.equal(commits.length, 7);
  const facts = commits.map(({ oid, tree, parents, author, message }) => {
    const { name, email, date } = author;
    return [oid, tree, parents.join(" "), name, email, date.getTime() / 1000, message].join("\0");
  });
  assert.deepEqual(facts, expected);
  assert.deepEqual(await workspace.log({ limit: 3 }), commits.slice(0, 3));
  assert.deepEqual(await workspace.log({ limit: 100 }), commits);
});

Deno.test("log() begins at the workspace's own HEAD, also a detached one", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const first = (await workspace.log())[0]!;
  await workspace.writeFile("/b.txt", "b");
  const second = await workspace.commit("Second");
  assert.deepEqual((await workspace.log()).map(({ oid }) => oid), [second.oid, first.oid]);
  await git(workspace.path, "checkout", "--quiet", "--detach", "HEAD~");
  assert.deepEqual((await workspace.log()).map(({ oid }) => oid), [first.oid]);
  await git(project.path, "commit", "--quiet", "--allow-empty", "--message", "by the owner");
  assert.deepEqual((await workspace.log()).map(({ oid }) => oid), [first.oid]);
});

Deno.test("log({ path }) has the commits of git log for a file, a directory, and all files", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  for (const path of ["/d/x.txt", "/y.txt", "/d/x.txt", "/d/[z].txt"]) {
    await workspace.writeFile(path, `${Math.random()}`);
    await workspace.commit(path);
  }
  await workspace.delete("/y.txt");
  await workspace.commit("delete", { allowEmpty: true });
  await workspace.commit("nothing", { allowEmpty: true });
  const ofGit = async (...args: string[]): Promise<string[]> => {
    const output = await git(workspace.path, "--literal-pathspecs", "log", "--format=%H", ...args);
    return output.split("\n").filter((line) => line !== "");
  };
  for (
    const path of ["/d/x.txt", "d", "./d/", "/y.txt", "/d/[z].txt", "/a.txt", "/none", "/y.txt/a"]
  ) {
    const expected = await ofGit("--", path.replace(/^\//, ""));
    assert.deepEqual((await workspace.log({ path })).map(({ oid }) => oid), expected, path);
  }
  const all = (await workspace.log({ path: "/" })).map(({ oid }) => oid);
  assert.deepEqual(all, await ofGit("--", "."));
  assert.equal(all.length, (await workspace.log()).length - 1);
  const some = await workspace.log({ path: "/d", limit: 2 });
  assert.deepEqual(some.map(({ oid }) => oid), await ofGit("-2", "--", "d"));
});

Deno.test("log() lists 10,000 commits, and lets others work meanwhile", async () => {
  await using project = await makeProject({ repository: true });
  const lines = Array.from({ length: 10_000 }, (_, n) => {
    const from = n === 0 ? "from refs/heads/main^0\n" : "";
    return `commit refs/heads/many\ncommitter A <a@b> ${
      2_000_000_000 + n
    } +0000\ndata 2\nm\n${from}\n`;
  });
  const stdin = lines.join("");
  assert.equal((await tryGit(project.path, ["fast-import", "--quiet"], { stdin })).code, 0);
  const workspace = await project.afs.workspace.create("w", { from: "many" });
  const expected = (await git(project.path, "rev-list", "many")).trim().split("\n");
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  assert.deepEqual((await workspace.log()).map(({ oid }) => oid), expected);
  assert.deepEqual(await workspace.log({ path: "/none" }), []);
  clearInterval(timer);
  assert.ok(turns > 2, `${turns} turns`);
});

Deno.test("log() can be looped over, from the newest commit as far as one likes", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  for (const n of [1, 2, 3]) await workspace.commit(`${n}`, { allowEmpty: true });
  const all = await workspace.log();
  assert.equal(all.length, 4);
  const log = workspace.log({ limit: 3 });
  assert.deepEqual(await Array.fromAsync(log), all.slice(0, 3));
  assert.deepEqual(await log, all.slice(0, 3));
  assert.deepEqual(await Promise.all([log, log.finally(() => {})]), [await log, await log]);
  for await (const commit of workspace.log()) {
    assert.deepEqual(commit, all[0]);
    break;
  }
  // Who stops in the middle holds nobody up.
  const commits = workspace.log()[Symbol.asyncIterator]();
  assert.deepEqual(await commits.next(), { done: false, value: all[0] });
  await project.afs.close();
});

Deno.test("log() fails when it is asked, not before, in a loop as well", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const log = workspace.log();
  await project.afs.close();
  await assert.rejects(log, { code: "ClosedError" });
  await assert.rejects(Array.fromAsync(log), { code: "ClosedError" });
  assert.equal(await log.catch(({ code }) => code), "ClosedError");
  const unheard = workspace.log({ limit: 0 });
  assert.equal(`${unheard}`, "[object CommitLog]");
});

Deno.test("log() refuses a limit and a path that are none", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  for (const limit of [0, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(workspace.log({ limit }), RangeError);
  }
  for (const path of ["../a", "/d/../a", ".git", "a\0"]) {
    await assert.rejects(workspace.log({ path }), { code: "PathError" }, path);
  }
});
