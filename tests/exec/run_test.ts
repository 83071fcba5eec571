import * as assert from "node:assert/strict";
import { CommandError, FileNotFoundError, NotADirectoryError } from "../../src/errors.ts";
import { run } from "../../src/exec/run.ts";
import type { RunOptions, RunResult } from "../../src/exec/types.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { eventually, runScript } from "./host.ts";

eachSandbox("run() gives a string to the shell", async (host, { name }) => {
  const result = await run(host, "echo out; echo err >&2; exit 3");
  assert.equal(result.stdout, "out\n");
  assert.equal(result.stderr, "err\n");
  assert.equal(result.code, 3);
  assert.equal(result.success, false);
  assert.equal(result.signal, null);
  assert.equal(result.timedOut, false);
  assert.equal(result.truncated, false);
  assert.equal(result.sandbox, name);
  assert.ok(result.duration > 0 && result.duration < 5000);
});

eachSandbox("run() gives an array to no shell", async (host) => {
  const words = ["$HOME", "a b", "*", "'\"", "", "-n", "; exit 1", "ünï"];
  const result = await run(host, ["printf", "%s|", ...words]);
  assert.equal(result.stdout, words.map((word) => `${word}|`).join(""));
  assert.equal(result.success, true);
});

eachSandbox("run() gives a command nothing of this process's environment", async (host) => {
  Deno.env.set("AGENTFS_TEST_SECRET", "leaked");
  Deno.env.set("GIT_DIR", "/leaked");
  try {
    const { stdout } = await run(host, ["env"]);
    const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert.deepEqual(
      stdout.trim().split("\n").toSorted(),
      [`HOME=${host.home}`, "LANG=C.UTF-8", path, "TERM=dumb"],
    );
  } finally {
    Deno.env.delete("AGENTFS_TEST_SECRET");
    Deno.env.delete("GIT_DIR");
  }
});

eachSandbox("run() makes a private home", async (host) => {
  await run(host, 'echo mine > "$HOME/file"');
  assert.equal(await Deno.readTextFile(`${host.home}/file`), "mine\n");
  assert.equal((await Deno.stat(host.home)).mode! & 0o777, 0o700);
});

eachSandbox(
  "run() lets env add and override variables, and looks programs up in its PATH",
  async (host, facts) => {
    await Deno.mkdir(`${host.directory}/tools`);
    host.writeProgram("tools/greet", '#!/bin/sh\necho "hello $NAME from $HOME"\n');
    const env = {
      PATH: `${host.directory}/tools:/usr/bin:/bin`,
      NAME: "Ünï = x",
      HOME: "/elsewhere",
    };
    const { stdout } = await run(host, ["greet"], { env });
    assert.equal(stdout, "hello Ünï = x from /elsewhere\n");
    const made = await Deno.stat(host.home).then(() => true, () => false);
    assert.equal(made, facts.alwaysMakesHome);
  },
);

eachSandbox("run() runs in workdir", async (host) => {
  await Deno.mkdir(`${host.directory}/a/b`, { recursive: true });
  host.writeProgram("a/b/here", "#!/bin/sh\npwd\n");
  const { stdout } = await run(host, ["./here"], { workdir: "/a/b" });
  assert.equal(stdout, `${host.directory}/a/b\n`);
});

eachSandbox("run() refuses a workdir that is no directory", async (host) => {
  host.writeProgram("file", "");
  await assert.rejects(run(host, "true", { workdir: "/nope" }), FileNotFoundError);
  await assert.rejects(run(host, "true", { workdir: "/file" }), NotADirectoryError);
  assert.deepEqual(host.holds, []);
  assert.equal(host.tracked.size, 0);
});

const NO_COMMANDS: [unknown, RegExp][] = [
  ["", /empty/],
  [" \n", /empty/],
  [[], /empty/],
  [["", "x"], /empty/],
  ["echo \0", /NUL/],
  [["echo", "a\0b"], /NUL/],
  [["echo", "\ud800"], /Unicode/],
  [["echo", 1], /string for the shell, or an array/],
  [undefined, /string for the shell, or an array/],
];

