import assert from "node:assert/strict";
import { sweepKeeps } from "../../src/git/store.ts";
import { git } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { openStore, packFiles } from "./corpus.ts";

const KILLS = 15;

/** Lets a child write for a moment, kills it, and returns the ids that it printed. */
async function killedWriter(path: string, session: string, after: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      new URL("./children/write_until_killed.ts", import.meta.url).pathname,
      path,
      session,
    ],
    stdout: "piped",
  }).spawn();
  let text = "";
  let killing: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    killing ??= setTimeout(() => child.kill("SIGKILL"), after);
    text += chunk;
  }
  clearTimeout(killing);
  assert.equal((await child.status).signal, "SIGKILL");
  return text.split("\n").slice(0, -1);
}

Deno.test("ObjectWriter loses nothing that was finished when its process is killed", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  using store = openStore(path, 0);
  const seed = Date.now();
  const random = new Random(seed);
  for (let kill = 0; kill < KILLS; kill++) {
    const session = `session${kill}`;
    const oids = await killedWriter(path, session, random.below(40));
    assert.ok(oids.length > 0);
    for (const oid of oids) assert.equal(store.read(oid).type, "blob", `seed ${seed}`);
    for (const { name } of Deno.readDirSync(`${path}/.git/agentfs/tmp`)) {
      assert.match(name, /^session\d+-pack\d+$/, `seed ${seed}`);
    }
    sweepKeeps(`${path}/.git/objects`, (dead) => dead === session);
    assert.deepEqual(packFiles(path, ".keep"), [], `seed ${seed}`);
    assert.equal(packFiles(path, ".pack").length, packFiles(path, ".idx").length, `seed ${seed}`);
  }
  assert.equal(await git(path, "fsck", "--strict", "--full", "--no-dangling"), "");
});
