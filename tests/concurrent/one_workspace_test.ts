import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { git, makeRepository } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Child } from "./children.ts";
import type { Deeds } from "./mixed_work.ts";

const OPERATIONS = 500;

Deno.test("two processes lose nothing in one workspace, over 500 operations each", async () => {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await makeRepository(base, { "README.md": "# Project\n" });
  await using afs = new AgentFS(base);
  const workspace = await afs.workspace.create("w");
  const processes = ["left", "right"];
  await using children = new AsyncDisposableStack();
  const workers = processes.map((who) =>
    children.use(new Child("./mixed_work.ts", base, "w", who, `${OPERATIONS}`))
  );
  for (const worker of workers) assert.equal(await worker.line(), "ready");
  await Promise.all(workers.map((worker) => worker.tell("go")));
  const deeds = await Promise.all(workers.map(async (worker): Promise<Deeds> => {
    const deeds = JSON.parse(await worker.line());
    await worker.end();
    return deeds;
  }));

  assert.deepEqual(deeds.flatMap(({ errors }) => errors), []);
  const lines = (await workspace.readFile("/shared")).split("\n").slice(0, -1);
  assert.deepEqual(lines.toSorted(), deeds.flatMap(({ lines }) => lines).sort());
  const claims = (await workspace.listDir("/claims")).map(({ path }) => path).sort();
  assert.deepEqual(deeds.flatMap(({ won }) => won).sort(), claims);
  for (const [index, { won }] of deeds.entries()) {
    for (const path of won) assert.equal(await workspace.readFile(path), processes[index]);
  }
  const taken = Object.assign({}, ...deeds.map(({ snapshots }) => snapshots));
  const found = (await workspace.snapshot.list()).map(({ name, oid }) => [name, oid]);
  assert.deepEqual(Object.fromEntries(found), taken);
  const log = (await workspace.log()).map(({ oid }) => oid);
  for (const oid of deeds.flatMap(({ commits }) => commits)) assert.ok(log.includes(oid));
  assert.equal(await git(base, "fsck", "--strict", "--no-dangling", "--no-progress"), "");
});
