import assert from "node:assert/strict";
import { AgentFS, AgentFSError, WorkspaceExistsError } from "@agentfs/sdk";
import { checkRemains } from "../crash/remains.ts";
import { makeRepository } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const NUMBERS = Array.from({ length: 100 }, (_, index) => index);

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    return error instanceof AgentFSError ? error.code : `${error}`;
  }
}

Deno.test("a hundred calls at once are done one after the other", async () => {
  await using directory = await temporaryDirectory();
  await using afs = new AgentFS(directory.path);
  const workspace = await afs.workspace.create("w");
  await Promise.all(NUMBERS.map((number) => workspace.writeFile(`/files/${number}`, `${number}`)));
  const read = await Promise.all(NUMBERS.map((number) => workspace.readFile(`/files/${number}`)));
  assert.deepEqual(read, NUMBERS.map(String));

  const append = (number: number) => workspace.writeFile("/log", `${number}\n`, { append: true });
  await Promise.all([...NUMBERS.map(append), workspace.snapshot.create("middle")]);
  const lines = (await workspace.readFile("/log")).split("\n").slice(0, -1);
  assert.deepEqual(lines.map(Number).sort((a, b) => a - b), NUMBERS);

  const codes = await Promise.all(NUMBERS.map((number) => {
    return codeOf(workspace.writeFile("/claim", `${number}`, { createNew: true }));
  }));
  const winner = codes.indexOf("done");
  assert.deepEqual(codes, NUMBERS.map((number) => number === winner ? "done" : "FileExistsError"));
  assert.equal(await workspace.readFile("/claim"), `${winner}`);
});

Deno.test("snapshots, commits and restores at once neither fail nor lose anything", async () => {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await makeRepository(base, { "README.md": "# Project\n" });
  {
    await using afs = new AgentFS(base);
    const workspace = await afs.workspace.create("w");
    await workspace.writeFile("/a", "first");
    await workspace.snapshot.create("first");
    const results = await Promise.all(
      NUMBERS.slice(0, 24).map(async (number) => {
        if (number % 4 === 0) return (await workspace.snapshot.create(`s${number}`)).name;
        if (number % 4 === 1) return void await workspace.commit(`commit ${number}`);
        if (number % 4 === 2) return (await workspace.snapshot.restore("first")).undo.name;
        return void await workspace.writeFile("/a", `${number}`);
      }),
    );
    const names = (await workspace.snapshot.list()).map(({ name }) => name);
    for (const name of results) {
      if (name === undefined) continue;
      if (name.startsWith("s")) assert.ok(names.includes(name));
      assert.equal((await workspace.snapshot.get(name)).name, name);
    }
  }
  await checkRemains({ base, store: `${base}/.git` }, ["w"]);
});

Deno.test("two AgentFS of one process share a base like two processes", async () => {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await makeRepository(base, { "README.md": "# Project\n" });
  {
    await using left = new AgentFS(base);
    await using right = new AgentFS(base);
    const makings = await Promise.allSettled([
      left.workspace.create("w"),
      right.workspace.create("w"),
    ]);
    const lost = makings.filter((making) => making.status === "rejected");
    assert.equal(lost.length, 1);
    assert.ok(lost[0]!.reason instanceof WorkspaceExistsError);

    const workspaces = [await left.workspace.get("w"), await right.workspace.get("w")];
    await Promise.all(NUMBERS.map((number) => {
      return workspaces[number % 2]!.writeFile("/log", `${number}\n`, { append: true });
    }));
    const lines = (await workspaces[0]!.readFile("/log")).split("\n").slice(0, -1);
    assert.deepEqual(lines.map(Number).sort((a, b) => a - b), NUMBERS);
    await workspaces[0]!.snapshot.create("left");
    await workspaces[1]!.writeFile("/log", "");
    assert.equal((await workspaces[1]!.snapshot.restore("left")).changes.length, 1);

    await left.close();
    await workspaces[1]!.writeFile("/still", "open");
    const deletions = [right.workspace.delete("w"), right.workspace.delete("w")].map(codeOf);
    const codes = await Promise.all(deletions);
    assert.deepEqual(codes.sort(), ["WorkspaceNotFoundError", "done"]);
  }
  await checkRemains({ base, store: `${base}/.git` }, []);
});
