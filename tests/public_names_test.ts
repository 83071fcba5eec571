/** Every public name, so that growth is always a visible diff. */

import assert from "node:assert/strict";
import * as sdk from "@agentfs/sdk";
import * as testing from "@agentfs/sdk/testing";

/** All names that `deno doc` sees in a module, types too. */
async function documented(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", entry],
    cwd: new URL("..", import.meta.url),
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes as Record<string, { symbols: { name: string }[] }>)
    .flatMap(({ symbols }) => symbols.map(({ name }) => name))
    .sort();
}

function members(prototype: object): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor").sort();
}

Deno.test("mod.ts exports these values", () => {
  assert.deepEqual(Object.keys(sdk).sort(), [
    "AgentFS",
    "AgentFSError",
    "ApplyError",
    "BusyError",
    "ClosedError",
    "CommandError",
    "CommitError",
    "Config",
    "ConfigError",
    "DirectoryNotEmptyError",
    "EncodingError",
    "FileExistsError",
    "FileNotFoundError",
    "Hooks",
    "InvalidNameError",
    "IsADirectoryError",
    "NotADirectoryError",
    "PathError",
    "SandboxError",
    "SnapshotExistsError",
    "SnapshotNotFoundError",
    "StoreError",
    "SyncError",
    "Workspace",
    "WorkspaceExistsError",
    "WorkspaceNotFoundError",
    "renderDiff",
    "sandboxSupport",
  ]);
});

Deno.test("mod.ts exports these types besides", async () => {
  const values = new Set(Object.keys(sdk));
  const types = (await documented("mod.ts")).filter((name) => !values.has(name));
  assert.deepEqual(types, [
    "Audit",
    "AuditConfig",
    "AuditDetails",
    "AuditEntry",
    "AuditExportOptions",
    "AuditFilter",
    "AuditFormat",
    "AuditHead",
    "AuditVerification",
    "Batch",
    "BatchEffect",
    "BatchOperation",
    "BatchProcessOptions",
    "Change",
    "Commit",
    "CommitOptions",
    "CommitResult",
    "ConfigInput",
    "ConfigProblem",
    "CreateOptions",
    "DeleteOptions",
    "Diff",
    "DiffOptions",
    "ErrorCode",
    "FileContent",
    "FileEffect",
    "FileInfo",
    "FileStream",
    "GcOptions",
    "GcResult",
    "HookEvent",
    "HookHandler",
    "Limits",
    "ListOptions",
    "Missing",
    "Permissions",
    "Process",
    "Processed",
    "RestoreResult",
    "RunConfig",
    "RunOptions",
    "RunResult",
    "RunStream",
    "SandboxSupport",
    "Signal",
    "Skipped",
    "Snapshot",
    "SnapshotManager",
    "SnapshotOptions",
    "Status",
    "StoreSize",
    "StreamMode",
    "SyncConfig",
    "WorkspaceEvents",
    "WorkspaceManager",
    "WriteOptions",
  ]);
});

Deno.test("testing.ts exports these values", () => {
  assert.deepEqual(Object.keys(testing).sort(), ["TemporaryWorkspace", "temporaryWorkspace"]);
});

Deno.test("a workspace has these members", async () => {
  await using temporary = await testing.TemporaryWorkspace.create();
  const { afs, workspace } = temporary;
  assert.deepEqual(members(Object.getPrototypeOf(workspace)), [
    "agentId",
    "batch",
    "batchProcess",
    "branch",
    "chmod",
    "commit",
    "copy",
    "createdAt",
    "delete",
    "description",
    "diff",
    "exists",
    "listDir",
    "log",
    "mkdir",
    "move",
    "name",
    "openStream",
    "path",
    "readBytes",
    "readFile",
    "readLink",
    "run",
    "runStream",
    "skipped",
    "spawn",
    "stat",
    "status",
    "symlink",
    "tags",
    "writeFile",
  ]);
  assert.deepEqual(members(Object.getPrototypeOf(workspace.snapshot)), [
    "create",
    "delete",
    "diff",
    "get",
    "has",
    "list",
    "restore",
    "temp",
  ]);
  assert.deepEqual(members(Object.getPrototypeOf(afs.workspace)), [
    "create",
    "delete",
    "get",
    "has",
    "list",
    "temp",
  ]);
  assert.deepEqual(members(sdk.AgentFS.prototype), ["close", "gc"]);
});
