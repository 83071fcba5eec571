/**
 * AgentFS lets an AI agent work on real files, and nobody gets hurt.
 *
 * An agent gets a {@linkcode Workspace}: a copy of a project in which it reads, writes and runs
 * commands. Every step can be kept as a snapshot, looked at, undone and committed, and nothing of it
 * touches the project. Underneath is git: a workspace is a worktree on a branch of its own, a snapshot
 * is a ref, a commit is a commit.
 *
 * @example
 * ```ts
 * import { AgentFS } from "@agentfs/sdk";
 *
 * const project = await Deno.makeTempDir();
 * await using afs = new AgentFS(project);
 *
 * const workspace = await afs.workspace.create("my-workspace");
 * const result = await workspace.run("echo Hello from AgentFS > hello.txt");
 * console.log(result.code, result.changes[0]?.path); // 0 /hello.txt
 *
 * await workspace.snapshot.create("hello");
 * await workspace.delete("/hello.txt");
 * await workspace.snapshot.restore("hello");
 * await workspace.commit("Say hello");
 * ```
 *
 * @module
 */

export { AgentFS } from "./src/agentfs.ts";
export type { Audit } from "./src/audit/audit.ts";
export type {
  AuditDetails,
  AuditEntry,
  AuditExportOptions,
  AuditFilter,
  AuditFormat,
  AuditHead,
  AuditVerification,
} from "./src/audit/types.ts";
export type { BatchProcessOptions, Processed } from "./src/batch_process.ts";
export type { Change, FileEffect, Skipped } from "./src/changes.ts";
export { Config } from "./src/config/config.ts";
export type { AuditConfig, ConfigInput, RunConfig, SyncConfig } from "./src/config/types.ts";
export {
  AgentFSError,
  ApplyError,
  BusyError,
  ClosedError,
  CommandError,
  CommitError,
  ConfigError,
  type ConfigProblem,
  DirectoryNotEmptyError,
  EncodingError,
  type ErrorCode,
  FileExistsError,
  FileNotFoundError,
  InvalidNameError,
  IsADirectoryError,
  NotADirectoryError,
  PathError,
  SandboxError,
  SnapshotExistsError,
  SnapshotNotFoundError,
  StoreError,
  SyncError,
  WorkspaceExistsError,
  WorkspaceNotFoundError,
} from "./src/errors.ts";
export type { WorkspaceEvents } from "./src/events.ts";
export type { Missing } from "./src/exec/detect.ts";
export { type SandboxSupport, sandboxSupport } from "./src/exec/support.ts";
export type {
  Limits,
  Permissions,
  Process,
  RunOptions,
  RunResult,
  RunStream,
  Signal,
} from "./src/exec/types.ts";
export type {
  Batch,
  BatchOperation,
  DeleteOptions,
  FileContent,
  FileInfo,
  FileStream,
  ListOptions,
  StreamMode,
  WriteOptions,
} from "./src/files/types.ts";
export type { BatchEffect } from "./src/files/batch_effect.ts";
export type { Diff, DiffOptions } from "./src/history/diff.ts";
export { renderDiff } from "./src/history/render_diff.ts";
export type {
  Commit,
  CommitOptions,
  CommitResult,
  RestoreResult,
  Snapshot,
  SnapshotOptions,
  Status,
} from "./src/history/types.ts";
export { type HookEvent, type HookHandler, Hooks } from "./src/hooks.ts";
export type { GcOptions, GcResult, StoreSize } from "./src/lifecycle/gc.ts";
export type { CreateOptions, WorkspaceManager } from "./src/manager.ts";
export type { SnapshotManager } from "./src/snapshot_manager.ts";
export { Workspace } from "./src/workspace.ts";
