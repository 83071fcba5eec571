import * as assert from "node:assert/strict";
import { run } from "../../src/exec/run.ts";
import { spawn } from "../../src/exec/spawn.ts";
import type { RunOptions } from "../../src/exec/types.ts";
import { temporaryDirectory } from "../temporary.ts";
import { eachSandbox, HAS_BUBBLEWRAP, sandboxed } from "./each_sandbox.ts";
import { runScript, type TestHost } from "./host.ts";

/** A variable of this process that a test makes, and removes with its scope. */
function variable(name: string, value: string): Disposable {
  Deno.env.set(name, value);
  return { [Symbol.dispose]: () => Deno.env.delete(name) };
}

/** The environment that a command finds. */
async function environmentOf(host: TestHost, options: RunOptions): Promise<string[]> {
  const { stdout, stderr } = await run(host, ["/usr/bin/env", "-0"], options);
  assert.equal(stderr, "");
  return stdout.split("\0").slice(0, -1).toSorted();
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

sandboxed("run() passes on the variables that env names, and no others", async (host) => {
  using _wanted = variable("AGENTFS_TEST_WANTED", "a b\n'c'");
  using _other = variable("AGENTFS_TEST_OTHER", "secret");
  const permissions = { env: ["AGENTFS_TEST_WANTED", "AGENTFS_TEST_NEVER_SET"] };
  const usual = [`HOME=${host.home}`, "LANG=C.UTF-8", PATH, "TERM=dumb"];
  const wanted = "AGENTFS_TEST_WANTED=a b\n'c'";
  assert.deepEqual(await environmentOf(host, { permissions }), [wanted, ...usual]);
  const env = { AGENTFS_TEST_WANTED: "mine" };
  assert.equal((await environmentOf(host, { permissions, env }))[0], "AGENTFS_TEST_WANTED=mine");
});

sandboxed("run() with env: false gives nothing but the option env", async (host) => {
  const permissions = { env: false };
  assert.deepEqual(await environmentOf(host, { permissions }), []);
  const env = { B: "2", A: "1" };
  assert.deepEqual(await environmentOf(host, { permissions, env }), ["A=1", "B=2"]);
});

eachSandbox("run() gives variables of any name and value", async (host) => {
  const env = {
    "a.b": "$(id) `id` \\ \" '",
    "it's": "-n",
    "with space": "x",
    "-u": "dash",
    "9": "nine",
    AGENTFS_0: "zero",
    AGENTFS_1: "one",
    AGENTFS_17: "seventeen",
    UID: "7",
    IFS: "x",
    PS4: "$(touch planted)",
    ENV: `${host.directory}/planted-env`,
    PWD: "/nowhere",
    EMPTY: "",
    LONG: "x".repeat(100_000),
  };
  host.writeProgram("planted-env", "touch ran\n");
  const found = await environmentOf(host, { env });
  const expected = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const usual = [`HOME=${host.home}`, "LANG=C.UTF-8", PATH, "TERM=dumb"];
  assert.deepEqual(found, [...expected, ...usual].toSorted());
  const names = [...Deno.readDirSync(host.directory)].map(({ name }) => name);
  assert.deepEqual(names, ["planted-env"]);
});

sandboxed("the environment is on no command line", async (host) => {
  await using process = await spawn(host, "sleep 60", { env: { A: "s3cret", "o.dd": "s3cret" } });
  const [first] = host.processes();
  assert.ok(first !== undefined && host.processes().includes(process.pid));
  for (const pid of host.processes()) {
    assert.ok(!Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("s3cret"));
  }
});

sandboxed("a PATH that a command is given does not choose its sandbox", async (host) => {
  const marker = `${host.directory}/fake-was-run`;
  host.writeProgram("bwrap", `#!/bin/sh\ntouch ${marker}\n`);
  host.writeProgram("sh", `#!/bin/sh\nexit 9\n`);
  const env = { PATH: `${host.directory}:/usr/bin:/bin` };
  const { stdout, sandbox } = await run(host, "id -u; cat /proc/self/status", { env });
  assert.equal(sandbox, "bubblewrap");
  assert.match(stdout, /^CapEff:\t0+$/m);
  await using process = await spawn(host, "sleep 60", { env });
  process.kill();
  await process.status;
  await assert.rejects(Deno.stat(marker), Deno.errors.NotFound);
});

sandboxed("a LD_PRELOAD that a command is given is loaded inside only", async (host) => {
  await using temporary = await temporaryDirectory();
  const [source, library] = [`${temporary.path}/l.c`, `${host.directory}/l.so`];
  // Outside it could write the first mark, inside only the second.
  await Deno.writeTextFile(
    source,
    `#include <stdio.h>
    __attribute__((constructor)) static void mark(void) {
      fopen("${temporary.path}/outside", "w"); fopen("${host.directory}/inside", "w");
    }`,
  );
  const compile = new Deno.Command("gcc", { args: ["-shared", "-fPIC", "-o", library, source] });
  assert.ok((await compile.output()).success);
  for (const env of [{ LD_PRELOAD: library }, { LD_AUDIT: library }]) {
    await run(host, "true", { env });
    await using process = await spawn(host, "true", { env });
    await process.status;
    await assert.rejects(Deno.stat(`${temporary.path}/outside`), Deno.errors.NotFound);
  }
  assert.ok((await Deno.stat(`${host.directory}/inside`)).isFile, "the library does write");
});

Deno.test({
  name: "run() says which flag of Deno passes a variable on",
  ignore: !HAS_BUBBLEWRAP,
  fn: async () => {
    const script = `
      const permissions = { env: ["AGENTFS_TEST_WANTED"] };
      await run(host, "true", { permissions })
        .catch((error) => console.log(error.code, error.message));
      console.log(host.holds.length);
    `;
    const flags = ["--allow-read", "--allow-write", "--allow-run=bwrap"];
    const { stdout, stderr } = await runScript(script, { flags });
    assert.equal(
      stdout,
      "SandboxError Cannot pass on the variable AGENTFS_TEST_WANTED: Deno itself may not read it; " +
        "run it with --allow-env=AGENTFS_TEST_WANTED\n0\n",
      stderr,
    );
  },
});
