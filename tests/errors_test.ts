/** Every class of error, and the code that tells it from the others. */

import assert from "node:assert/strict";
import * as sdk from "@agentfs/sdk";

const cause = new Error("the failure below");

const problem = { key: "cacheSize", line: 3, column: 1, message: "it must be more" };

/** One of each, by class name. */
const errors: Record<string, sdk.AgentFSError> = {
  AgentFSError: new sdk.AgentFSError("said", { cause }),
  ApplyError: new sdk.ApplyError("said", [{ path: "/a" }], { cause }),
  BusyError: new sdk.BusyError("said", "process 7, committing", { cause }),
  ClosedError: new sdk.ClosedError("said", { cause }),
  CommandError: new sdk.CommandError("said", { code: 1 }, { cause }),
  CommitError: new sdk.CommitError("said", { cause }),
  ConfigError: new sdk.ConfigError("said", { problems: [problem], cause }),
  DirectoryNotEmptyError: new sdk.DirectoryNotEmptyError("said", "/a", { cause }),
  EncodingError: new sdk.EncodingError("said", "/a", { cause }),
  FileExistsError: new sdk.FileExistsError("said", "/a", { cause }),
  FileNotFoundError: new sdk.FileNotFoundError("said", "/a", { cause }),
  InvalidNameError: new sdk.InvalidNameError("said", { cause }),
  IsADirectoryError: new sdk.IsADirectoryError("said", "/a", { cause }),
  NotADirectoryError: new sdk.NotADirectoryError("said", "/a", { cause }),
  PathError: new sdk.PathError("said", "/a", { cause }),
  SandboxError: new sdk.SandboxError("said", { cause }),
  SnapshotExistsError: new sdk.SnapshotExistsError("said", { cause }),
  SnapshotNotFoundError: new sdk.SnapshotNotFoundError("said", { cause }),
  StoreError: new sdk.StoreError("said", { cause }),
  SyncError: new sdk.SyncError("said", { conflicts: [{ path: "/a" }], retryable: true, cause }),
  WorkspaceExistsError: new sdk.WorkspaceExistsError("said", { cause }),
  WorkspaceNotFoundError: new sdk.WorkspaceNotFoundError("said", { cause }),
};

Deno.test("every error class of the public API is tested here", () => {
  const exported = Object.keys(sdk).filter((name) => name.endsWith("Error"));
  assert.deepEqual(Object.keys(errors), exported.sort());
});

for (const [name, error] of Object.entries(errors)) {
  Deno.test(`${name} has its name as code, its cause, and says itself as JSON`, () => {
    assert.ok(error instanceof sdk.AgentFSError);
    assert.ok(error instanceof Error);
    assert.equal(error.code, name);
    assert.equal(error.name, name);
    assert.equal(error.message, "said");
    assert.equal(error.cause, cause);
    const json = JSON.parse(JSON.stringify(error));
    assert.equal(json.code, name);
    assert.equal(json.message, "said");
    assert.equal(json.cause, cause.message);
  });
}

Deno.test("errors carry their facts, in JSON too", () => {
  const facts = (name: string): unknown => {
    const { code: _code, message: _message, cause: _cause, ...rest } = JSON.parse(
      JSON.stringify(errors[name]),
    );
    return rest;
  };
  assert.deepEqual(facts("PathError"), { path: "/a" });
  assert.deepEqual(facts("FileNotFoundError"), { path: "/a" });
  assert.deepEqual(facts("CommandError"), { result: { code: 1 } });
  assert.deepEqual(facts("ConfigError"), {
    key: "cacheSize",
    line: 3,
    problems: [problem],
  });
  assert.deepEqual(facts("BusyError"), { holder: "process 7, committing" });
  assert.deepEqual(facts("ApplyError"), { conflicts: [{ path: "/a" }] });
  assert.deepEqual(facts("SyncError"), { conflicts: [{ path: "/a" }], retryable: true });
});

Deno.test("the errors about what is at a path are PathErrors", () => {
  for (const error of Object.values(errors)) {
    assert.equal("path" in error, error instanceof sdk.PathError, error.code);
  }
});

Deno.test("the JSON of an error says its cause in one line, whatever that is", () => {
  const said = (cause: unknown): unknown =>
    JSON.parse(JSON.stringify(new sdk.StoreError("said", { cause }))).cause;
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  assert.equal(said(cyclic), "[object Object]");
  assert.equal(said(5n), "5");
  assert.equal(said(null), "null");
  assert.equal(said("text"), "text");
  assert.equal(said(Object.create(null)), "object");
  assert.equal(said(new sdk.FileNotFoundError("no /a", "/a")), "FileNotFoundError: no /a");
  assert.equal(said(undefined), undefined);
});

Deno.test("the JSON of a command that said much is short", () => {
  const text = "x".repeat(200_000);
  const bytes = new TextEncoder().encode(text);
  const result = { code: 1, stdout: text, stderr: text, stdoutBytes: bytes, stderrBytes: bytes };
  const json = JSON.stringify(new sdk.CommandError("said", result));
  const short = text.slice(0, 8192);
  assert.deepEqual(JSON.parse(json).result, { code: 1, stdout: short, stderr: short });
  assert.equal(JSON.parse(JSON.stringify(new sdk.CommandError("said"))).result, null);
});
