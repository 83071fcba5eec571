import * as assert from "node:assert/strict";
import { run } from "../../src/exec/run.ts";
import { aliveInGroup, eventually, numberIn, testHost } from "./host.ts";

/** A stream that gives `bytes` as often as it is asked, and tells when it is cancelled. */
function endless(bytes = new Uint8Array(65536)) {
  const cancelled = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes),
    cancel: () => cancelled.resolve(),
  });
  return { stream, cancelled: cancelled.promise };
}

Deno.test("run() gives a command nothing to read if nothing else is said", async () => {
  await using host = await testHost();
  assert.equal((await run(host, "cat; readlink /proc/self/fd/0")).stdout, "/dev/null\n");
});

Deno.test("run() writes strings, bytes and streams to stdin", async () => {
  await using host = await testHost();
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

Deno.test("run() takes no offence at a command that does not read its stdin", async () => {
  await using host = await testHost();
  const stdin = new Uint8Array(1_000_000);
  for (const script of ["exec <&-; sleep 0.1; echo ok", "head -c 10 | wc -c; exit 3", "true"]) {
    const result = await run(host, script, { stdin });
    assert.ok(result.code === 0 || result.code === 3);
    assert.equal(result.stderr, "");
  }
});

Deno.test("run() cancels a stdin stream when the command ends first", async () => {
  await using host = await testHost();
  const waiting = Promise.withResolvers<void>();
  const silent = new ReadableStream<Uint8Array>({ cancel: () => waiting.resolve() });
  assert.equal((await run(host, "echo done", { stdin: silent })).stdout, "done\n");
  await waiting.promise;
  const { stream, cancelled } = endless();
  assert.equal((await run(host, ["head", "-c", "100000"], { stdin: stream })).code, 0);
  await cancelled;
});

Deno.test("run() waits no longer than the command for a stdin that does not let itself cancel", async () => {
  await using host = await testHost();
  const release = Promise.withResolvers<void>();
  const stdin = new ReadableStream<Uint8Array>({ cancel: () => release.promise });
  assert.equal((await run(host, "true", { stdin })).success, true);
  release.reject(new Error("nobody hears of this"));
});

Deno.test("run() cancels a stdin stream when the command is not started", async () => {
  await using host = await testHost();
  for (const start of [["agentfs-nope"], "true"]) {
    const { stream, cancelled } = endless();
    const signal = start === "true" ? AbortSignal.abort() : new AbortController().signal;
    await assert.rejects(run(host, start, { stdin: stream, signal }));
    await cancelled;
  }
});

Deno.test("run() ends the command and rejects when a stdin stream fails", async () => {
  await using host = await testHost();
  const failure = new Error("disk on fire");
  const stdin = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await eventually(() => group() > 0);
      controller.error(failure);
    },
  }, { highWaterMark: 0 });
  const group = () => numberIn(host, "group");
  const running = run(host, "echo $$ > group; cat; sleep 60", { stdin });
  await assert.rejects(running, (error) => error === failure);
  assert.ok(await eventually(() => aliveInGroup(group()).length === 0));
  assert.deepEqual(host.holds, []);
});

Deno.test("run() rejects a stdin stream of anything but bytes, and one that is locked", async () => {
  await using host = await testHost();
  const stdin = ReadableStream.from(["text"]) as unknown as ReadableStream<Uint8Array>;
  await assert.rejects(run(host, "cat", { stdin }), { name: "TypeError", message: /is string/ });
  const { stream } = endless();
  const reader = stream.getReader();
  await assert.rejects(run(host, "cat", { stdin: stream }), { name: "TypeError", message: /lock/ });
  await reader.cancel();
});

Deno.test("run() ends in time when a command does not read and ignores TERM", async () => {
  await using host = await testHost();
  const { stream, cancelled } = endless();
  const start = performance.now();
  const script = "trap '' TERM; sleep 60; sleep 60";
  const result = await run(host, script, { stdin: stream, timeout: 100 });
  assert.ok(performance.now() - start < 1100);
  assert.deepEqual([result.timedOut, result.signal], [true, "SIGKILL"]);
  await cancelled;
});
