import * as assert from "node:assert/strict";
import { SandboxError } from "../../src/errors.ts";
import { run } from "../../src/exec/run.ts";
import { runStream } from "../../src/exec/run_stream.ts";
import type { Limits, RunOptions } from "../../src/exec/types.ts";
import { makeProject } from "../project.ts";
import { eachSandbox, HAS_BUBBLEWRAP, IS_ROOT, sandboxed } from "./each_sandbox.ts";
import { runScript, testHost } from "./host.ts";

const BAD_LIMITS: [unknown, string, RegExp][] = [
  [[], "TypeError", /an object, not array/],
  [null, "TypeError", /an object, not null/],
  [{ memory: 5 }, "TypeError", /no limit "memory"; there are outputBytes, memoryBytes/],
  [{ timeout: 5 }, "TypeError", /no limit "timeout"/],
  [{ toString: 5 }, "TypeError", /no limit "toString"/],
  [{ memoryBytes: "1G" }, "TypeError", /memoryBytes is a number/],
  [{ cpuSeconds: null }, "TypeError", /cpuSeconds is a number/],
  [{ outputBytes: 0 }, "RangeError", /outputBytes is 0, and a limit is above 0/],
  [{ processes: -1 }, "RangeError", /processes is -1/],
  [{ fileBytes: NaN }, "RangeError", /fileBytes is NaN/],
  [{ fileBytes: Infinity }, "RangeError", /fileBytes is Infinity/],
  [{ memoryBytes: 2 ** 53 }, "RangeError", /memoryBytes is 9007199254740992/],
];

for (const [limits, name, message] of BAD_LIMITS) {
  Deno.test(`run() and runStream() refuse the limits ${Deno.inspect(limits)}`, async () => {
    await using host = await testHost();
    const options = { limits } as RunOptions;
    await assert.rejects(run(host, "touch ran", options), { name, message });
    await assert.rejects(runStream(host, "touch ran", options).result, { name, message });
    assert.equal(host.announced, 0);
  });
}

const MIB = 1024 ** 2;

/** For each limit, what runs into it, and what has enough. */
const HIT: [limits: Limits, over: string, within: string][] = [
  [{ memoryBytes: 64 * MIB }, "head -c 200000000 /dev/zero | tail -c 200000000", "true"],
  [{ memoryBytes: 64 * MIB }, "x=$(head -c 90000000 /dev/zero | tr '\\0' x)", "echo memory >&2"],
  [{ cpuSeconds: 1 }, "while :; do :; done", "sleep 1.2"],
  [{ cpuSeconds: 0.5 }, "exec sh -c 'while :; do :; done'", "exit 3"],
  [{ fileBytes: 10_000 }, "head -c 20000 /dev/zero > f", "head -c 9000 /dev/zero > f"],
  [{ fileBytes: 1024 }, "exec head -c 2000 /dev/zero > f", "head -c 1000 /dev/zero > f"],
  [{ fileBytes: 100 }, "echo x > f", ": > f"],
  [{ outputBytes: 10 }, "echo 0123456789", "printf 0123456789"],
  [{ outputBytes: 10 }, "echo 0123456789 >&2; exit 3", "printf 0123456789 >&2"],
];

for (const [limits, over, within] of HIT) {
  const [name = "", value] = Object.entries(limits)[0] ?? [];
  eachSandbox(`run() holds the limit ${name} of ${value} against ${over}`, async (host) => {
    const hit = await run(host, over, { limits });
    assert.equal(hit.limit, name, JSON.stringify([hit.code, hit.stderr]));
    if (name === "outputBytes") assert.equal(hit.truncated, true);
    else assert.equal(hit.success, false);
    const held = await run(host, within, { limits });
    assert.equal(held.limit, null, JSON.stringify([held.code, held.stderr]));
    const free = await run(host, within);
    assert.equal(free.limit, null);
  });
}

eachSandbox("a file never grows over the limit fileBytes", async (host) => {
  for (const fileBytes of [512, 1000, 1025, 5000]) {
    await run(host, "head -c 100000 /dev/zero > f; cat f f > g", { limits: { fileBytes } });
    for (const file of ["f", "g"]) {
      const { size } = await Deno.stat(`${host.directory}/${file}`);
      assert.ok(size <= fileBytes && size > fileBytes - 512, `${size} of ${fileBytes}`);
    }
  }
});

eachSandbox("run() holds outputBytes to the byte, for each output by itself", async (host) => {
  const all = Array.from({ length: 300 }, (_, n) => n % 256);
  const octal = all.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  host.writeProgram("say", `#!/bin/sh\nprintf '${octal}'\nprintf '${octal}' >&2\n`);
  for (const outputBytes of [1, 2, 3, 7, 255, 299, 300, 301, 2.5]) {
    const result = await run(host, ["./say"], { limits: { outputBytes } });
    const cap = Math.ceil(outputBytes);
    const head = Math.floor(cap / 2);
    const expected = cap >= 300 ? all : [...all.slice(0, head), ...all.slice(300 - (cap - head))];
    assert.deepEqual([...result.stdoutBytes], expected);
    assert.deepEqual([...result.stderrBytes], expected);
    assert.deepEqual(
      [result.truncated, result.limit],
      cap >= 300 ? [false, null] : [true, "outputBytes"],
    );
  }
});

eachSandbox("run() tells the deadline from a limit", async (host) => {
  const limits = { cpuSeconds: 10, memoryBytes: 1024 * MIB, outputBytes: 1000 };
  const slow = await run(host, "yes >&2 & sleep 60", { limits, timeout: 200 });
  assert.deepEqual([slow.limit, slow.timedOut], ["timeout", true]);
  const failing = await run(host, "echo 'out of memory' >&2; exit 1");
  assert.equal(failing.limit, null, "nobody has set a limit");
});

