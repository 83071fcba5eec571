import * as assert from "node:assert/strict";
import { run } from "../../src/exec/run.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { eventually } from "./host.ts";

/** How many commands run into their deadline, all in all. */
const RUNS = Deno.env.get("AGENTFS_THOROUGH") === "1" ? 200 : 40;
const AT_ONCE = 4;

/** What a command may do to outlive its deadline. Each says when it has got so far. */
const HABITS: Record<string, string> = {
  "a sleeper": "echo up; sleep 60",
  "a sleeper that ignores TERM": "trap '' TERM; echo up; sleep 60; sleep 60",
  "a group that ignores TERM": "trap '' TERM; (sleep 60; sleep 60) & echo up; sleep 60; sleep 60",
  "a daemon": "setsid sh -c 'trap \"\" TERM HUP; echo up; sleep 60; sleep 60' & sleep 60",
  "a daemon without pipes": "setsid sleep 60 </dev/null >/dev/null 2>&1 & echo up; sleep 60",
  "a double fork":
    "(setsid sh -c '(trap \"\" TERM; sleep 60; sleep 60) & echo up; exit') & sleep 60",
  "a pipe holder": "setsid sleep 60 & setsid sleep 61 >/dev/null & echo up; exec sleep 60",
  "a flood": "echo up; setsid yes & yes >&2 & exec cat /dev/zero",
  "a nest of sessions":
    "setsid setsid setsid sh -c 'setsid sleep 60 & echo up; sleep 60' & sleep 60",
  "a stopped one": "setsid sh -c 'sleep 60 & echo up; kill -STOP $$' & sleep 60",
};

/** The habits that no process group holds. */
const LEAVES_GROUP = /setsid/;

eachSandbox(
  `${RUNS} runs are back within a second of their deadline, and leave nothing`,
  async (host, facts) => {
    const habits = Object.entries(HABITS).filter(([, script]) =>
      facts.endsSessions || !LEAVES_GROUP.test(script)
    );
    const late: string[] = [];
    using lag = new Lag();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let n = next++; n < RUNS; n = next++) {
        const [habit = "", script = ""] = habits[n % habits.length] ?? [];
        const timeout = 400 + 13 * (n % 7);
        const start = performance.now();
        const result = await run(host, script, {
          timeout,
          changes: false,
          limits: { outputBytes: 1000 },
        });
        const over = performance.now() - start - timeout;
        if (over > 1000 + lag.longest) late.push(`${habit}: ${over} ms`);
        assert.deepEqual([result.timedOut, result.limit], [true, "timeout"], habit);
        assert.ok(result.stdout.startsWith("up\n"), `${habit}: ${result.stderr}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assert.deepEqual(late, []);
    assert.ok(await eventually(() => host.processes().length === 0), `${host.processes()}`);
    assert.deepEqual(host.holds, []);
  },
);

/** How late this process itself was: a machine that is busy with others keeps everybody waiting. */
class Lag implements Disposable {
  longest = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.#last - 10);
    this.#last = now;
  }, 10);

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
