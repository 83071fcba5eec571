import * as assert from "node:assert/strict";
import { CommandError, FileNotFoundError } from "../../src/errors.ts";
import { runStream } from "../../src/exec/run_stream.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { eventually, numberIn } from "./host.ts";

const MIB = 1024 * 1024;

async function linesOf(stream: AsyncIterable<string>): Promise<string[]> {
  return await Array.fromAsync(stream);
}

eachSandbox("runStream() gives lines as they come, and the result afterwards", async (host) => {
  const stream = runStream(
    host,
    "echo one; read go; echo two; echo err >&2; printf three; exit 2",
    {
      stdin: new ReadableStream({
        pull: async (controller) => {
          await first.promise;
          controller.enqueue(new TextEncoder().encode("go\n"));
          controller.close();
        },
      }, { highWaterMark: 0 }),
    },
  );
  const first = Promise.withResolvers<void>();
  const lines = [];
  for await (const line of stream) {
    lines.push(line);
    first.resolve();
  }
  assert.deepEqual(lines, ["one\n", "two\n", "three"]);
  const result = await stream.result;
  assert.deepEqual([result.stdout, result.stderr], ["one\ntwo\nthree", "err\n"]);
  assert.deepEqual([result.code, result.changes], [2, []]);
  assert.deepEqual(host.holds, []);
});

eachSandbox("runStream() gives every line of a large output once and in order", async (host) => {
  const stream = runStream(host, ["seq", "1", "200000"], { limits: { outputBytes: 1000 } });
  let expected = 0;
  for await (const line of stream) assert.equal(line, `${++expected}\n`);
  assert.equal(expected, 200_000);
  assert.deepEqual(await stream.result.then((it) => [it.truncated, it.stdout.length]), [
    true,
    1000,
  ]);
});

eachSandbox("runStream() gives a line of over 1 MiB in pieces", async (host) => {
  const stream = runStream(host, `head -c ${3 * MIB} /dev/zero | tr '\\0' x; echo; echo short`);
  const lengths = (await linesOf(stream)).map((line) => line.length);
  assert.deepEqual(lengths, [MIB, MIB, MIB, 1, 6]);
});

