import assert from "node:assert/strict";
import { SandboxError } from "@agentfs/sdk";
import type { FileEffect } from "../../src/changes.ts";
import { detectSandbox } from "../../src/exec/detect.ts";
import { DirectFiles } from "../../src/files/direct_files.ts";
import type { Files } from "../../src/files/files.ts";
import { Helper } from "../../src/inside/helper.ts";
import { InsideFiles } from "../../src/inside/inside_files.ts";
import { checkedEffect } from "../../src/inside/messages.ts";
import { type Workshop, workshop } from "../files/workshop.ts";
import { sandboxTest } from "./helpers.ts";

const LARGE = new Uint8Array(3 * 1024 * 1024 + 7).fill(7);

/** Every kind of change, and what each of them tells. */
async function effects(files: Files): Promise<FileEffect[]> {
  const told: FileEffect[] = [
    await files.writeFile("/dir/file", "one"),
    await files.writeFile("dir/file", "two"),
    await files.writeFile("/dir/file", " three", { append: true }),
    await files.writeFile("/large", LARGE),
    await files.writeFile("/large", new Blob([LARGE, LARGE]).stream()),
    await files.mkdir("/made/below"),
    await files.symlink("dir", "/link"),
    await files.copy("/link/file", "/made/file"),
    await files.copy("/dir", "/copied"),
    await files.move("/made/file", "/large"),
    await files.chmod("/large", 0o700),
    await files.delete("/link"),
    await files.delete("/copied", { recursive: true }),
  ];
  const stream = await files.openStream("/dir/file", "a", (effect) => {
    if (effect !== null) told.push(effect);
    return Promise.resolve();
  });
  await stream.write("!");
  await stream.close();
  return told;
}

/** The same through a helper. */
async function insideEffects(shop: Workshop): Promise<FileEffect[]> {
  const { sandbox } = await detectSandbox();
  assert.ok(sandbox !== null);
  const helper = new Helper(shop, () => {});
  try {
    return await effects(new InsideFiles(shop, () => Promise.resolve(helper.use(sandbox))));
  } finally {
    await helper.close();
  }
}

sandboxTest("changes that a helper makes tell what those of this process do", async () => {
  for (const identify of [true, false]) {
    await using direct = await workshop();
    await using inside = await workshop();
    direct.identify = inside.identify = identify;
    const expected = await effects(new DirectFiles(direct));
    assert.equal(expected.length, 14);
    assert.equal(expected.some(({ oidAfter }) => oidAfter !== null), identify);
    assert.deepEqual(await insideEffects(inside), expected);
  }
});

Deno.test("checkedEffect() takes an effect as it must be, and nothing besides", () => {
  const oid = "0123456789abcdef0123456789abcdef01234567";
  const good = { path: "/a", sizeBefore: null, sizeAfter: 3, oidBefore: null, oidAfter: oid };
  assert.deepEqual(checkedEffect(good), good);
  const more = { ...good, from: "/b", entries: 2 };
  assert.deepEqual(checkedEffect({ ...more, other: 1 } as FileEffect), more);
  const bad: unknown[] = [
    null,
    "text",
    {},
    { ...good, path: "a" },
    { ...good, path: 1 },
    { ...good, from: null },
    { ...good, sizeAfter: -1 },
    { ...good, sizeAfter: 1.5 },
    { ...good, sizeBefore: "3" },
    { ...good, sizeBefore: undefined },
    { ...good, oidAfter: oid.slice(1) },
    { ...good, oidBefore: oid.toUpperCase() },
    { ...good, oidBefore: {} },
    { ...good, entries: "2" },
  ];
  for (const sent of bad) {
    assert.throws(() => checkedEffect(sent as FileEffect), SandboxError, JSON.stringify(sent));
  }
});
