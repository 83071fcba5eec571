import assert from "node:assert/strict";

const LARGE_MIB = 300;
const MOST_MIB = 200;
const STREAMED_MIB = Deno.env.get("AGENTFS_THOROUGH") === "1" ? 2048 : 256;
const MOST_STREAMED_MIB = 64;
const SNAPSHOTS = 50;
const MOST_GROWTH = 4 << 20;

/** What a program of `tests/children/` prints, as JSON. */
async function child(name: string, ...args: string[]): Promise<unknown> {
  const program = new URL(`./children/${name}`, import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--v8-flags=--expose-gc", program, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a large file is written, kept, restored and read in little memory", async () => {
  const { same, bytes } = await child("large_file.ts", `${LARGE_MIB}`) as {
    same: boolean;
    bytes: number;
  };
  assert.ok(same, "what was read is not what was written");
  assert.ok(bytes < MOST_MIB << 20, `${bytes >> 20} MiB for a file of ${LARGE_MIB} MiB`);
});

Deno.test("a stream of any length is written and read in the same little memory", async () => {
  const { same, bytes } = await child("long_stream.ts", `${STREAMED_MIB}`) as {
    same: boolean;
    bytes: number;
  };
  assert.ok(same, "what was read is not what was written");
  assert.ok(bytes < MOST_STREAMED_MIB << 20, `${bytes >> 20} MiB for ${STREAMED_MIB} MiB`);
});

Deno.test("snapshots leave nothing behind in memory", async () => {
  const used = await child("many_snapshots.ts", `${SNAPSHOTS}`) as number[];
  const growth = used.at(-1)! - used[1]!;
  assert.ok(growth < MOST_GROWTH, `bytes in use after each ten snapshots: ${used}`);
});
