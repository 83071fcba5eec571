import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { checkRemains } from "../crash/remains.ts";
import { git } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { Child } from "./children.ts";

const PROCESSES = ["a", "b", "c"];

Deno.test("AgentFS makes one store when processes open a base first at the same moment", async () => {
  for (let round = 0; round < 2; round++) {
    await using directory = await temporaryDirectory();
    const base = `${directory.path}/base`;
    await writeFiles(base, { "a.txt": "a", "b/c.txt": "c" });
    await using children = new AsyncDisposableStack();
    const processes = PROCESSES.map((who) => children.use(new Child("./first_open.ts", base, who)));
    for (const child of processes) assert.equal(await child.line(), "ready");
    await Promise.all(processes.map((child) => child.tell("go")));
    const commits = await Promise.all(processes.map((child) => child.line()));
    for (const child of processes) await child.end();

    const store = `${base}/.agentfs/store.git`;
    for (const [index, who] of PROCESSES.entries()) {
      assert.equal(await git(store, "rev-parse", `agentfs/${who}`), `${commits[index]}\n`);
      assert.equal(Deno.readTextFileSync(`${base}/.agentfs/workspaces/${who}/b/c.txt`), "c");
    }
    await using afs = new AgentFS(base);
    assert.deepEqual((await afs.workspace.list()).map(({ name }) => name), PROCESSES);
    await afs.close();
    await checkRemains({ base, store }, PROCESSES);
  }
});