for (const [command, message] of NO_COMMANDS) {
  eachSandbox(`run() refuses the command ${JSON.stringify(command)}`, async (host) => {
    await assert.rejects(run(host, command as string), { name: "TypeError", message });
    assert.equal(host.looks, 0);
  });
}

const NO_OPTIONS: [unknown, string, RegExp][] = [
  [{ timeOut: 5 }, "TypeError", /no option "timeOut".*timeout/],
  [{ permissions: true }, "TypeError", /permissions: it is an object, not boolean/],
  [{ limits: 5 }, "TypeError", /limits: it is an object, not number/],
  [{ toString: 5 }, "TypeError", /no option "toString"/],
  [null, "TypeError", /options/],
  [{ timeout: 0 }, "RangeError", /timeout/],
  [{ timeout: -1 }, "RangeError", /timeout/],
  [{ timeout: NaN }, "RangeError", /timeout/],
  [{ timeout: Infinity }, "RangeError", /timeout/],
  [{ timeout: 2 ** 31 }, "RangeError", /2147483647/],
  [{ timeout: "5" }, "TypeError", /timeout/],
  [{ env: { A: undefined } }, "TypeError", /"A" is undefined/],
  [{ env: { A: null } }, "TypeError", /"A" is null/],
  [{ env: { "": "x" } }, "TypeError", /""/],
  [{ env: { "A=B": "x" } }, "TypeError", /"A=B"/],
  [{ env: { "A\0": "x" } }, "TypeError", /NUL/],
  [{ env: { A: "x\0y" } }, "TypeError", /"A" holds a NUL/],
  [{ env: { A: "\udc00" } }, "TypeError", /Unicode/],
  [{ env: "A=B" }, "TypeError", /env/],
  [{ workdir: 5 }, "TypeError", /workdir/],
  [{ captureOutput: "no" }, "TypeError", /captureOutput/],
  [{ stdin: 5 }, "TypeError", /stdin/],
  [{ signal: {} }, "TypeError", /signal/],
  [{ check: 1 }, "TypeError", /check/],
  [{ changes: 0 }, "TypeError", /changes/],
];

for (const [options, name, message] of NO_OPTIONS) {
  eachSandbox(`run() refuses the options ${Deno.inspect(options)}`, async (host) => {
    const running = run(host, "touch ran", options as RunOptions);
    await assert.rejects(running, { name, message });
    await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
  });
}

eachSandbox("run() takes options that are undefined as left out", async (host) => {
  const options = { timeout: undefined, stdin: undefined, env: undefined };
  assert.equal((await run(host, "true", options as unknown as RunOptions)).success, true);
});

const NOT_STARTED: [string, string[], RegExp][] = [
  [
    "missing in PATH",
    ["agentfs-nope"],
    /no program "agentfs-nope" in \/usr\/local\/sbin:.*install/,
  ],
  ["missing at its path", ["./nope"], /"\.\/nope" is missing, seen from \//],
  ["without its interpreter", ["./orphan"], /interpreter/],
  ["not executable", ["./text"], /"\.\/text" is not executable; chmod/],
  ["a directory", ["./folder"], /not executable/],
  ["given too much", ["true", "x".repeat(3_000_000)], /more than the system takes/],
];

for (const [what, argv, message] of NOT_STARTED) {
  eachSandbox(`run() says why a program that is ${what} did not start`, async (host) => {
    host.writeProgram("orphan", "#!/no/such/interpreter\n");
    host.writeProgram("text", "#!/bin/sh\n", 0o644);
    await Deno.mkdir(`${host.directory}/folder`);
    await assert.rejects(run(host, argv), (error: unknown) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, message);
      assert.ok(error.message.length < 500);
      assert.equal(error.result, null);
      return true;
    });
    assert.deepEqual(host.holds, []);
    assert.equal(host.tracked.size, 0);
  });
}

eachSandbox("run() tells a vanished workdir from a missing program", async (host) => {
  await Deno.mkdir(`${host.directory}/gone`);
  const { directory, resolveDirectory } = host;
  host.resolveDirectory = (path) => {
    host.resolveDirectory = resolveDirectory;
    const found = host.resolveDirectory(path);
    Deno.removeSync(`${directory}/gone`);
    return found;
  };
  await assert.rejects(run(host, "true", { workdir: "/gone" }), FileNotFoundError);
});

