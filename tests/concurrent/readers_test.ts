import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { Child } from "./children.ts";

const SIZE = 200_000;
const CONTENTS = ["a", "b"].map((letter) => letter.repeat(SIZE));

Deno.test("a reader sees old or new content while a file is written and restored", async () => {
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
  for (let round = 0; round < 200; round++) {
    await workspace.writeFile("/file", CONTENTS[round % 2]!);
  }
  for (let round = 0; round < 20; round++) await workspace.snapshot.restore(round % 2 ? "a" : "b");
  await reader.tell("stop");
  const seen: string[] = JSON.parse(await reader.line());
  await reader.end();
  assert.deepEqual(seen.sort(), [`a ${SIZE} true`, `b ${SIZE} true`]);
});
