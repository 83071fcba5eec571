import assert from "node:assert/strict";
import type { JournalEntry } from "../../src/registry/journal.ts";
import { makeProject } from "../project.ts";
import { openBase } from "./opened.ts";

const ENTRIES: JournalEntry[] = [
  { operation: "create", workspace: "a/b", commit: null },
  {
    operation: "delete",
    workspace: "日本",
    path: "/x",
    moves: [{ from: "refs/a", to: null, oid: "0".repeat(40) }],
  },
  { operation: "commit", workspace: "x".repeat(200), commit: "1".repeat(40) },
  { operation: "restore", workspace: "r", target: "2".repeat(40), before: "3".repeat(40) },
];

Deno.test("the journal holds what was begun until it is ended, for every process", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  await using other = await openBase(project.path);
  assert.deepEqual(base.journal.pending(), []);
  for (const entry of ENTRIES) base.journal.begin(entry);
  for (const { journal } of [base, other]) {
    const pending = journal.pending().toSorted((a, b) => a.operation < b.operation ? -1 : 1);
    assert.deepEqual(pending, ENTRIES.toSorted((a, b) => a.operation < b.operation ? -1 : 1));
    for (const entry of ENTRIES) assert.deepEqual(journal.read(entry.workspace), entry);
  }
  for (const { workspace } of ENTRIES) {
    other.journal.end(workspace);
    other.journal.end(workspace);
    assert.equal(base.journal.read(workspace), null);
  }
  assert.deepEqual(base.journal.pending(), []);
});

Deno.test("the journal of a workspace is what was begun last", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  base.journal.begin({ operation: "create", workspace: "a", commit: null });
  base.journal.begin({ operation: "create", workspace: "a", commit: "1".repeat(40) });
  assert.deepEqual(base.journal.pending(), [
    { operation: "create", workspace: "a", commit: "1".repeat(40) },
  ]);
});

Deno.test("a damaged journal is an error that names its file", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  base.journal.begin({ operation: "create", workspace: "a", commit: null });
  const path = `${base.layout.journal}/a.json`;
  await Deno.writeTextFile(path, '{"operation');
  for (const read of [() => base.journal.read("a"), () => base.journal.pending()]) {
    assert.throws(read, {
      code: "StoreError",
      message: `Cannot read the journal ${path}: it is damaged; delete the file, and look what ` +
        "became of the workspace",
    });
  }
});
