import assert from "node:assert/strict";
import { isOurs } from "../../src/registry/ours.ts";
import { makeProject } from "../project.ts";

Deno.test("isOurs() knows what belongs to agents, and what does not", async () => {
  await using project = await makeProject({ repository: true });
  const { path, afs } = project;
  const workspace = await afs.workspace.create("w");
  await workspace.run("git status", { check: true });
  const ours = [
    `${workspace.path}/a.txt`,
    `${workspace.path}/not/there`,
    `${path}/.agentfs/home/w/x`,
    `${path}/.agentfs/tmp/x`,
    `${path}/.agentfs/x`,
    `${path}/.git/agentfs/inside/w/repository/config`,
  ];
  const others = [`${path}/a.txt`, `${path}/.git/config`, "/", "/agentfs.toml", "/home/.agentfs/x"];
  assert.deepEqual(ours.filter((file) => !isOurs(file)), []);
  assert.deepEqual(others.filter(isOurs), []);
});
