/** What this process sees while a batch is under way: all of it or nothing. */

import assert from "node:assert/strict";
import type { Workspace } from "@agentfs/sdk";
import { makeProject } from "../project.ts";

const FILES = 1000;

/** Rewrites every file and gives it another name; the size tells the version, and so does the name. */
async function change(workspace: Workspace, version: number): Promise<void> {
  const [from, to] = [nameOf(version - 1), nameOf(version)];
  await workspace.batch((batch) => {
    for (let i = 0; i < FILES; i++) batch.writeFile(pathOf(i, from), "x".repeat(version));
    for (let i = 0; i < FILES; i++) batch.move(pathOf(i, from), pathOf(i, to));
  });
}

function nameOf(version: number): string {
  return version % 2 === 0 ? "even" : "odd";
}

function pathOf(index: number, name: string): string {
  return `/d${index % 10}/${index}.${name}`;
}

/** Ways to look at all files at once; each tells what it sees as one text. */
const LOOKS: Record<string, (workspace: Workspace) => Promise<string>> = {
  listDir: async (workspace) => {
    const files = (await workspace.listDir("/", { recursive: true })).filter(({ isFile }) =>
      isFile
    );
    return seen(files.map(({ name, size }) => `${name.split(".")[1]} ${size}`));
  },
  status: async (workspace) => {
    const { added } = await workspace.status();
    return seen(added.map(({ path, newOid }) => `${path.split(".")[1]} ${newOid}`));
  },
  diff: async (workspace) => {
    const { changes, text } = await workspace.diff();
    const contents = new Set(text.split("\n").filter((line) => line.startsWith("+x")));
    return seen(changes.map(({ path }) => `${path.split(".")[1]} ${[...contents].join()}`));
  },
  snapshot: async (workspace) => {
    const { name } = await workspace.snapshot.create();
    const { changes } = await workspace.snapshot.diff(name);
    assert.ok(changes.length === 0 || changes.length % FILES === 0, `${changes.length} changes`);
    const { added } = await workspace.status();
    return seen(added.map(({ path }) => path.split(".")[1]!));
  },
};

function seen(facts: string[]): string {
  assert.equal(facts.length, FILES);
  return [...new Set(facts)].join(" and ");
}

for (const [name, look] of Object.entries(LOOKS)) {
  Deno.test(`${name} sees a batch of ${2 * FILES} operations whole or not at all`, async () => {
    await using project = await makeProject({ files: {}, config: { lockTimeout: 60_000 } });
    const workspace = await project.afs.workspace.create("w");
    await workspace.batch((batch) => {
      for (let i = 0; i < FILES; i++) batch.writeFile(pathOf(i, nameOf(0)), "x");
    });
    const views = new Set<string>();
    let version = 1;
    let changing = true;
    const changes = (async () => {
      while (version <= 3) await change(workspace, ++version);
      changing = false;
    })();
    // What a look finds wrong comes first.
    changes.catch(() => {});
    let looks = 0;
    while (changing) {
      for (const view of await Promise.all([look(workspace), look(workspace)])) {
        assert.ok(!view.includes(" and "), `it sees ${view}`);
        views.add(view);
        looks++;
      }
      // Without this a look that waits for nothing would keep the batch from its turn.
      await new Promise((resolve) => setTimeout(resolve));
    }
    await changes;
    assert.ok(looks >= 2, `${looks} looks`);
    assert.ok(views.size > 1, [...views].join("\n"));
  });
}

Deno.test("a file is read, found and streamed as it was before a batch or is after it", async () => {
  await using project = await makeProject({ files: {} });
  const workspace = await project.afs.workspace.create("w");
  await workspace.batch((batch) => {
    for (let i = 0; i < FILES; i++) batch.writeFile(pathOf(i, nameOf(0)), "x");
  });
  let changing = true;
  const changes = (async () => {
    // Each file is away for a moment, and then there again.
    for (let version = 2; version <= 4; version += 2) {
      await workspace.batch((batch) => {
        for (let i = 0; i < FILES; i++) {
          batch.delete(pathOf(i, nameOf(0)));
          batch.writeFile(pathOf(i, nameOf(0)), "x".repeat(version));
        }
      });
    }
    changing = false;
  })();
  changes.catch(() => {});
  let reads = 0;
  while (changing) {
    const path = pathOf(reads % FILES, nameOf(0));
    await using stream = await workspace.openStream(path);
    const [text, there, { size }, bytes] = await Promise.all([
      workspace.readFile(path),
      workspace.exists(path),
      workspace.stat(path),
      stream.read(100),
    ]);
    assert.match(text, /^x+$/);
    assert.ok(there && size > 0 && bytes !== null && bytes.length > 0);
    // A write waits for the end of the batch.
    await workspace.writeFile(`/other/${reads++}`, text);
    await new Promise((resolve) => setTimeout(resolve));
  }
  await changes;
  assert.ok(reads > 1, `${reads} reads`);
});
