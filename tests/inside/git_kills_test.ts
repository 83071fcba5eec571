import * as assert from "node:assert/strict";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { sandboxTest } from "./helpers.ts";

const CHILD = new URL("./children/commit_inside.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const ROUNDS = 8;

/** Lets a child commit from `first` on, kills it, and gives the last number that it told of. */
async function commitUntilKilled(base: string, first: number, ms: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--config", CONFIG, CHILD, base, `${first}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let told = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    timer ??= setTimeout(() => child.kill("SIGKILL"), ms);
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL");
  return Number(told.trim().split("\n").at(-1));
}

sandboxTest("a process that is killed while it takes over commits loses none of them", async () => {
  await using project = await makeProject({ repository: true });
  await project.afs.workspace.create("w");
  for (let [round, last] = [0, 0]; round < ROUNDS; round++) {
    await project.afs.close();
    const ms = Math.random() * 120;
    const message = `killed after ${ms} ms`;
    last = await commitUntilKilled(project.path, last + 1, ms);
    const afs = await project.reopen();
    const workspace = await afs.workspace.get("w");
    const { stdout, stderr } = await workspace.run("git log -1 --format=%s; git add -A", {
      permissions: {},
    });
    assert.equal(stderr, "", message);
    const log = (await git(project.path, "log", "--format=%s", "agentfs/w")).split("\n");
    assert.equal(stdout, `${log[0]}\n`, message);
    assert.ok(Number(log[0]) >= last, `${message}: ${last} was told, ${log[0]} is there`);
    assert.deepEqual(
      log.slice(0, -2).map(Number),
      Array.from({ length: Number(log[0]) }, (_, index) => Number(log[0]) - index),
      message,
    );
    assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "", message);
    last = Number(log[0]);
  }
});
