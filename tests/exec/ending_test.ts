import * as assert from "node:assert/strict";
import { CommandError } from "../../src/errors.ts";
import { run } from "../../src/exec/run.ts";
import { aliveInGroup, eventually, isAlive, numberIn, pidsIn, testHost } from "./host.ts";

/** What a command may do to outlive its deadline without leaving its group. */
const STUBBORN: Record<string, string> = {
  "sleeps": "sleep 60",
  "has children": "sleep 60 & sleep 60 & wait",
  "forks twice": "(sh -c 'sleep 60 & exec sleep 61' & exit 0); sleep 60",
  "ignores TERM": "trap '' TERM; sleep 60; sleep 60",
  "has children that ignore TERM": "(trap '' TERM; sleep 60; sleep 60) & exec sleep 60",
  "starts anew on TERM": "trap 'sleep 60 & sleep 60' TERM; sleep 60; sleep 60",
  "has stopped": "sleep 60 & kill -STOP $$",
  "ignores hang-ups": "nohup sleep 60 & nohup sleep 60",
  "floods its output": "yes & yes >&2 & exec cat /dev/zero",
};

for (const [habit, script] of Object.entries(STUBBORN)) {
  Deno.test(`run() ends a command that ${habit} at its deadline, in each of four runs`, async () => {
    await using host = await testHost();
    await Promise.all(Array.from({ length: 4 }, async (_, n) => {
      const start = performance.now();
      const timeout = 80 + 20 * n;
      const result = await run(host, `echo $$; ${script}`, { timeout, changes: false }, 1000);
      const late = performance.now() - start - timeout;
      assert.ok(late < 1000, `${late} ms late`);
      assert.equal(result.timedOut, true);
      assert.equal(result.success, false);
      assert.ok(result.signal === "SIGTERM" || result.signal === "SIGKILL");
      const [group = 0] = pidsIn(result.stdout.slice(0, result.stdout.indexOf("\n")));
      assert.ok(group > 0);
      assert.ok(await eventually(() => aliveInGroup(group).length === 0), "survivors");
    }));
    assert.deepEqual(host.holds, []);
  });
}

Deno.test("run() lets a command end itself on TERM", async () => {
  await using host = await testHost();
  const script = "trap 'echo saved; exit 5' TERM; echo ready; while :; do sleep 0.01; done";
  const result = await run(host, script, { timeout: 100 });
  assert.deepEqual([result.stdout, result.code, result.timedOut], ["ready\nsaved\n", 5, true]);
});

Deno.test("run() gives the rest of the group its time when the shell ends at once on TERM", async () => {
  await using host = await testHost();
  const server = "trap 'sleep 0.05; echo saved > saved; exit 0' TERM; while :; do sleep 0.01; done";
  await run(host, `sh -c ${JSON.stringify(server)} > /dev/null & wait`, { timeout: 100 });
  assert.equal(await Deno.readTextFile(`${host.directory}/saved`), "saved\n");
});

Deno.test("run() returns in time although a grandchild of another session holds the pipes", async () => {
  await using host = await testHost();
  const start = performance.now();
  const script = "setsid sh -c 'trap \"\" TERM; echo $$; sleep 60; sleep 60' & sleep 60";
  const result = await run(host, script, { timeout: 100 });
  const [away = 0] = pidsIn(result.stdout);
  try {
    assert.ok(performance.now() - start < 1100);
    assert.equal(result.timedOut, true);
    assert.equal(isAlive(away), true);
  } finally {
    Deno.kill(-away, "SIGKILL");
  }
});

Deno.test("run() does not wait for what a command leaves behind", async () => {
  await using host = await testHost();
  const script =
    "echo $$; sleep 60 & setsid sh -c 'echo $$; exec sleep 60' & sleep 0.05; echo done";
  const start = performance.now();
  const result = await run(host, script, { timeout: 30_000 });
  const [group = 0, away = 0] = pidsIn(result.stdout.replace("done", ""));
  try {
    assert.ok(performance.now() - start < 1000);
    assert.match(result.stdout, /done\n$/);
    assert.equal(result.success, true);
    assert.ok(await eventually(() => aliveInGroup(group).length === 0));
  } finally {
    Deno.kill(-away, "SIGKILL");
  }
});

Deno.test("run() cuts off a grandchild of another session that writes on and on", async () => {
  await using host = await testHost();
  const start = performance.now();
  const { stdout, truncated } = await run(host, "setsid yes & echo $!; sleep 0.02", {}, 1000);
  assert.ok(performance.now() - start < 1000);
  assert.equal(truncated, true);
  const [away = 0] = pidsIn(stdout.slice(0, stdout.indexOf("\n")));
  assert.ok(await eventually(() => !isAlive(away)), "the closed pipe ends it");
});

