import assert from "node:assert/strict";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import { temporaryDirectory } from "../temporary.ts";
import type { Attempt } from "./change_once.ts";
import { ERRNO, hasCompiler } from "./fault.ts";
import { FaultLab } from "./fault_lab.ts";
import { type Files, filesOf } from "./model.ts";

const ignore = !hasCompiler();

/** What a workspace can do first after somebody else was killed in it; none changes what is there. */
const CALLS: Record<string, (workspace: Workspace) => Promise<unknown>> = {
  writeFile: (workspace) => workspace.writeFile("/same", "same\n"),
  run: (workspace) => workspace.run("test ! -e added"),
  commit: (workspace) => workspace.commit("all of it"),
  "snapshot.create": ({ snapshot }) => snapshot.create(),
  "snapshot.delete": async ({ snapshot }) => await snapshot.delete((await snapshot.create()).name),
};

/** The files of `w` before a restore and after it, and the numbers of its calls by what they do. */
async function restoreOf(
  lab: FaultLab,
): Promise<{ before: Files; after: Files; callOn: (pattern: RegExp) => number }> {
  const { calls } = await lab.run("restore");
  const after = filesOf(`${lab.base}/.agentfs/workspaces/w`);
  await lab.reset();
  const before = filesOf(`${lab.base}/.agentfs/workspaces/w`);
  const callOn = (pattern: RegExp): number => {
    const found = calls.findIndex((call) => pattern.test(call));
    assert.notEqual(found, -1);
    return found + 1;
  };
  return { before, after, callOn };
}

Deno.test({
  name: "every call finishes first the restore that another process was killed in (needs gcc)",
  ignore,
  fn: async () => {
    await using lab = await FaultLab.open();
    const { before, after, callOn } = await restoreOf(lab);
    for (const [name, call] of Object.entries(CALLS)) {
      await lab.reset();
      await using afs = new AgentFS(lab.base);
      const workspace = await afs.workspace.get("w");
      await workspace.status();
      await lab.change("restore", { at: callOn(/symlink .*\/w\/link$/) });
      const between = filesOf(workspace.path);
      assert.notDeepEqual(between, before);
      assert.notDeepEqual(between, after);
      await call(workspace);
      assert.deepEqual(filesOf(workspace.path), after, name);
    }
  },
});

Deno.test({
  name: "a restore is finished from where it was, whatever was written since (needs gcc)",
  ignore,
  fn: async () => {
    await using lab = await FaultLab.open();
    const { after, callOn } = await restoreOf(lab);
    await lab.change("restore", { at: callOn(/symlink .*\/w\/link$/) });
    const directory = `${lab.base}/.agentfs/workspaces/w`;
    Deno.writeTextFileSync(`${directory}/mine`, "made after the crash");
    Deno.writeTextFileSync(`${directory}/changed`, "changed after the crash");

    await using afs = new AgentFS(lab.base);
    const workspace = await afs.workspace.get("w");
    const mine = { "/mine": "file 644 made after the crash" };
    assert.deepEqual(filesOf(workspace.path), { ...after, ...mine });
    const undo = Deno.readDirSync(`${lab.base}/.git/refs/agentfs/w/undo`);
    const states = await Array.fromAsync(undo, async ({ name }) => {
      await workspace.snapshot.restore(`undo/${name}`);
      return await workspace.readFile("/changed");
    });
    assert.deepEqual(states.sort(), ["changed after the crash", "two\n"]);
  },
});

Deno.test({
  name: "a restore that fails on the way leaves the files as they were (needs gcc)",
  ignore,
  fn: async () => {
    await using lab = await FaultLab.open();
    const { before, after, callOn } = await restoreOf(lab);
    const patterns = [
      // The old file is away by then.
      /open64 .*\/w\/changed$/,
      /write .*\/w\/changed$/,
      /symlink .*\/w\/link$/,
      /chmod .*\/tool$/,
      /unlink .*\/journal\//,
    ];
    for (const pattern of patterns) {
      const { lines } = await lab.run("restore", { at: callOn(pattern), errno: ERRNO.EIO });
      const [failed, again] = lines.map((line): Attempt => JSON.parse(line));
      assert.match(failed!.message, /^StoreError: Cannot restore workspace "w": .*os error 5/);
      assert.match(failed!.message, /; the files are as they were before$/m);
      assert.deepEqual(failed!.files, before);
      assert.equal(again!.outcome, "done", again!.message);
      assert.deepEqual(again!.files, after);
    }
  },
});

Deno.test({
  name:
    "a restore that can go neither on nor back says so, and the next open finishes it (needs gcc)",
  ignore,
  fn: async () => {
    await using lab = await FaultLab.open();
    const { after, callOn } = await restoreOf(lab);
    const at = callOn(/symlink .*\/w\/link$/);
    const { lines } = await lab.run("restore", { at, errno: ERRNO.EIO, persistent: true });
    const failed: Attempt = JSON.parse(lines[0]!);
    assert.match(
      failed.message,
      /^StoreError: .*; and going back failed: .*; the next call on the/,
    );
    const view = await lab.look();
    assert.deepEqual(view.w!.files, after);
  },
});

Deno.test("a workspace that cannot be recovered keeps nobody from the others", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  {
    await using afs = new AgentFS(path);
    for (const name of ["stuck", "well"]) await afs.workspace.create(name);
  }
  const journal = `${path}/.agentfs/store.git/agentfs/journal/stuck.json`;
  const gone = { target: "1".repeat(40), before: "2".repeat(40) };
  const entry = { operation: "restore", workspace: "stuck", ...gone };
  Deno.writeTextFileSync(journal, JSON.stringify(entry));

  await using afs = new AgentFS(path);
  await (await afs.workspace.get("well")).commit("Nothing", { allowEmpty: true });
  await afs.workspace.create("another");
  const stuck = await afs.workspace.get("stuck");
  for (const call of [() => stuck.writeFile("/a", "a"), () => stuck.run("true")]) {
    await assert.rejects(call, { code: "StoreError", message: /1111111/ });
  }
  assert.deepEqual(JSON.parse(Deno.readTextFileSync(journal)), entry);
});
