/**
 * What an agent holds: a workspace. Each method is one call into a room.
 *
 * @module
 */

import { ownCopy } from "./arguments.ts";
import type { Audit } from "./audit/audit.ts";
import { batchProcess, type BatchProcessOptions, type Processed } from "./batch_process.ts";
import type { Change, Skipped } from "./changes.ts";
import type { Announce } from "./events.ts";
import type { CommandHost } from "./exec/host.ts";
import { runStream } from "./exec/run_stream.ts";
import type { Process, RunOptions, RunResult, RunStream } from "./exec/types.ts";
import type { BatchEffect } from "./files/batch_effect.ts";
import type { BatchWork } from "./files/batch_operations.ts";
import type { Files } from "./files/files.ts";
import type {
  Batch,
  BatchOperation,
  DeleteOptions,
  FileContent,
  FileInfo,
  FileStream,
  ListOptions,
  StreamMode,
  WriteOptions,
} from "./files/types.ts";
import type { Diff, DiffOptions } from "./history/diff.ts";
import { CommitLog } from "./history/log.ts";
import type { Commit, CommitOptions, CommitResult, Status } from "./history/types.ts";
import { attemptStore } from "./platform/failure.ts";
import { RecordedFiles } from "./recorded_files.ts";
import { batchOf, changesOf, type Recorder } from "./recorder.ts";
import { branchName } from "./registry/layout.ts";
import { SnapshotManager } from "./snapshot_manager.ts";
import type { Worktree } from "./worktree/worktree.ts";

/** The workspace's side of the rooms that know nothing of workspaces. @internal */
export interface WorkspaceParts {
  readonly worktree: Worktree;
  readonly files: Files;
  readonly batch: (work: BatchWork) => Promise<BatchEffect[]>;
  readonly commands: CommandHost;
  readonly audit: Audit;
  readonly recorder: Recorder;
  readonly announce: Announce;
  /** Whether the workspace has not been deleted. */
  readonly exists: () => boolean;
}

/**
 * An isolated copy of a project, in which an agent reads, writes and runs commands.
 *
 * Its files are a git worktree on a branch of its own. Paths are POSIX paths rooted at the workspace:
 * `/src/a.ts` and `src/a.ts` are the same. A path that leads out of it, by `..` or by a link, is a
 * {@linkcode PathError}, and so is `.git` in any spelling. After {@linkcode AgentFS.close}, or once
 * the workspace is deleted, every method is a {@linkcode ClosedError}.
 *
 * File methods need `--allow-read` and `--allow-write` for the base; those of git (`status`, `commit`,
 * `log`, snapshots) `--allow-env=IGNORE_TEST_WIN32` as well; commands `--allow-run`.
 */
export class Workspace {
  /** Its snapshots. */
  readonly snapshot: SnapshotManager;
  /** What was done in it: every call that reads contents or changes anything. */
  readonly audit: Audit;
  readonly #parts: WorkspaceParts;
  readonly #files: RecordedFiles;