eachSandbox(
  "run() keeps bytes exact and shows those that are not UTF-8 as U+FFFD",
  async (host) => {
    const result = await run(host, String.raw`printf '\357\273\277a\377b\000'; printf '\303' >&2`);
    assert.deepEqual([...result.stdoutBytes], [0xef, 0xbb, 0xbf, 0x61, 0xff, 0x62, 0]);
    assert.equal(result.stdout, "\ufeffa\ufffdb\0");
    assert.deepEqual([...result.stderrBytes], [0xc3]);
    assert.equal(result.stderr, "\ufffd");
  },
);

eachSandbox("run() names the signal that ended a command", async (host) => {
  const result = await run(host, "kill -SEGV $$");
  assert.equal(result.signal, "SIGSEGV");
  assert.equal(result.code, 139);
  assert.equal(result.success, false);
});

eachSandbox("run() with check throws what the command left behind", async (host) => {
  const command = "for i in $(seq 1000); do echo line $i >&2; done; echo out; exit 7";
  await assert.rejects(run(host, command, { check: true }), (error: unknown) => {
    assert.ok(error instanceof CommandError);
    assert.match(
      error.message,
      /^Cannot complete "for i in .*: it ended with code 7:\nline 9\d\d\n/,
    );
    assert.ok(error.message.endsWith("\nline 1000"));
    assert.ok(error.message.length <= 500, `${error.message.length}`);
    const result = error.result as RunResult;
    assert.equal(result.code, 7);
    assert.equal(result.stdout, "out\n");
    assert.equal(result.stderr.length, 8893);
    return true;
  });
  await assert.rejects(run(host, "kill -9 $$", { check: true }), /SIGKILL ended it, code 137$/);
  assert.equal((await run(host, "true", { check: true })).success, true);
});

eachSandbox("run() says what a command changed, unless told not to look", async (host) => {
  const { changes } = await run(host, "touch new");
  assert.deepEqual(changes.map(({ type, path }) => [type, path]), [["added", "/new"]]);
  assert.equal(host.looks, 2);
  assert.deepEqual((await run(host, "touch newer", { changes: false })).changes, []);
  assert.equal(host.looks, 2);
});

eachSandbox("run() holds its host while it runs, and is ended by it", async (host, { endsBy }) => {
  const running = run(host, "echo started; exec sleep 60");
  assert.ok(await eventually(() => host.tracked.size === 1 && host.processes().length > 0));
  assert.deepEqual(host.holds, ['run "echo started; exec sleep 60"']);
  await host.endAll();
  assert.deepEqual(host.holds, []);
  assert.equal(host.tracked.size, 0);
  const { signal, success, timedOut } = await running;
  assert.deepEqual({ signal, success, timedOut }, {
    signal: endsBy,
    success: false,
    timedOut: false,
  });
});

eachSandbox("run() starts nothing on a host that closes before", async (host) => {
  host.track = () => {
    throw new Error("closed");
  };
  await assert.rejects(run(host, "touch ran"), /closed/);
  await assert.rejects(Deno.stat(`${host.directory}/ran`), Deno.errors.NotFound);
  assert.deepEqual(host.holds, []);
});

eachSandbox(
  "run() without captureOutput lets the command write to our own output",
  async (_, facts) => {
    const script = `
    const result = await run(host, "echo out; echo err >&2; exit 4", { captureOutput: false });
    console.log(JSON.stringify([result.code, result.stdout, result.stderr]));
  `;
    const { stdout, stderr } = await runScript(script, { settings: facts.settings });
    assert.equal(stdout, 'out\n[4,"",""]\n');
    assert.equal(stderr, "err\n");
  },
);

eachSandbox("run() runs 50 commands at once", async (host) => {
  const results = await Promise.all(
    Array.from(
      { length: 50 },
      (_, n) => run(host, `echo ${n}; head -c 100000 /dev/zero; exit ${n}`, { changes: false }),
    ),
  );
  for (const [n, result] of results.entries()) {
    assert.equal(result.code, n);
    assert.equal(result.stdoutBytes.length, 100_000 + `${n}\n`.length);
  }
  assert.deepEqual(host.holds, []);
});
