import * as assert from "node:assert/strict";
import { CommandError } from "../../src/errors.ts";
import { run } from "../../src/exec/run.ts";
import { spawn } from "../../src/exec/spawn.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { DENO_RUN, eventually, numberIn, testHost } from "./host.ts";

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
  eachSandbox(
    `run() ends a command that ${habit} at its deadline, in each of four runs`,
    async (host) => {
      await Promise.all(Array.from({ length: 4 }, async (_, n) => {
        const start = performance.now();
        const timeout = 80 + 20 * n;
        const result = await run(host, `echo up; ${script}`, {
          timeout,
          changes: false,
          limits: { outputBytes: 1000 },
        });
        const late = performance.now() - start - timeout;
        assert.ok(late < 1000, `${late} ms late`);
        assert.equal(result.timedOut, true);
        assert.equal(result.success, false);
        assert.ok(result.signal === "SIGTERM" || result.signal === "SIGKILL");
        assert.ok(result.stdout.startsWith("up\n"));
      }));
      assert.ok(await eventually(() => host.processes().length === 0), "survivors");
      assert.deepEqual(host.holds, []);
    },
  );
}

eachSandbox(
  "run() lets a command end itself on TERM, or ends it at once",
  async (host, { endsBy }) => {
    const script = "trap 'echo saved; exit 5' TERM; echo ready; while :; do sleep 0.01; done";
    const result = await run(host, script, { timeout: 300 });
    const [stdout, code] = endsBy === "SIGTERM" ? ["ready\nsaved\n", 5] : ["ready\n", 137];
    assert.deepEqual([result.stdout, result.code, result.timedOut], [stdout, code, true]);
  },
);

eachSandbox(
  "run() gives the rest of the group its time, too, or none to any",
  async (host, { endsBy }) => {
    const server =
      "trap 'sleep 0.05; echo saved > saved; exit 0' TERM; while :; do sleep 0.01; done";
    await run(host, `sh -c ${JSON.stringify(server)} > /dev/null & wait`, { timeout: 100 });
    const saved = Deno.readTextFile(`${host.directory}/saved`);
    if (endsBy === "SIGTERM") assert.equal(await saved, "saved\n");
    else await assert.rejects(saved, Deno.errors.NotFound);
  },
);

eachSandbox(
  "run() returns in time although a grandchild of another session holds the pipes",
  async (host, { endsSessions }) => {
    const start = performance.now();
    const script = "setsid sh -c 'trap \"\" TERM; echo up; sleep 60; sleep 60' & sleep 60";
    try {
      const result = await run(host, script, { timeout: 200 });
      assert.ok(performance.now() - start < 1200);
      assert.deepEqual([result.timedOut, result.stdout], [true, "up\n"]);
      assert.ok(await eventually(() => host.processes().length === (endsSessions ? 0 : 2)));
    } finally {
      host.endSurvivors();
    }
  },
);

eachSandbox(
  "run() does not wait for what a command leaves behind",
  async (host, { endsSessions }) => {
    const script =
      "sleep 60 & setsid sh -c 'touch up; exec sleep 60' & until [ -e up ]; do :; done; echo done";
    const start = performance.now();
    try {
      const result = await run(host, script, { timeout: 30_000 });
      assert.ok(performance.now() - start < 1000);
      assert.deepEqual([result.stdout, result.success], ["done\n", true]);
      assert.ok(await eventually(() => host.processes().length === (endsSessions ? 0 : 1)));
    } finally {
      host.endSurvivors();
    }
  },
);

eachSandbox(
  "run() cuts off a grandchild of another session that writes on and on",
  async (host) => {
    const start = performance.now();
    const { truncated } = await run(host, "setsid yes & sleep 0.02", {
      limits: { outputBytes: 1000 },
    });
    assert.ok(performance.now() - start < 1000);
    assert.equal(truncated, true);
    assert.ok(await eventually(() => host.processes().length === 0), "the closed pipe ends it");
  },
);

eachSandbox(
  "run() reads all that a command wrote before its end, however busy this process is",
  async (host) => {
    const running = run(host, "head -c 65536 /dev/zero; head -c 65536 /dev/zero >&2", {
      changes: false,
    });
    await host.started;
    const until = performance.now() + 400;
    while (performance.now() < until);
    const { stdoutBytes, stderrBytes } = await running;
    assert.deepEqual([stdoutBytes.length, stderrBytes.length], [65536, 65536]);
  },
);