eachSandbox(
  "run() holds several limits at once, and for all descendants",
  async (host, { name }) => {
    const limits = { cpuSeconds: 5, memoryBytes: 512 * MIB, fileBytes: 4096 };
    const { stdout } = await run(host, "sh -c 'sh -c \"ulimit -t; ulimit -v; ulimit -f\"'", {
      limits,
    });
    assert.equal(stdout, `5\n${512 * 1024}\n8\n`);
    // Without a sandbox, root may raise what it is given.
    if (name === "none" && IS_ROOT) return;
    assert.equal((await run(host, "ulimit -f unlimited; ulimit -f", { limits })).stdout, "8\n");
  },
);

Deno.test("the limit processes is refused where nothing can hold it", async () => {
  await using host = await testHost();
  await assert.rejects(run(host, "touch ran", { limits: { processes: 5 } }), {
    code: "SandboxError",
    message:
      /^Cannot run "touch ran" as asked: the limit processes cannot be held without a sandbox/,
  });
  assert.equal(host.announced, 0);
});

sandboxed("the limit processes is refused where root runs it", async (host) => {
  const running = run(host, "touch ran", { limits: { processes: 5 } });
  if (!IS_ROOT) return void await running;
  await assert.rejects(running, (error: unknown) => {
    assert.ok(error instanceof SandboxError);
    assert.match(error.message, /where root runs it.*run as another user, or leave it out$/);
    return true;
  });
});

Deno.test({
  name: "the limit processes holds for an ordinary user",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    const script = `
      const bomb = "f() { f | f & }; f; sleep 0.2; echo end";
      const children = (n) => "for i in " + "x ".repeat(n) + "; do sleep 0.3 & done; wait";
      for (const command of [bomb, children(12), children(4), ["true"]]) {
        const { limit, success } = await run(host, command, {
          limits: { processes: 8, outputBytes: 100_000 }, timeout: 5000,
        });
        console.log(limit, success);
      }
      console.log(host.processes().length);
      // Limits are each command's own.
      const several = Array.from({ length: 5 }, () => run(host, children(4), { limits: { processes: 8 } }));
      console.log((await Promise.all(several)).map(({ limit }) => limit).join());
      await using process = await spawn(host, children(4), { limits: { processes: 8 } });
      console.log((await process.status).limit);
    `;
    const options = { settings: { sandbox: "required" }, ordinary: true } as const;
    const { stdout, stderr } = await runScript(script, options);
    const [bomb, many, ...rest] = stdout.split("\n");
    assert.match(bomb ?? "", /^(processes|null) /, stdout + stderr);
    assert.equal(many, "processes false", stderr);
    assert.deepEqual(rest, ["null true", "null true", "0", ",,,,", "null", ""]);
  },
});

eachSandbox("settings hold for calls that do not say otherwise", async (host, { settings }) => {
  host.settings = { ...settings, timeout: 150, limits: { fileBytes: 1024, outputBytes: 10 } };
  const late = await run(host, "sleep 60");
  assert.deepEqual([late.timedOut, late.limit], [true, "timeout"]);
  assert.equal((await run(host, "sleep 0.3", { timeout: 10_000 })).timedOut, false);
  const write = "head -c 2000 /dev/zero > f";
  assert.equal((await run(host, write)).limit, "fileBytes");
  assert.equal((await run(host, write, { limits: { fileBytes: 4096 } })).limit, null);
  assert.equal((await run(host, write, { limits: { cpuSeconds: 5 } })).limit, "fileBytes");
  assert.equal((await run(host, "seq 100")).stdoutBytes.length, 10);
  assert.equal((await runStream(host, "seq 100").result).stdoutBytes.length, 10);
  const more = { limits: { outputBytes: 20 } };
  assert.equal((await run(host, "seq 100", more)).stdoutBytes.length, 20);
});

sandboxed("permissions in the settings are required, and a call's win key by key", async (host) => {
  host.settings = { sandbox: "off", permissions: { write: false, env: ["AGENTFS_TEST_WANTED"] } };
  Deno.env.set("AGENTFS_TEST_WANTED", "here");
  try {
    const script = "touch x 2>/dev/null || echo read-only; echo $AGENTFS_TEST_WANTED";
    const { stdout, sandbox } = await run(host, script);
    assert.deepEqual([stdout, sandbox], ["read-only\nhere\n", "bubblewrap"]);
    const writable = await run(host, script, { permissions: { write: true } });
    assert.equal(writable.stdout, "here\n");
    const bare = await run(host, script, { permissions: { env: true } });
    assert.equal(bare.stdout, "read-only\n\n");
  } finally {
    Deno.env.delete("AGENTFS_TEST_WANTED");
  }
});

Deno.test({
  name: "Config.run reaches every command of every workspace",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    const run = { permissions: { write: false }, timeout: 300, limits: { outputBytes: 5 } };
    await using project = await makeProject({ repository: true, config: { run } });
    const workspace = await project.afs.workspace.create("w");
    const result = await workspace.run("touch x; echo 123456");
    assert.deepEqual([result.sandbox, result.stdout, result.changes], ["bubblewrap", "1256\n", []]);
    assert.match(result.stderr, /^to/);
    assert.equal((await workspace.run("sleep 60")).limit, "timeout");
    await using process = await workspace.spawn("sleep 60");
    assert.equal((await process.status).limit, "timeout");
    const { result: streamed } = workspace.runStream("sleep 60");
    assert.equal((await streamed).limit, "timeout");
  },
});