Deno.test("run() reads all that a command wrote before its end, however busy this process is", async () => {
  await using host = await testHost();
  const running = run(host, "head -c 65536 /dev/zero; head -c 65536 /dev/zero >&2", {
    changes: false,
  });
  await host.started;
  const until = performance.now() + 400;
  while (performance.now() < until);
  const { stdoutBytes, stderrBytes } = await running;
  assert.deepEqual([stdoutBytes.length, stderrBytes.length], [65536, 65536]);
});

Deno.test("run() calls no command late that was in time, however busy this process is", async () => {
  await using host = await testHost();
  const running = run(host, "true", { timeout: 100, changes: false });
  await host.started;
  const until = performance.now() + 400;
  while (performance.now() < until);
  const { timedOut, success } = await running;
  assert.deepEqual([timedOut, success], [false, true]);
});

Deno.test("run() with check throws at the deadline", async () => {
  await using host = await testHost();
  await assert.rejects(run(host, "sleep 60", { timeout: 50, check: true }), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /ran out of time/);
    return true;
  });
});

Deno.test("run() starts nothing under a signal that is aborted already", async () => {
  await using host = await testHost();
  const reason = new Error("no longer wanted");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(run(host, "touch ran", { signal }), (error) => error === reason);
  await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
  assert.equal(host.looks, 0);
});

Deno.test("run() starts nothing when aborted while it waits for its host", async () => {
  await using host = await testHost();
  const abort = new AbortController();
  const { hold } = host;
  host.hold = (purpose) => {
    abort.abort("late");
    return hold.call(host, purpose);
  };
  const running = run(host, "touch ran", { signal: abort.signal });
  await assert.rejects(running, (error) => error === "late");
  await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
  assert.deepEqual(host.holds, []);
});

Deno.test("run() ends the group and rejects with the reason when aborted", async () => {
  await using host = await testHost();
  const abort = new AbortController();
  const script = "echo $$ > group; trap '' TERM; sleep 60 & sleep 60; sleep 60";
  const running = run(host, script, { signal: abort.signal, check: true });
  const group = () => numberIn(host, "group");
  assert.ok(await eventually(() => group() > 0));
  const start = performance.now();
  const reason = new Error("stop");
  abort.abort(reason);
  await assert.rejects(running, (error) => error === reason);
  assert.ok(performance.now() - start < 1000);
  assert.ok(await eventually(() => aliveInGroup(group()).length === 0));
  assert.deepEqual(host.holds, []);
});

Deno.test("run() leaves no listener on a signal that outlives it", async () => {
  await using host = await testHost();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  await run(host, "true", { signal });
  assert.equal(listeners, 0);
});

Deno.test({
  name: "run() gives up a process that not even SIGKILL ends",
  // Such as one of another user, and only root can try to be the user who cannot end it.
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await using host = await testHost();
    const { directory } = host;
    const source = `${import.meta.dirname}/../../src`;
    await new Deno.Command("cp", { args: ["-r", source, "/usr/bin/setpriv", directory] }).output();
    await Deno.chmod(`${directory}/setpriv`, 0o4755);
    await Deno.writeTextFile(`${directory}/script.ts`, UNPRIVILEGED);
    await Deno.mkdir(`${directory}/home`);
    await Deno.chmod(`${directory}/home`, 0o777);
    await Deno.chmod(directory.slice(0, directory.lastIndexOf("/")), 0o755);
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "--quiet", "script.ts"],
      cwd: directory,
      env: { HOME: `${directory}/home`, DENO_DIR: `${directory}/home` },
      uid: 65534,
    }).output();
    const [stdout, stderr] = [output.stdout, output.stderr].map((it) =>
      new TextDecoder().decode(it)
    );
    const outcome = /^CommandError Cannot end ".*": process (\d+) outlives .* by hand\nin time\n$/;
    assert.match(stdout!, outcome, stderr);
    Deno.kill(Number(outcome.exec(stdout!)![1]), "SIGKILL");
  },
});

const UNPRIVILEGED = `
  import { run } from "./src/exec/run.ts";
  const host = {
    directory: Deno.cwd(),
    home: Deno.cwd() + "/home",
    resolveDirectory: () => Deno.cwd(),
    hold: () => Promise.resolve({ [Symbol.dispose]() {} }),
    track: () => () => {},
  };
  const start = performance.now();
  await run(host, "exec ./setpriv --reuid 0 sleep 60", { timeout: 100, changes: false })
    .catch((error) => console.log(error.name, error.message));
  console.log(performance.now() - start < 1100 ? "in time" : "late");
`;
