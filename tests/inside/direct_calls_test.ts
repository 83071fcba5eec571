import assert from "node:assert/strict";
import { DirectCalls } from "../../src/inside/direct_calls.ts";
import { acquireLock } from "../../src/platform/lock.ts";
import { temporaryDirectory } from "../temporary.ts";

/** Two processes that use the same locks, as far as the kernel can tell. */
async function twoProcesses() {
  const directory = await temporaryDirectory();
  const paths = { files: `${directory.path}/w.files`, run: `${directory.path}/w.run` };
  const [here, there] = [new DirectCalls(paths), new DirectCalls(paths)];
  const lockRun = (exclusive: boolean) =>
    acquireLock(paths.run, { exclusive, purpose: "test", subject: "w", timeout: 10_000 });
  return {
    here,
    there,
    lockRun,
    async [Symbol.asyncDispose]() {
      here[Symbol.dispose]();
      there[Symbol.dispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("begin() begins nothing while a command runs", async () => {
  await using both = await twoProcesses();
  const { here, there } = both;
  {
    using _command = await both.lockRun(false);
    assert.equal(here.begin(), false);
    assert.equal(there.begin(), false);
    await here.settled("run", 0);
  }
  assert.equal(here.begin(), true);
  here.end();
});

Deno.test("begin() does not mind who has the workspace alone, or another that looks", async () => {
  await using both = await twoProcesses();
  const { here, there } = both;
  using _snapshot = await both.lockRun(true);
  assert.equal(here.begin(), true);
  assert.equal(here.begin(), true);
  assert.equal(there.begin(), true);
  here.end();
  here.end();
  there.end();
});

Deno.test("settled() waits for the calls of every process that began before", async () => {
  await using both = await twoProcesses();
  const { here, there } = both;
  assert.ok(here.begin() && there.begin());
  using _command = await both.lockRun(false);
  const done: string[] = [];
  const settled = here.settled("run", 10_000).then(() => done.push("settled"));
  assert.equal(here.begin(), false);
  assert.equal(there.begin(), false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  done.push("here");
  here.end();
  await new Promise((resolve) => setTimeout(resolve, 20));
  done.push("there");
  there.end();
  await settled;
  assert.deepEqual(done, ["here", "there", "settled"]);
});

Deno.test("settled() is a BusyError after its time, and stops when it is told to", async () => {
  await using both = await twoProcesses();
  const { here, there } = both;
  assert.ok(there.begin());
  await assert.rejects(here.settled("run true", 30), {
    code: "BusyError",
    message: /^Cannot run true: a call on the workspace's files has been under way for over 30 ms;/,
  });
  const stop = new AbortController();
  const settled = here.settled("run true", 10_000, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(settled, /enough/);
  there.end();
});
