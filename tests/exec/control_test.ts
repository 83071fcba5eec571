/** A spawned command in a sandbox, which signals reach although nobody outside may send them. */

import * as assert from "node:assert/strict";
import { CommandError } from "../../src/errors.ts";
import { run } from "../../src/exec/run.ts";
import { spawn } from "../../src/exec/spawn.ts";
import type { Process, Signal } from "../../src/exec/types.ts";
import { eachSandbox, sandboxed } from "./each_sandbox.ts";
import { eventually, type TestHost } from "./host.ts";

/** What a command has written to the file of this name; "" until it has. */
function told(host: TestHost, name: string): string {
  try {
    return Deno.readTextFileSync(`${host.directory}/${name}`);
  } catch {
    return "";
  }
}

async function endOf(process: Process): Promise<[number, string | null]> {
  const { code, signal } = await process.status;
  return [code, signal];
}

const CAUGHT = ["INT", "TERM", "USR1", "USR2", "HUP", "QUIT", "ALRM", "WINCH", "CONT"];

eachSandbox("kill() reaches a command that catches signals", async (host) => {
  const traps = CAUGHT.map((name) => `trap 'echo ${name} >> caught' ${name};`).join(" ");
  const script = `${traps} echo up > up; while [ ! -e end ]; do sleep 0.01; done; exit 7`;
  await using process = await spawn(host, script);
  assert.ok(await eventually(() => told(host, "up") !== ""));
  for (const [n, name] of CAUGHT.entries()) {
    process.kill(`SIG${name}` as Signal);
    const expected = CAUGHT.slice(0, n + 1).map((name) => `${name}\n`).join("");
    assert.ok(await eventually(() => told(host, "caught") === expected), told(host, "caught"));
  }
  await Deno.writeTextFile(`${host.directory}/end`, "");
  assert.deepEqual(await endOf(process), [7, null]);
});

for (
  const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGUSR1", 138], [
    "SIGKILL",
    137,
  ]] as const
) {
  eachSandbox(`kill(${signal}) ends a command that does not catch it`, async (host) => {
    await using process = await spawn(host, "echo up > up; exec sleep 60");
    assert.ok(await eventually(() => told(host, "up") !== ""));
    process.kill(signal);
    assert.deepEqual(await endOf(process), [code, signal]);
    assert.ok(await eventually(() => host.processes().length === 0));
  });
}

eachSandbox("kill() reaches the command's children, too", async (host) => {
  const child = 'trap "echo child >> caught; exit" USR1; touch up; while :; do sleep 0.01; done';
  const script = `trap 'echo parent >> caught' USR1; sh -c '${child}' & wait; wait; exit 5`;
  await using process = await spawn(host, script);
  assert.ok(await eventually(() => isThere(host, "up")));
  process.kill("SIGUSR1");
  assert.deepEqual(await endOf(process), [5, null]);
  assert.deepEqual(told(host, "caught").split("\n").toSorted(), ["", "child", "parent"]);
});

function isThere(host: TestHost, name: string): boolean {
  return [...Deno.readDirSync(host.directory)].some((entry) => entry.name === name);
}

eachSandbox("SIGSTOP holds a command, and SIGCONT lets it go on", async (host) => {
  const script = "while :; do echo >> n; sleep 0.01; done";
  await using process = await spawn(host, script);
  const count = (): number => told(host, "n").length;
  assert.ok(await eventually(() => count() > 2));
  process.kill("SIGSTOP");
  let held = 0;
  assert.ok(
    await eventually(() => {
      const now = count();
      const isHeld = now !== 0 && now === held;
      held = now;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      return isHeld;
    }),
    "it goes on",
  );
  process.kill("SIGCONT");
  assert.ok(await eventually(() => count() > held + 2), "it does not go on");
  process.kill("SIGSTOP");
  await process[Symbol.asyncDispose]();
  assert.ok(await eventually(() => host.processes().length === 0));
});

sandboxed("disposing of a command ends what left for sessions of its own", async (host) => {
  const script = "setsid sh -c 'trap \"\" TERM HUP; touch up; sleep 60; sleep 60' & " +
    "(setsid sleep 60 &) ; trap '' TERM; sleep 60; sleep 60";
  {
    await using _process = await spawn(host, script);
    assert.ok(await eventually(() => isThere(host, "up") && host.processes().length > 5));
  }
  assert.ok(await eventually(() => host.processes().length === 0));
  assert.deepEqual(host.holds, []);
});

sandboxed("what a spawned command leaves behind is ended with it", async (host) => {
  await using process = await spawn(host, "setsid sleep 60 & sleep 60 & exit 4");
  assert.deepEqual(await endOf(process), [4, null]);
  assert.ok(await eventually(() => host.processes().length === 0));
});

eachSandbox("a program that is missing makes spawn() reject", async (host) => {
  host.writeProgram("text", "no program", 0o644);
  for (const argv of [["agentfs-nope"], ["./nope"], ["./text"], ["/"]]) {
    await assert.rejects(spawn(host, argv), (error: unknown) => {
      assert.ok(error instanceof CommandError, `${error}`);
      assert.match(error.message, /^Cannot run .*(there is no program|is missing|not executable)/);
      return true;
    });
  }
  assert.deepEqual(host.holds, []);
  assert.ok(await eventually(() => host.processes().length === 0));
});

eachSandbox("a command that ends before anybody signals it is told no more", async (host) => {
  await using process = await spawn(host, "exit 6");
  assert.deepEqual(await endOf(process), [6, null]);
  for (const signal of ["SIGTERM", "SIGKILL", "SIGUSR1"] as const) process.kill(signal);
});

sandboxed(
  "a command has no descriptors of files, whatever this process was started with",
  async (host) => {
    const script = "ls -l /proc/self/fd | sed -n 's/.*-> //p'";
    await using process = await spawn(host, script);
    const outputs = [
      await new Response(process.stdout).text(),
      (await run(host, script)).stdout,
      (await run(host, script, { stdin: "x" })).stdout,
    ];
    for (const output of outputs) {
      assert.match(output, /^((\/dev\/null|pipe:.*|socket:.*|\/proc\/\d+\/fd)\n){4,}$/);
    }
  },
);
