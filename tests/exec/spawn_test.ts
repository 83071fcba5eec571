import * as assert from "node:assert/strict";
import { CommandError } from "../../src/errors.ts";
import { spawn } from "../../src/exec/spawn.ts";
import type { Process } from "../../src/exec/types.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { eventually } from "./host.ts";

const encoder = new TextEncoder();

/** Reads one line after the other from a stream. */
function lineReader(stream: ReadableStream<Uint8Array>) {
  const chunks = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair).getReader();
  let text = "";
  return async (): Promise<string> => {
    while (!text.includes("\n")) {
      const { done, value } = await chunks.read();
      if (done) return text;
      text += value;
    }
    const end = text.indexOf("\n") + 1;
    const line = text.slice(0, end);
    text = text.slice(end);
    return line;
  };
}

async function endOf(process: Process): Promise<[number, string | null]> {
  const { code, signal } = await process.status;
  return [code, signal];
}

eachSandbox("spawn() talks with a command", async (host) => {
  await using process = await spawn(host, 'while read line; do echo "<$line>"; done; echo bye >&2');
  const line = lineReader(process.stdout);
  const writer = process.stdin.getWriter();
  for (const word of ["one", "two", "three"]) {
    await writer.write(encoder.encode(`${word}\n`));
    assert.equal(await line(), `<${word}>\n`);
  }
  assert.equal(host.holds.length, 1);
  await writer.close();
  assert.equal(await line(), "");
  assert.equal(await new Response(process.stderr).text(), "bye\n");
  const result = await process.status;
  assert.deepEqual([result.code, result.stdout, result.stderr], [0, "", ""]);
  assert.equal(host.holds.length, 0);
});

eachSandbox("spawn() passes bytes through unchanged, however many", async (host) => {
  await using process = await spawn(host, ["cat"]);
  const sent = crypto.getRandomValues(new Uint8Array(60_000));
  const writing = ReadableStream.from(Array(50).fill(sent)).pipeTo(process.stdin);
  const received = new Uint8Array(await new Response(process.stdout).arrayBuffer());
  await writing;
  assert.equal(received.length, 3_000_000);
  for (let at = 0; at < received.length; at += sent.length) {
    assert.deepEqual(received.subarray(at, at + sent.length), sent);
  }
});

eachSandbox("spawn() ends the whole group when disposed, and waits for it", async (host) => {
  {
    await using process = await spawn(host, "trap '' TERM; echo up; sleep 60 & sleep 60; sleep 60");
    assert.equal(await lineReader(process.stdout)(), "up\n");
    assert.ok(await eventually(() => host.processes().length >= 3));
    assert.ok(host.processes().includes(process.pid));
  }
  assert.deepEqual(host.holds, []);
  assert.equal(host.tracked.size, 0);
  assert.ok(await eventually(() => host.processes().length === 0));
});

eachSandbox("spawn() is disposed of twice, and after its end, without a word", async (host) => {
  await using process = await spawn(host, "true");
  await process.status;
  await process[Symbol.asyncDispose]();
  await process[Symbol.asyncDispose]();
  process.kill();
});

eachSandbox("spawn() sends signals to the group", async (host) => {
  await using process = await spawn(
    host,
    "trap 'echo hup' HUP; echo up; while :; do sleep 0.01; done",
  );
  const line = lineReader(process.stdout);
  assert.equal(await line(), "up\n");
  process.kill("SIGHUP");
  assert.equal(await line(), "hup\n");
  assert.throws(() => process.kill("SIGNOPE" as Deno.Signal), { name: "TypeError" });
  process.kill();
  assert.deepEqual(await endOf(process), [143, "SIGTERM"]);
});

eachSandbox("spawn() honours timeout", async (host) => {
  await using process = await spawn(host, "sleep 60", { timeout: 50 });
  assert.equal((await process.status).timedOut, true);
});

eachSandbox(
  "spawn() honours signal, and raises nothing where nobody asks for the status",
  async (host) => {
    const abort = new AbortController();
    await using process = await spawn(host, "sleep 60", { signal: abort.signal });
    abort.abort(new Error("enough"));
    assert.ok(await eventually(() => host.holds.length === 0));
    await assert.rejects(process.status, /enough/);
    await assert.rejects(spawn(host, "true", { signal: abort.signal }), /enough/);
  },
);

eachSandbox("spawn() honours check and changes", async (host) => {
  await using failing = await spawn(host, "exit 3", { check: true });
  await assert.rejects(failing.status, CommandError);
  await using writing = await spawn(host, "touch new");
  assert.deepEqual((await writing.status).changes.map(({ path }) => path), ["/new"]);
});

eachSandbox(
  "spawn() refuses a second source for stdin, and what cannot be started",
  async (host) => {
    await assert.rejects(spawn(host, "cat", { stdin: "x" }), {
      name: "TypeError",
      message: /stdin/,
    });
    await assert.rejects(spawn(host, ["agentfs-nope"]), CommandError);
    await assert.rejects(spawn(host, ""), TypeError);
    assert.deepEqual(host.holds, []);
  },
);

eachSandbox(
  "spawn() lets the command wait for a reader, and hear of one that leaves",
  async (host) => {
    await using process = await spawn(host, ["yes"]);
    const reader = process.stdout.getReader();
    assert.equal((await reader.read()).done, false);
    await reader.cancel();
    assert.deepEqual(await endOf(process), [141, "SIGPIPE"]);
  },
);

eachSandbox("spawn() keeps what was not yet read when the command ends", async (host) => {
  await using process = await spawn(host, "head -c 60000 /dev/zero");
  await process.status;
  assert.equal((await new Response(process.stdout).arrayBuffer()).byteLength, 60_000);
  assert.equal(await new Response(process.stderr).text(), "");
});

eachSandbox("spawn() gives a typed error for a write that nobody reads", async (host, facts) => {
  await using process = await spawn(host, "exec <&-; echo closed; sleep 60");
  await lineReader(process.stdout)();
  const writer = process.stdin.getWriter();
  if (facts.tellsOfClosedStdin) {
    // Somebody who is just being forked has the other end for a moment, too.
    const refused = async () => {
      for (let n = 0; n < 1000; n++) {
        await writer.write(encoder.encode("x"));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await assert.rejects(refused(), CommandError);
  } else {
    await writer.write(encoder.encode("x"));
    await process[Symbol.asyncDispose]();
    await assert.rejects(writer.write(encoder.encode("x")), CommandError);
  }
  await using ended = await spawn(host, "true");
  await ended.status;
  await assert.rejects(ended.stdin.getWriter().write(encoder.encode("x")), CommandError);
  await using unread = await spawn(host, "true");
  await unread.status;
  await unread.stdin.close();
});

eachSandbox("spawn() has empty streams where the output is not captured", async (host) => {
  await using process = await spawn(host, "true", { captureOutput: false });
  assert.equal(await new Response(process.stdout).text(), "");
  assert.equal(await new Response(process.stderr).text(), "");
});

eachSandbox(
  "spawn() ends although a grandchild of another session holds the pipes",
  async (host, { endsSessions }) => {
    const process = await spawn(host, "setsid sh -c 'echo up; exec sleep 60' & sleep 60");
    const line = lineReader(process.stdout);
    assert.equal(await line(), "up\n");
    try {
      const start = performance.now();
      await process[Symbol.asyncDispose]();
      assert.ok(performance.now() - start < 1000);
      assert.equal(await line(), "");
      assert.ok(await eventually(() => host.processes().length === (endsSessions ? 0 : 1)));
    } finally {
      host.endSurvivors();
    }
  },
);