eachSandbox(
  "run() calls no command late that was in time, however busy this process is",
  async (host) => {
    const running = run(host, "touch up", { timeout: 400, changes: false });
    assert.ok(await eventually(() => isThere(`${host.directory}/up`)));
    const until = performance.now() + 500;
    while (performance.now() < until);
    const { timedOut, success } = await running;
    assert.deepEqual([timedOut, success], [false, true]);
  },
);

eachSandbox("run() with check throws at the deadline", async (host) => {
  await assert.rejects(run(host, "sleep 60", { timeout: 50, check: true }), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.match(error.message, /ran out of time/);
    return true;
  });
});

eachSandbox("run() starts nothing under a signal that is aborted already", async (host) => {
  const reason = new Error("no longer wanted");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(run(host, "touch ran", { signal }), (error) => error === reason);
  await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
  assert.equal(host.looks, 0);
});

eachSandbox("run() starts nothing when aborted while it waits for its host", async (host) => {
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

eachSandbox("run() begins no command before its files have been looked at", async (host) => {
  const looked = Promise.withResolvers<void>();
  const { observe } = host;
  host.observe = async () => {
    await looked.promise;
    return await observe.call(host);
  };
  const running = run(host, "touch ran", { timeout: 5000 });
  // Time enough for a sandbox to be ready, and for a command that nothing holds back.
  assert.equal(await eventually(() => isThere(`${host.directory}/ran`), 300), false);
  looked.resolve();
  assert.deepEqual((await running).changes.map(({ path }) => path), ["/ran"]);
});

eachSandbox(
  "run() begins no command whose files cannot be looked at, and leaves nothing",
  async (host) => {
    const failure = new Error("no look");
    host.observe = () => Promise.reject(failure);
    for (const stdin of [undefined, "x"]) {
      const options = { ...(stdin !== undefined && { stdin }), timeout: 5000 };
      await assert.rejects(run(host, "touch ran", options), (error) => error === failure);
      await assert.rejects(spawn(host, "touch ran"), (error) => error === failure);
    }
    assert.ok(await eventually(() => host.processes().length === 0));
    assert.equal(isThere(`${host.directory}/ran`), false);
    assert.deepEqual([host.holds, host.tracked.size], [[], 0]);
  },
);

eachSandbox("run() counts its time from the command's beginning", async (host) => {
  const { observe } = host;
  host.observe = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return await observe.call(host);
  };
  const { timedOut, duration } = await run(host, "true", { timeout: 250 });
  assert.equal(timedOut, false);
  assert.ok(duration < 250, `${duration}`);
});

eachSandbox("run() ends the group and rejects with the reason when aborted", async (host) => {
  const abort = new AbortController();
  const script = "echo $$ > started; trap '' TERM; sleep 60 & sleep 60; sleep 60";
  const running = run(host, script, { signal: abort.signal, check: true });
  assert.ok(await eventually(() => numberIn(host, "started") > 0));
  const start = performance.now();
  const reason = new Error("stop");
  abort.abort(reason);
  await assert.rejects(running, (error) => error === reason);
  assert.ok(performance.now() - start < 1000);
  assert.ok(await eventually(() => host.processes().length === 0));
  assert.deepEqual(host.holds, []);
});

eachSandbox("run() leaves no listener on a signal that outlives it", async (host) => {
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

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
}

Deno.test({
  name: "run() gives up a process that not even SIGKILL ends (none)",
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
      args: [...DENO_RUN, "-A", "script.ts"],
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
    secrets: [],
    guarded: [],
    settings: { sandbox: "off" },
    witness: async () => ({ ended: async () => {}, announce: async () => {} }),
    gitEnvironment: () => ({}),
    resolveDirectory: () => Deno.cwd(),
    hold: () => Promise.resolve({ [Symbol.dispose]() {} }),
    track: () => () => {},
  };
  const start = performance.now();
  await run(host, "exec ./setpriv --reuid 0 sleep 60", { timeout: 100, changes: false })
    .catch((error) => console.log(error.name, error.message));
  console.log(performance.now() - start < 1100 ? "in time" : "late");
`;
