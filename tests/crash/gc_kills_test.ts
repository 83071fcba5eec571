import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { git, makeRepository } from "../git.ts";
import { writeFiles } from "../temporary.ts";
import type { Attempt } from "./change_once.ts";
import { ERRNO, hasCompiler } from "./fault.ts";
import { FaultLab, pointsAmong } from "./fault_lab.ts";

const FILES = { "a.txt": "a\n".repeat(100), "deep/b.txt": "b\n" };

/** A base with packs to put together, and with objects that nothing leads to, old ones and new ones. */
async function makeBase(base: string, store: string): Promise<void> {
  await using afs = new AgentFS(base);
  const workspace = await afs.workspace.create("w");
  for (let count = 0; count < 6; count++) {
    await workspace.writeFile("/a.txt", `${"a\n".repeat(100)}${count}\n`);
    await workspace.snapshot.create(`s${count}`);
    if (count % 2 === 0) await workspace.snapshot.delete(`s${count}`);
    if (count !== 3) continue;
    for (const { name } of Deno.readDirSync(`${store}/objects/pack`)) {
      await Deno.utime(`${store}/objects/pack/${name}`, 1e9, 1e9);
    }
  }
  const head = (await git(store, "rev-parse", "refs/heads/agentfs/w")).trim();
  const expired = "refs/agentfs/trash/gone/20200101-000000-0123456789/branch";
  await git(store, "update-ref", expired, head);
}

const BASES: Record<string, (base: string) => Promise<void>> = {
  "the owner's repository": async (base) => {
    await makeRepository(base, FILES);
    await makeBase(base, `${base}/.git`);
  },
  "a store of our own": async (base) => {
    await writeFiles(base, FILES);
    await makeBase(base, `${base}/.agentfs/store.git`);
  },
};

for (const [where, make] of Object.entries(BASES)) {
  Deno.test({
    name: `gc in ${where} loses nothing when killed at any system call (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open(make);
      const { calls } = await lab.run("gc");
      const view = await lab.look();
      for (const at of pointsAmong(calls.length, 12)) {
        const message = `killed at call ${at} of ${calls.length}: ${calls[at - 1]}`;
        const { killed } = await lab.run("gc", { at });
        assert.ok(killed, message);
        assert.deepEqual(await lab.look(), view, message);
        const [line] = (await lab.change("gc")).lines.map((line): Attempt => JSON.parse(line));
        assert.equal(line?.outcome, "done", `${message}\n${line?.message}`);
        assert.deepEqual(await lab.look(), view, `${message}, and then done`);
      }
    },
  });

  Deno.test({
    name:
      `gc in ${where} fails with a typed error, and loses nothing, where calls fail (needs gcc)`,
    ignore: !hasCompiler(),
    fn: async () => {
      await using lab = await FaultLab.open(make);
      const { calls } = await lab.run("gc");
      const view = await lab.look();
      for (const at of pointsAmong(calls.length, 6)) {
        for (const persistent of [false, true]) {
          const message = `call ${at} of ${calls.length} fails: ${calls[at - 1]}, ${persistent}`;
          const { lines } = await lab.run("gc", { at, errno: ERRNO.ENOSPC, persistent });
          for (const line of lines.map((line): Attempt => JSON.parse(line))) {
            assert.notEqual(line.outcome, "broken", `${message}\n${line.message}`);
          }
          assert.deepEqual(await lab.look(), view, message);
        }
      }
    },
  });
}