eachSandbox("runStream() lets the command wait for a slow reader", async (host) => {
  const script = "i=0; while [ $i -lt 40 ]; do head -c 65536 /dev/zero | tr '\\0' x; echo; " +
    "i=$((i+1)); echo $i > progress; done";
  const stream = runStream(host, script);
  const lines = stream[Symbol.asyncIterator]();
  await lines.next();
  const progress = () => numberIn(host, "progress");
  await eventually(() => progress() >= 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(progress() < 8, `wrote ${progress()} of 40 portions`);
  let left = 0;
  while (!(await lines.next()).done) left++;
  assert.equal(left, 39);
});

eachSandbox(
  "runStream() keeps what a reader has not yet taken when the command ends",
  async (host) => {
    const stream = runStream(host, ["seq", "1", "8000"]);
    let count = 0;
    for await (const _ of stream) {
      if (count++ === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assert.equal(count, 8000);
  },
);

eachSandbox("runStream() ends the command when its reader leaves the loop", async (host) => {
  const stream = runStream(host, "trap '' TERM; echo up; sleep 60 & while :; do echo more; done");
  for await (const line of stream) {
    assert.equal(line, "up\n");
    assert.ok(host.processes().length > 0);
    break;
  }
  assert.deepEqual(host.holds, []);
  assert.ok(await eventually(() => host.processes().length === 0));
  const { signal, timedOut } = await stream.result;
  assert.deepEqual([signal, timedOut], ["SIGKILL", false]);
});

eachSandbox(
  "runStream() ends the command when the loop throws, or is left before it begins",
  async (host, { endsBy }) => {
    const stream = runStream(host, "echo up; exec sleep 60");
    await assert.rejects(async () => {
      for await (const line of stream) throw new Error(`mine: ${line}`);
    }, /mine: up/);
    assert.ok(await eventually(() => host.processes().length === 0));
    const unread = runStream(host, "exec sleep 60");
    await unread[Symbol.asyncIterator]().return?.();
    assert.equal((await unread.result).signal, endsBy);
  },
);

eachSandbox("runStream() drains the command when only its result is awaited", async (host) => {
  const { result } = runStream(host, "head -c 1000000 /dev/zero; echo end");
  const { stdout, success } = await result;
  assert.deepEqual([stdout.length, success], [1_000_004, true]);
});

eachSandbox("runStream() gives every line to a loop that begins with the result", async (host) => {
  const stream = runStream(host, ["seq", "1", "30000"]);
  const [result, lines] = await Promise.all([stream.result, linesOf(stream)]);
  assert.equal(result.success, true);
  assert.equal(lines.length, 30_000);
});

eachSandbox("runStream() is iterated once", async (host) => {
  const stream = runStream(host, "echo a");
  assert.deepEqual(await linesOf(stream), ["a\n"]);
  await assert.rejects(linesOf(stream), { name: "TypeError", message: /twice/ });
  const drained = runStream(host, "echo a");
  assert.equal((await drained.result).stdout, "a\n");
  await assert.rejects(linesOf(drained), { name: "TypeError", message: /result was asked for/ });
});

eachSandbox("runStream() resolves at the deadline", async (host, { endsSessions }) => {
  const start = performance.now();
  const script = "setsid sh -c 'echo up; exec sleep 60' & sleep 60; sleep 60";
  const stream = runStream(host, script, { timeout: 150 });
  try {
    assert.deepEqual(await linesOf(stream), ["up\n"]);
    assert.ok(performance.now() - start < 1150);
    assert.equal((await stream.result).timedOut, true);
    assert.ok(await eventually(() => host.processes().length === (endsSessions ? 0 : 1)));
  } finally {
    host.endSurvivors();
  }
});

eachSandbox("runStream() rejects with the reason in loop and result when aborted", async (host) => {
  const abort = new AbortController();
  const stream = runStream(host, "yes", { signal: abort.signal });
  const reason = new Error("enough");
  let count = 0;
  const loop = async () => {
    for await (const _ of stream) {
      if (++count === 10) abort.abort(reason);
    }
  };
  await assert.rejects(loop(), (error) => error === reason);
  assert.equal(count, 10);
  await assert.rejects(stream.result, (error) => error === reason);
  assert.deepEqual(host.holds, []);
});

eachSandbox("runStream() rejects a reader that waits when aborted", async (host) => {
  const stream = runStream(host, "sleep 60", { signal: AbortSignal.timeout(50) });
  await assert.rejects(linesOf(stream), { name: "TimeoutError" });
});

eachSandbox("runStream() with check throws behind the last line", async (host) => {
  const stream = runStream(host, "echo a; exit 3", { check: true });
  const lines: string[] = [];
  await assert.rejects(async () => {
    for await (const line of stream) lines.push(line);
  }, CommandError);
  assert.deepEqual(lines, ["a\n"]);
  await assert.rejects(stream.result, CommandError);
});

eachSandbox(
  "runStream() reports what was not started in loop and result, or to nobody",
  async (host) => {
    const stream = runStream(host, ["agentfs-nope"]);
    await assert.rejects(linesOf(stream), CommandError);
    await assert.rejects(stream.result, CommandError);
    await assert.rejects(runStream(host, "true", { workdir: "/nope" }).result, FileNotFoundError);
    await assert.rejects(linesOf(runStream(host, "")), TypeError);
    await assert.rejects(runStream(host, "true", { timeout: 0 }).result, RangeError);
    runStream(host, ["agentfs-nope"]);
    runStream(host, "exit 1", { check: true });
    assert.ok(await eventually(() => host.announced === 4 && host.holds.length === 0));
  },
);

eachSandbox("runStream() gives no lines where the output is not captured", async (host) => {
  const stream = runStream(host, "true", { captureOutput: false });
  assert.deepEqual(await linesOf(stream), []);
  assert.equal((await stream.result).success, true);
});

eachSandbox("runStream() is ended by its host though nobody reads it", async (host) => {
  runStream(host, "yes");
  await host.started;
  await host.endAll();
  assert.deepEqual(host.holds, []);
});
