import * as assert from "node:assert/strict";
import { isSignal, ProcessGroup } from "../../src/platform/process.ts";
import { aliveInGroup, eventually, runScript } from "../exec/host.ts";

function start(...argv: string[]): ProcessGroup {
  const environment = { PATH: "/usr/bin:/bin" };
  return new ProcessGroup({ argv, environment, directory: "/", stdin: "null", output: "inherit" });
}

Deno.test("ProcessGroup signals all of its group, and says when nobody is left", async () => {
  const group = start("sh", "-c", "sleep 60 & sleep 60 & wait");
  assert.ok(await eventually(() => aliveInGroup(group.id).length === 3));
  assert.equal(await group.signal(0), true);
  assert.equal(await group.signal("SIGKILL"), true);
  assert.deepEqual(await group.status.then(({ code, signal }) => [code, signal]), [137, "SIGKILL"]);
  assert.ok(await eventually(() => aliveInGroup(group.id).length === 0));
  const alone = start("true");
  await alone.status;
  assert.equal(await alone.signal(0), false);
  assert.equal(await alone.signal("SIGTERM"), false);
});

Deno.test("isSignal() knows the system's names only", () => {
  assert.deepEqual(["SIGTERM", "SIGUSR1", "SIGNOPE", "TERM", "toString"].map(isSignal), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

/** A command that is to be ended with its child at a deadline, or right after its own end. */
const STUBBORN = `trap "" TERM; sleep 60 & echo $$; sleep 60`;
const SCRIPT = `
  const limits = [{ timeout: 100 }, {}];
  const commands = [${JSON.stringify(STUBBORN)}, "sleep 60 & echo $$"];
  for (const [n, command] of commands.entries()) {
    const start = performance.now();
    const result = await run(host, ["/bin/sh", "-c", command], limits[n]);
    const late = performance.now() - start - (limits[n].timeout ?? 0);
    console.log(result.stdout.trim(), result.timedOut, late < 1000);
  }
`;
const SCOPES: [string, string][] = [
  ["all programs", "--allow-run"],
  ["all programs but one", "--deny-run=rm"],
  ["only kill and the program", "--allow-run=kill,/usr/bin/sh,/bin/sh"],
  ["only the shell", "--allow-run=/bin/sh"],
];

for (const [what, flag] of SCOPES) {
  Deno.test(`ProcessGroup ends its group where Deno may run ${what}`, async () => {
    const flags = ["--allow-read", "--allow-write", flag];
    if (flag.startsWith("--deny")) flags.push("--allow-run");
    const { stdout, stderr } = await runScript(SCRIPT, { flags });
    const outcome = /^(\d+) true true\n(\d+) false true\n$/.exec(stdout);
    assert.ok(outcome, stdout + stderr);
    for (const group of outcome.slice(1).map(Number)) {
      assert.ok(await eventually(() => aliveInGroup(group).length === 0));
    }
  });
}

Deno.test("ProcessGroup ends its first process where Deno may run nothing else", async () => {
  const { stdout, stderr } = await runScript(
    `
    const start = performance.now();
    const result = await run(host, ["sleep", "60"], { timeout: 100 });
    console.log(result.signal, result.timedOut, performance.now() - start < 1100);
    console.log((await run(host, ["sleep", "0"])).success);
    console.log(await run(host, "true").catch((error) => error.name + " " + error.message));
    console.log(await run(host, ["sleep", "0"], { env: { LD_PRELOAD: "x" } }).catch((error) => error.name));
    `,
    { flags: ["--allow-read", "--allow-write", "--allow-run=sleep"] },
  );
  const [ending, after, refusal, preload] = stdout.trim().split("\n");
  assert.equal(ending, "SIGTERM true true", stderr);
  assert.equal(after, "true");
  assert.match(refusal!, /^CommandError Cannot run "true": .*"\/bin\/sh".*--allow-run/);
  assert.equal(preload, "CommandError");
});
