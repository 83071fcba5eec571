import assert from "node:assert/strict";
import { AgentFS, BusyError, type ConfigInput, type Workspace } from "@agentfs/sdk";
import { temporaryDirectory } from "../temporary.ts";
import { Child } from "./children.ts";

const KILLS = 50;

/** A workspace `w` of an empty base, and the path of the lock on it. */
async function makeWorkspace(
  base: string,
  config: ConfigInput,
): Promise<{ afs: AgentFS; workspace: Workspace; lock: string }> {
  await Deno.mkdir(base);
  const afs = new AgentFS(base, config);
  const workspace = await afs.workspace.create("w");
  return { afs, workspace, lock: `${base}/.agentfs/store.git/agentfs/locks/w.write` };
}

Deno.test("a workspace is free within two seconds when its holder is killed, 50 times", async () => {
  await using directory = await temporaryDirectory();
  const { afs, workspace, lock } = await makeWorkspace(`${directory.path}/base`, {
    lockTimeout: 2000,
  });
  await using _ = afs;
  for (let kill = 0; kill < KILLS; kill++) {
    await using holder = new Child("./hold_lock.ts", lock, "holding");
    assert.equal(await holder.line(), "held");
    // Those who wait already, and those who come when it is dead.
    const waiting = kill % 2 === 0 ? workspace.writeFile("/waiting", `${kill}`) : null;
    holder.signal("SIGKILL");
    await waiting;
    await workspace.writeFile("/after", `${kill}`);
  }
  assert.equal(await workspace.readFile("/after"), `${KILLS - 1}`);
});

Deno.test("BusyError names the process that holds a workspace and does not go on", async () => {
  await using directory = await temporaryDirectory();
  const { afs, workspace, lock } = await makeWorkspace(`${directory.path}/base`, {
    lockTimeout: 200,
  });
  await using _ = afs;
  await using holder = new Child("./hold_lock.ts", lock, "thinking it over");
  assert.equal(await holder.line(), "held");
  holder.signal("SIGSTOP");
  const calls = [
    () => workspace.writeFile("/a", "a"),
    () => workspace.snapshot.create("s"),
    () => workspace.commit("c"),
    () => afs.workspace.delete("w"),
  ];
  for (const call of calls) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof BusyError);
      assert.equal(error.holder, `process ${holder.pid}, thinking it over`);
      assert.ok(error.message.includes(error.holder));
      assert.ok(error.message.includes("lockTimeout"));
      return true;
    });
  }
  holder.signal("SIGCONT");
  await holder.end();
  for (const call of calls) await call();
});
