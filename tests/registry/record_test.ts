import assert from "node:assert/strict";
import {
  readRecord,
  readRecords,
  removeRecord,
  type WorkspaceRecord,
  writeRecord,
} from "../../src/registry/record.ts";
import { makeProject } from "../project.ts";
import { openBase } from "./opened.ts";

function record(name: string): WorkspaceRecord {
  return {
    name,
    id: "0123456789abcdef",
    description: 'a "description"\nin two lines',
    tags: ["one", "zwei ü"],
    agentId: null,
    createdAt: "2026-01-02T03:04:05.678Z",
    path: `/somewhere/${name}`,
    skipped: [{ path: "/fifo", reason: "a FIFO" }],
    session: null,
  };
}

Deno.test("a record is read as it was written, for every kind of name", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  const sorted = ["a%2Fc", "a/b", "x".repeat(200), `${"y/".repeat(99)}z`, "z", "日本"];
  const names = sorted.toReversed();
  for (const name of names) writeRecord(base, record(name));
  for (const name of names) assert.deepEqual(readRecord(base, name), record(name));
  assert.deepEqual(readRecords(base).map(({ name }) => name), sorted);
  for (const name of names) {
    removeRecord(base, name);
    removeRecord(base, name);
    assert.equal(readRecord(base, name), null);
  }
  assert.deepEqual(readRecords(base), []);
});

Deno.test("there is no record of what is no name", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  writeRecord(base, record("a"));
  for (const name of ["", "a/", "/a", "../workspaces/a", "a\0", "a\ud800", "x".repeat(9999)]) {
    assert.equal(readRecord(base, name), null, name);
  }
});

Deno.test("a damaged record is an error that names its file", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path);
  writeRecord(base, record("a"));
  const path = base.layout.record("a");
  const text = await Deno.readTextFile(path);
  const damaged = ["", "{", "null", "[]", '"a"', text.slice(0, -3), text.replace('"a"', '"b"')];
  for (const damage of damaged) {
    await Deno.writeTextFile(path, damage);
    for (const read of [() => readRecord(base, "a"), () => readRecords(base)]) {
      assert.throws(read, {
        code: "StoreError",
        message: `Cannot read the record ${path}: it is damaged; restore or delete the file`,
      }, damage);
    }
  }
});