  /** @internal */
  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
    this.#files = new RecordedFiles(() => {
      parts.worktree.requireOpen();
      return parts.files;
    }, parts.recorder);
    this.snapshot = new SnapshotManager(parts);
    this.audit = parts.audit;
  }

  /** Its name. */
  get name(): string {
    return this.#parts.worktree.record.name;
  }

  /** What its maker said of it. */
  get description(): string {
    return this.#parts.worktree.record.description;
  }

  /** Words to find it by. */
  get tags(): readonly string[] {
    return this.#parts.worktree.record.tags;
  }

  /** The agent that it is for. */
  get agentId(): string | null {
    return this.#parts.worktree.record.agentId;
  }

  /** When it was made. */
  get createdAt(): Date {
    return new Date(this.#parts.worktree.record.createdAt);
  }

  /** The directory of its files on this machine. */
  get path(): string {
    return this.#parts.worktree.directory;
  }

  /** Its branch in the git store: `agentfs/<name>`. */
  get branch(): string {
    return branchName(this.name);
  }

  /** What of the base it could not take along, and why. */
  get skipped(): readonly Skipped[] {
    return this.#parts.worktree.record.skipped;
  }

  /**
   * Runs a command to its end. A string goes to `sh -c`, an array is an argv, with no shell.
   *
   * The command has a small environment and none of this process's. What it leaves running in its
   * process group is ended with it.
   *
   * @throws {CommandError} where it cannot be started, and under `check` where it fails.
   * @throws {FileNotFoundError} where `workdir` is not there.
   */
  async run(command: string | readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { run } = await import("./exec/run.ts");
    return await run(this.#parts.commands, command, options);
  }

  /** Runs a command and gives the lines of its stdout as they come. */
  runStream(command: string | readonly string[], options: RunOptions = {}): RunStream {
    return runStream(this.#parts.commands, command, options);
  }

  /** Starts a command that lives until it ends, is killed, or is disposed of: a server, a REPL. */
  async spawn(command: string | readonly string[], options: RunOptions = {}): Promise<Process> {
    const { spawn } = await import("./exec/spawn.ts");
    return await spawn(this.#parts.commands, command, options);
  }

  /**
   * The content of a file as text.
   *
   * @throws {FileNotFoundError} where nothing is at `path`.
   * @throws {EncodingError} where it is not UTF-8; {@linkcode readBytes} reads it.
   */
  async readFile(path: string): Promise<string> {
    return await this.#files.readFile(path);
  }

  /**
   * The content of a file.
   *
   * @throws {FileNotFoundError} where nothing is at `path`.
   */
  async readBytes(path: string): Promise<Uint8Array> {
    return await this.#files.readBytes(path);
  }

  /**
   * Writes a file, making the directories above it. A reader sees the old bytes or the new; after a
   * crash or an error the file is as it was.
   *
   * @throws {IsADirectoryError} where a directory is at `path`.
   * @throws {FileExistsError} under `createNew`, where anything is.
   */
  async writeFile(path: string, data: FileContent, options: WriteOptions = {}): Promise<void> {
    await this.#files.writeFile(path, data, options);
  }

  /** Whether anything is at `path`; without a path, whether the workspace itself exists. */
  async exists(path?: string): Promise<boolean> {
    if (path === undefined && !this.#parts.exists()) return false;
    return await this.#files.exists(path);
  }

  /**
   * What is at `path`; links are followed.
   *
   * @throws {FileNotFoundError} where nothing is.
   */
  async stat(path: string): Promise<FileInfo> {
    return await this.#files.stat(path);
  }

  /**
   * What a directory holds, sorted by path; under `recursive` everything below it.
   *
   * @throws {NotADirectoryError} where `path` is no directory.
   */
  async listDir(path = "/", options: ListOptions = {}): Promise<FileInfo[]> {
    return await this.#files.listDir(path, options);
  }

  /**
   * Copies a file, a link or a directory with all below it; all of it or nothing.
   *
   * @throws {FileNotFoundError} where nothing is at `from`.
   * @throws {FileExistsError} where a directory would replace something.
   */
  async copy(from: string, to: string): Promise<void> {
    await this.#files.copy(from, to);
  }

  /**
   * Moves a file, a link or a directory, as `rename(2)` does: a file replaces a file.
   *
   * @throws {FileNotFoundError} where nothing is at `from`.
   * @throws {DirectoryNotEmptyError} where a directory with something in it is at `to`.
   */
  async move(from: string, to: string): Promise<void> {
    await this.#files.move(from, to);
  }

  /**
   * Deletes a file, a link or an empty directory; under `recursive` a directory with all below it.
   *
   * @throws {FileNotFoundError} where nothing is at `path`.
   * @throws {DirectoryNotEmptyError} where a directory is not empty, without `recursive`.
   */
  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    await this.#files.delete(path, options);
  }

  /**
   * Makes a directory and those above it; one that is there is fine.
   *
   * @throws {FileExistsError} where something else is at `path`.
   */
  async mkdir(path: string): Promise<void> {
    await this.#files.mkdir(path);
  }

  /**
   * Makes a symbolic link. The target is stored as given; following one that leads out is refused.
   *
   * Deno allows this only under unscoped `--allow-read` and `--allow-write`.
   *
   * @throws {FileExistsError} where something is at `path`.
   */
  async symlink(target: string, path: string): Promise<void> {
    await this.#files.symlink(target, path);
  }

  /**
   * The target of a symbolic link, as it is stored.
   *
   * @throws {PathError} where `path` is no link.
   */
  async readLink(path: string): Promise<string> {
    return await this.#files.readLink(path);
  }

  /**
   * Sets the permission bits of a file or directory, such as `0o755`.
   *
   * @throws {FileNotFoundError} where nothing is at `path`.
   */
  async chmod(path: string, mode: number): Promise<void> {
    await this.#files.chmod(path, mode);
  }

  /**
   * Opens a file to read (`"r"`), to write anew (`"w"`) or to write behind what is there (`"a"`), piece
   * by piece. What is written shows when the stream is closed.
   *
   * @throws {FileNotFoundError} where there is nothing to read.
   */
  async openStream(path: string, mode: StreamMode = "r"): Promise<FileStream> {
    return await this.#files.openStream(path, mode);
  }

  /**
   * Changes many files as one: all of the operations happen, in their order and each as the method of
   * its name, or none of them; also after a crash of this process or an error. Calls through the same
   * `AgentFS` object see none of it or all. Calls through another one, in this process or in another,
   * may see the middle, and a power cut may leave it.
   *
   * The function only notes what is to be done: it cannot read what it has written, and where it throws,
   * nothing is done. Commands in the workspace are waited for, and do not start meanwhile.
   *
   * @example
   * ```ts
   * import { TemporaryWorkspace } from "@agentfs/sdk/testing";
   *
   * await using temporary = await TemporaryWorkspace.create({ files: { "/a.txt": "one" } });
   * const { workspace } = temporary;
   * await workspace.batch((batch) => {
   *   batch.writeFile("/b.txt", "two");
   *   batch.move("/a.txt", "/old/a.txt");
   * });
   * console.log((await workspace.listDir()).map(({ path }) => path)); // [ "/b.txt", "/old" ]
   * ```
   *
   * @throws {BusyError} where somebody else has the workspace, or commands run in it, for too long.
   * @throws {PathError} and what else the operation throws that cannot be done; it says its number.
   */
  batch(work: (batch: Batch) => void | Promise<void>): Promise<void>;
  /** Does operations that are given as data. */
  batch(operations: readonly BatchOperation[]): Promise<void>;
  async batch(work: BatchWork): Promise<void> {
    this.#parts.worktree.requireOpen();
    const { recorder, announce } = this.#parts;
    const effects = await recorder.change(
      { operation: "batch" },
      () => this.#parts.batch(work),
      batchOf,
    );
    if (effects.length > 0) await announce("batch", effects);
  }

  /**
   * Calls `callback` with each item, several side by side, and gives what comes of them in the order of
   * the items. Nothing starts before the first result is asked for. Items are pulled as they are needed:
   * no more than four times `concurrency` are begun whose results have not been taken. To leave the loop
   * takes no more items, and waits for nothing.
   *
   * @example
   * ```ts
   * import { TemporaryWorkspace } from "@agentfs/sdk/testing";
   *
   * await using temporary = await TemporaryWorkspace.create({ files: { "/a": "1", "/b": "22" } });
   * const { workspace } = temporary;
   * const sizes = workspace.batchProcess(["/a", "/b", "/c"], async (path) => {
   *   return (await workspace.readFile(path)).length;
   * });
   * for await (const { path, value, error } of sizes) console.log(path, value ?? error?.message);
   * ```
   *
   * @throws {RangeError} where `concurrency` is no integer from 1.
   */
  batchProcess<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    callback: (item: T) => R | Promise<R>,
    options: BatchProcessOptions = {},
  ): AsyncIterable<Processed<T, R>> {
    this.#parts.worktree.requireOpen();
    return batchProcess(items, callback, options);
  }

  /** How the files differ from the last commit: what `git status` says after `git add --all`. */
  async status(options: { ignored?: boolean } = {}): Promise<Status> {
    const own = ownCopy(options);
    return await this.#parts.recorder.look(
      { operation: "status" },
      () =>
        attemptStore("tell the status", async () => {
          const { status } = await import("./history/status.ts");
          return await status(this.#worktree, own);
        }),
    );
  }

  /**
   * How the files differ from the last commit, or from a snapshot, branch or commit.
   *
   * @throws {SnapshotNotFoundError} where `against` names nothing.
   */
  async diff(options: DiffOptions = {}): Promise<Diff> {
    const own = ownCopy(options);
    return await this.#parts.recorder.look(
      { operation: "diff" },
      () =>
        attemptStore("compare", async () => {
          const { diffFiles } = await import("./history/diff.ts");
          return await diffFiles(this.#worktree, own);
        }),
    );
  }

  /**
   * Commits what has changed on the workspace's branch; ignored files are left out.
   *
   * With nothing changed no commit is made, and `created` is false. `dryRun` only tells the changes.
   *
   * @throws {CommitError} on a malformed message or author, and where HEAD is not on the workspace's
   * branch or git is in the middle of a merge or the like.
   */
  commit(message: string, options?: CommitOptions & { dryRun?: false }): Promise<CommitResult>;
  /** Tells what a commit would hold. */
  commit(message: string, options: CommitOptions & { dryRun: true }): Promise<Change[]>;
  /** Commits, or tells what a commit would hold. */
  commit(message: string, options: CommitOptions): Promise<CommitResult | Change[]>;
  async commit(message: string, options: CommitOptions = {}): Promise<CommitResult | Change[]> {
    const own = ownCopy(options);
    if (options?.dryRun) return await this.#previewCommit(message, own);
    const { recorder, announce } = this.#parts;
    const commit = await recorder.change(
      { operation: "commit", details: { message } },
      () =>
        attemptStore("commit", async () => {
          const { commitFiles } = await import("./history/commit.ts");
          return await commitFiles(this.#worktree, message, own);
        }),
      ({ oid, created, skipped, changes }) => ({
        oid,
        created,
        skipped: skipped.length,
        ...changesOf(changes),
      }),
    );
    if (commit.created) await announce("commit", message, commit);
    return commit;
  }

  #previewCommit(message: string, options: CommitOptions): Promise<Change[]> {
    return this.#parts.recorder.look(
      { operation: "commit", details: { message, dryRun: true } },
      () =>
        attemptStore("commit", async () => {
          const { previewCommit } = await import("./history/commit.ts");
          return await previewCommit(this.#worktree, message, options);
        }),
    );
  }

  /**
   * The commits that the workspace's HEAD leads to, newest first; with `path` only those that changed
   * that file, or what is in that directory. `await` gives all of them, `for await` one after the other.
   */
  log(
    options: { limit?: number; path?: string } = {},
  ): Promise<Commit[]> & AsyncIterable<Commit> {
    const { recorder } = this.#parts;
    const begun = () => recorder.look({ operation: "log" }, () => Promise.resolve());
    return new CommitLog(() => this.#worktree, options, begun);
  }

  get #worktree(): Worktree {
    this.#parts.worktree.requireOpen();
    return this.#parts.worktree;
  }
}
