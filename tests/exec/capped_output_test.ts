import * as assert from "node:assert/strict";
import { CappedOutput } from "../../src/exec/capped_output.ts";
import { run } from "../../src/exec/run.ts";
import { eachSandbox } from "./each_sandbox.ts";
import { runScript } from "./host.ts";

function numbered(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => n % 251);
}

/** What must be left of `bytes`. */
function halves(bytes: Uint8Array, cap: number): number[] {
  if (bytes.length <= cap) return [...bytes];
  const head = Math.floor(cap / 2);
  return [...bytes.subarray(0, head), ...bytes.subarray(bytes.length - (cap - head))];
}

Deno.test("CappedOutput keeps the first and the last half to the byte", () => {
  for (const cap of [1, 2, 3, 7, 64, 1000]) {
    for (const length of [0, 1, cap - 1, cap, cap + 1, 2 * cap, 2 * cap + 1, 10 * cap + 3]) {
      for (const portion of [1, 3, cap, 3 * cap + 1]) {
        const bytes = numbered(length);
        const output = new CappedOutput(cap);
        for (let at = 0; at < length; at += portion) {
          output.write(bytes.subarray(at, at + portion));
        }
        const { bytes: kept, truncated } = output.captured();
        const what = `${length} bytes in portions of ${portion}, at most ${cap}`;
        assert.deepEqual([...kept], halves(bytes, cap), what);
        assert.equal(truncated, length > cap, what);
      }
    }
  }
});

Deno.test("CappedOutput keeps nothing of the buffers that it is given", () => {
  const output = new CappedOutput(100);
  const buffer = new Uint8Array(10).fill(1);
  output.write(buffer);
  buffer.fill(2);
  assert.deepEqual([...output.captured().bytes], Array(10).fill(1));
});

eachSandbox("run() caps each output by itself", async (host) => {
  const result = await run(host, "seq 1 2000; printf short >&2", { limits: { outputBytes: 1001 } });
  const all = Array.from({ length: 2000 }, (_, n) => `${n + 1}\n`).join("");
  assert.equal(result.stdout, all.slice(0, 500) + all.slice(-501));
  assert.equal(result.stdoutBytes.length, 1001);
  assert.equal(result.stderr, "short");
  assert.equal(result.truncated, true);
  const exact = await run(host, "head -c 1001 /dev/zero", { limits: { outputBytes: 1001 } });
  assert.deepEqual([exact.stdoutBytes.length, exact.truncated], [1001, false]);
});

eachSandbox("run() keeps 16 MiB if nothing else is said", async (host) => {
  const cap = 16 * 1024 * 1024;
  const result = await run(host, `printf a; head -c ${cap} /dev/zero; printf z`);
  assert.equal(result.truncated, true);
  assert.equal(result.stdoutBytes.length, cap);
  assert.deepEqual([result.stdoutBytes.at(0), result.stdoutBytes.at(-1)], [0x61, 0x7a]);
});

const THOROUGH = Deno.env.get("AGENTFS_THOROUGH") === "1";
const FLOOD_BYTES = THOROUGH ? 10_000_000_000 : 1_000_000_000;

eachSandbox(`run() takes ${FLOOD_BYTES / 1e9} GB of output in bounded memory`, async (_, facts) => {
  // In a process of its own: tests of other files may fill the memory of this one.
  const script = `
    const options = { limits: { outputBytes: 1_000_000 }, changes: false };
    await run(host, "head -c 30000000 /dev/zero", options);
    const before = Deno.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 5);
    const result = await run(host, "head -c ${FLOOD_BYTES} /dev/zero", options);
    clearInterval(watch);
    console.log(result.code, result.limit, result.stdoutBytes.length, peak - before);
  `;
  const { stdout, stderr } = await runScript(script, { settings: facts.settings });
  const [code, limit, length, growth] = stdout.trim().split(" ");
  assert.deepEqual([code, limit, length], ["0", "outputBytes", "1000000"], stderr);
  assert.ok(Number(growth) < 64_000_000, `${growth} bytes more`);
});
