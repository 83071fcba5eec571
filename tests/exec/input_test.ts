import * as assert from "node:assert/strict";
import { run } from "../../src/exec/run.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { eventually, numberIn } from "./host.ts";

/** A stream that gives `bytes` as often as it is asked, and tells when it is cancelled. */
function endless(bytes = new Uint8Array(65536)) {
  const cancelled = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes),
    cancel: () => cancelled.resolve(),
  });
  return { stream, cancelled: cancelled.promise };
}

eachSandbox("run() gives a command nothing to read if nothing else is said", async (host) => {
  assert.equal((await run(host, "cat; readlink /proc/self/fd/0")).stdout, "/dev/null\n");
});

eachSandbox("run() writes strings, bytes and streams to stdin", async (host) => {
  const text = "ünï\0\n".repeat(100_000);
  const bytes = new TextEncoder().encode(text);
  const file = `${host.directory}/file`;
  await Deno.writeFile(file, bytes);
  const streams = [new Blob([bytes]).stream(), (await Deno.open(file)).readable];
  for (const stdin of [text, bytes, ...streams]) {
    assert.equal((await run(host, ["cat"], { stdin })).stdout, text);
  }
  assert.equal((await run(host, ["wc", "-c"], { stdin: "" })).stdout.trim(), "0");
});

eachSandbox("run() takes no offence at a command that does not read its stdin", async (host) => {
  const stdin = new Uint8Array(1_000_000);
  for (const script of ["exec <&-; sleep 0.1; echo ok", "head -c 10 | wc -c; exit 3", "true"]) {
    const result = await run(host, script, { stdin });
    assert.ok(result.code === 0 || result.code === 3);
    assert.equal(result.stderr, "");
  }
});

eachSandbox("run() cancels a stdin stream when the command ends first", async (host) => {
  const waiting = Promise.withResolvers<void>();
  const silent = new ReadableStream<Uint8Array>({ cancel: () => waiting.resolve() });
  assert.equal((await run(host, "echo done", { stdin: silent })).stdout, "done\n");
  await waiting.promise;
  const { stream, cancelled } = endless();
  assert.equal((await run(host, ["head", "-c", "100000"], { stdin: stream })).code, 0);
  await cancelled;
});

eachSandbox(
  "run() waits no longer than the command for a stdin that does not let itself cancel",
  async (host) => {
    const release = Promise.withResolvers<void>();
    const stdin = new ReadableStream<Uint8Array>({ cancel: () => release.promise });
    assert.equal((await run(host, "true", { stdin })).success, true);
    release.reject(new Error("nobody hears of this"));
  },
);

eachSandbox("run() cancels a stdin stream when the command is not started", async (host) => {
  for (const start of [["agentfs-nope"], "true"]) {
    const { stream, cancelled } = endless();
    const signal = start === "true" ? AbortSignal.abort() : new AbortController().signal;
    await assert.rejects(run(host, start, { stdin: stream, signal }));
    await cancelled;
  }
});

eachSandbox("run() ends the command and rejects when a stdin stream fails", async (host) => {
  const failure = new Error("disk on fire");
  const stdin = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await eventually(() => numberIn(host, "started") > 0);
      controller.error(failure);
    },
  }, { highWaterMark: 0 });
  const running = run(host, "echo $$ > started; cat; sleep 60", { stdin });
  await assert.rejects(running, (error) => error === failure);
  assert.ok(await eventually(() => host.processes().length === 0));
  assert.deepEqual(host.holds, []);
});

eachSandbox(
  "run() rejects a stdin stream of anything but bytes, and one that is locked",
  async (host) => {
    const stdin = ReadableStream.from(["text"]) as unknown as ReadableStream<Uint8Array>;
    await assert.rejects(run(host, "cat", { stdin }), { name: "TypeError", message: /is string/ });
    const { stream } = endless();
    const reader = stream.getReader();
    await assert.rejects(run(host, "cat", { stdin: stream }), {
      name: "TypeError",
      message: /lock/,
    });
    await reader.cancel();
  },
);

eachSandbox("run() ends in time when a command does not read and ignores TERM", async (host) => {
  const { stream, cancelled } = endless();
  const start = performance.now();
  const script = "trap '' TERM; sleep 60; sleep 60";
  const result = await run(host, script, { stdin: stream, timeout: 100 });
  assert.ok(performance.now() - start < 1100);
  assert.deepEqual([result.timedOut, result.signal], [true, "SIGKILL"]);
  await cancelled;
});
