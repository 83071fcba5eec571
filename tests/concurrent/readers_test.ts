import assert from "node:assert/strict";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { Child } from "./children.ts";

const SIZE = 200_000;
const CONTENTS = ["a", "b"].map((letter) => letter.repeat(SIZE));

/** Has another process read the file of a workspace while `work` goes on; gives what it has seen. */
async function seenDuring(work: (workspace: Workspace) => Promise<void>): Promise<string[]> {
  await using directory = await temporaryDirectory();
  const base = `${directory.path}/base`;
  await writeFiles(base, { "file": CONTENTS[0]! });
  await using afs = new AgentFS(base);
  const workspace = await afs.workspace.create("w");
  await workspace.snapshot.create("a");
  await workspace.writeFile("/file", CONTENTS[1]!);
  await workspace.snapshot.create("b");
  await using reader = new Child("./read_until_told.ts", base, "w", "/file");
  assert.equal(await reader.line(), "ready");
  await work(workspace);
  await reader.tell("stop");
  const seen: string[] = JSON.parse(await reader.line());
  await reader.end();
  return seen.sort();
}

Deno.test("a reader sees old or new content while a file is written", async () => {
  const seen = await seenDuring(async (workspace) => {
    for (let round = 0; round < 200; round++) {
      await workspace.writeFile("/file", CONTENTS[round % 2]!);
    }
  });
  assert.deepEqual(seen, [`a ${SIZE} true`, `b ${SIZE} true`]);
});

Deno.test("a reader sees no mixture while a file is restored, as in git's own checkout", async () => {
  const seen = await seenDuring(async (workspace) => {
    for (let round = 0; round < 40; round++) {
      await workspace.snapshot.restore(round % 2 ? "b" : "a");
    }
  });
  assert.ok(seen.includes(`b ${SIZE} true`));
  // For a moment the file may be missing, or be there in part.
  const sound = /^(FileNotFoundError|[ab] \d+ true| 0 false)$/;
  assert.deepEqual(seen.filter((what) => !sound.test(what)), []);
});
