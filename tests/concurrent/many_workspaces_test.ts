import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { makeRepository } from "../git.ts";
import { checkRemains } from "../crash/remains.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Child } from "./children.ts";
import type { Fate } from "./make_and_delete.ts";

const PROCESSES = ["a", "b", "c", "d"];
const ROUNDS = 3;

async function halfRound(children: Child[]): Promise<Fate[]> {
  await Promise.all(children.map((child) => child.tell("go")));
  return await Promise.all(children.map(async (child) => JSON.parse(await child.line())));
}

/** Every name was won by one process; the others all lost it with the error `code`. */
function checkFates(fates: Fate[], shared: string[], code: string): void {
  const own = PROCESSES.map((who) => `own-${who}`);
  assert.deepEqual(fates.flatMap(({ won }) => won).sort(), [...own, ...shared].sort());
  const codes = fates.flatMap(({ lost }) => Object.values(lost));
  assert.deepEqual(codes, codes.map(() => code));
}

Deno.test("four processes that make and delete the same workspaces have one winner each", async () => {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await makeRepository(base, { "README.md": "# Project\n" });
  {
    await using afs = new AgentFS(base);
    await using children = new AsyncDisposableStack();
    const processes = PROCESSES.map((who) =>
      children.use(new Child("./make_and_delete.ts", base, who, `${ROUNDS}`))
    );
    const opener = children.use(new Child("./open_again.ts", base));
    assert.equal(await opener.line(), "ready");
    for (let round = 0; round < ROUNDS; round++) {
      const shared = [1, 2, 3].map((number) => `shared-${round}-${number}`);
      checkFates(await halfRound(processes), shared, "WorkspaceExistsError");
      const names = (await afs.workspace.list()).map(({ name }) => name);
      assert.deepEqual(names, [...PROCESSES.map((who) => `own-${who}`), ...shared]);
      checkFates(await halfRound(processes), shared, "WorkspaceNotFoundError");
      assert.deepEqual(await afs.workspace.list(), []);
    }
    for (const child of processes) await child.end();
    await opener.tell("stop");
    assert.ok(Number(await opener.line()) > 1);
    await opener.end();
  }
  await checkRemains({ base, store: `${base}/.git` }, []);
});
