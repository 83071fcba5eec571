import assert from "node:assert/strict";
import { makeProject } from "./project.ts";

/** Whether there is time for what takes minutes. */
const THOROUGH = Deno.env.get("AGENTFS_THOROUGH") === "1";
const LARGE_MIB = THOROUGH ? 2048 : 300;
const MOST_MIB = 128;
const STREAMED_MIB = THOROUGH ? 2048 : 256;
const MOST_STREAMED_MIB = 64;
const SNAPSHOTS = 50;
const MOST_GROWTH = 4 << 20;
const CACHED_FILES = 1000;
const CACHED_FILE_BYTES = 30_000;
/** What the larger cache keeps more of: half of 64 MiB, for files, is full with these. */
const LEAST_CACHED = 16 << 20;

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

Deno.test("cacheSize bounds what is kept of the store in memory", async () => {
  const noise = new Uint8Array(CACHED_FILE_BYTES / 2);
  const files = Object.fromEntries(
    Array.from({ length: CACHED_FILES }, (_, index) => {
      return [`file${index}`, crypto.getRandomValues(noise).toHex().replace(/.{60}/g, "$&\n")];
    }),
  );
  await using project = await makeProject({ files });
  const workspace = await project.afs.workspace.create("w");
  await workspace.snapshot.create("before");
  await workspace.run("for file in file*; do echo more >> $file; done", { check: true });
  await workspace.snapshot.create("after");
  await project.afs.close();
  // In turns, and the most of the one against the least of the other.
  const small: number[] = [];
  const large: number[] = [];
  for (let round = 0; round < 2; round++) {
    for (const [sizes, cacheSize] of [[small, "1"], [large, "64"]] as const) {
      const read = await child("cached_objects.ts", project.path, cacheSize);
      const { files, bytes } = read as { files: number; bytes: number };
      assert.equal(files, CACHED_FILES);
      sizes.push(bytes);
    }
  }
  const shown = `with 1 MiB ${small}, with 64 MiB ${large}`;
  assert.ok(Math.min(...large) - Math.max(...small) > LEAST_CACHED, shown);
});
