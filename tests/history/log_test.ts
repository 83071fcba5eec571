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

Deno.test("log() refuses a limit that is none", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  for (const limit of [0, -1, 1.5, NaN, Infinity]) {
    await assert.rejects(workspace.log({ limit }), RangeError);
  }
});
