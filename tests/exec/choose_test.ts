import * as assert from "node:assert/strict";
import { chooseSandbox } from "../../src/exec/choose.ts";
import { run } from "../../src/exec/run.ts";
import type { RunSettings } from "../../src/exec/host.ts";
import { HAS_BUBBLEWRAP } from "./each_sandbox.ts";
import { runScript, testHost } from "./host.ts";
import { programs } from "./programs.ts";

const MODES: [RunSettings["sandbox"], name: string][] = [
  ["auto", "bubblewrap"],
  ["required", "bubblewrap"],
  ["off", "none"],
];

for (const [mode, name] of MODES) {
  Deno.test({
    name: `the sandbox of a command is ${name} where it is "${mode}" and bubblewrap is there`,
    ignore: !HAS_BUBBLEWRAP,
    fn: async () => {
      await using host = await testHost({ sandbox: mode });
      assert.equal((await run(host, "true")).sandbox, name);
      assert.equal((await run(host, "true", { limits: { cpuSeconds: 5 } })).sandbox, name);
      const permitted = await run(host, "true", { permissions: {} });
      assert.equal(permitted.sandbox, "bubblewrap", "permissions are held, whatever the mode");
    },
  });
}

Deno.test("chooseSandbox() does not look for a sandbox where none is wanted", async () => {
  await using host = await testHost({ sandbox: "off" });
  host.detect = () => Promise.reject(new Error("looked"));
  assert.equal((await chooseSandbox(host, '"true"', {})).sandbox.name, "none");
  await assert.rejects(chooseSandbox(host, '"true"', { permissions: {} }), /looked/);
});

/** What commands say under a mode, in a Deno whose PATH has no bubblewrap. */
async function withoutBubblewrap(mode: RunSettings["sandbox"]) {
  await using path = await programs({});
  const script = `
    const tell = (it) => it.then(({ sandbox }) => sandbox, (error) => error.code + " " + error.message);
    for (const options of [{}, {}, { permissions: {} }, { permissions: { net: true } }]) {
      console.log(await tell(run(host, "echo >> ran", options)));
    }
    console.log(await tell(runStream(host, "echo >> ran").result));
    console.log(await tell(spawn(host, "echo >> ran").then((process) => process.status)));
    console.log((await Deno.readTextFile(host.directory + "/ran").catch(() => "")).length);
  `;
  const { stdout, stderr } = await runScript(script, {
    settings: { sandbox: mode },
    environment: { PATH: path.path, NO_COLOR: "1" },
  });
  return { said: stdout.split("\n").slice(0, -1), stderr };
}

const INSTALL = "bubblewrap (the program bwrap) is not installed; install it: apt-get install " +
  "bubblewrap, dnf install bubblewrap, apk add bubblewrap";
const REFUSAL = `SandboxError Cannot run "echo >> ran" in a sandbox: ${INSTALL}`;

Deno.test('without bubblewrap "auto" runs without a sandbox, and says so once', async () => {
  const { said, stderr } = await withoutBubblewrap("auto");
  assert.deepEqual(said, ["none", "none", REFUSAL, REFUSAL, "none", "none", "4"]);
  assert.equal(
    stderr,
    `AgentFS: commands run without a sandbox, with all rights of this user: ${INSTALL}. ` +
      'Set run.sandbox to "required" to refuse this, or to "off" to accept it.\n',
  );
});

Deno.test('without bubblewrap "off" runs without a sandbox, and says nothing', async () => {
  const { said, stderr } = await withoutBubblewrap("off");
  assert.deepEqual(said, ["none", "none", REFUSAL, REFUSAL, "none", "none", "4"]);
  assert.equal(stderr, "");
});

Deno.test('without bubblewrap "required" runs nothing', async () => {
  const { said, stderr } = await withoutBubblewrap("required");
  assert.deepEqual(said, [...Array(6).fill(REFUSAL), "0"]);
  assert.equal(stderr, "");
});
