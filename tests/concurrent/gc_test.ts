/** The store is cleared up while others work in it. */

import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { checkRemains } from "../crash/remains.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { Child } from "./children.ts";
import type { Deeds } from "./mixed_work.ts";

const PROCESSES = ["a", "b"];
const STEPS = 300;
const LONG_AGO = 1_000_000_000;

/** Makes all that is there look old, so that nothing but what leads to it can keep it. */
async function age(store: string): Promise<void> {
  const directory = `${store}/objects/pack`;
  for (const { name } of Deno.readDirSync(directory)) {
    await Deno.utime(`${directory}/${name}`, LONG_AGO, LONG_AGO).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

for (const repository of [true, false]) {
  const where = repository ? "the owner's repository, beside git gc" : "a store of our own";

  Deno.test(`gc() loses nothing of what others write meanwhile, in ${where}`, async () => {
    await using directory = await temporaryDirectory();
    const base = `${directory.path}/base`;
    const store = repository ? `${base}/.git` : `${base}/.agentfs/store.git`;
    if (repository) await makeRepository(base, { "README.md": "# Project\n" });
    else await writeFiles(base, { "README.md": "# Project\n" });
    const deeds: Deeds[] = [];
    {
      await using afs = new AgentFS(base);
      await afs.workspace.create("w");
      await using children = new AsyncDisposableStack();
      const processes = PROCESSES.map((who) =>
        children.use(new Child("./mixed_work.ts", base, "w", who, `${STEPS}`))
      );
      for (const child of processes) assert.equal(await child.line(), "ready");
      for (const child of processes) await child.tell("go");
      const done = Promise.all(processes.map((child) => child.line())).then((lines) => {
        deeds.push(...lines.map((line) => JSON.parse(line)));
      });
      let rounds = 0;
      for (; deeds.length === 0; rounds++) {
        await age(store);
        await afs.gc();
        // It may give up where a pack has gone that it was about to copy from; then nothing has changed.
        if (repository) await tryGit(base, ["gc", "--quiet", "--prune=now"]);
        await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 20))]);
      }
      await done;
      assert.ok(rounds > 3, `only ${rounds} rounds`);
      for (const child of processes) await child.end();

      const workspace = await afs.workspace.get("w");
      const log = new Set((await workspace.log({ limit: 10_000 })).map(({ oid }) => oid));
      for (const { errors, commits, snapshots } of deeds) {
        assert.deepEqual(errors, []);
        for (const oid of commits) assert.ok(log.has(oid));
        for (const [name, oid] of Object.entries(snapshots)) {
          assert.equal((await workspace.snapshot.get(name)).oid, oid);
          await git(store, "rev-list", "--objects", oid);
        }
      }
      await age(store);
      await afs.gc();
      for (const { name } of await workspace.snapshot.list()) {
        await workspace.snapshot.restore(name);
      }
    }
    await checkRemains({ base, store }, ["w"]);
  });
}
