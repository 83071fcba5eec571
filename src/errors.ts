/**
 * Every error that this library throws on purpose.
 *
 * A message names the thing, the rule that it breaks and what to do about it. `code` is the class's
 * name, stable over versions and over bundlers that rename classes.
 *
 * @module
 */

/** The `code` of every {@linkcode AgentFSError}: the name of its class. */
export type ErrorCode =
  | "AgentFSError"
  | "WorkspaceNotFoundError"
  | "WorkspaceExistsError"
  | "SnapshotNotFoundError"
  | "SnapshotExistsError"
  | "InvalidNameError"
  | "PathError"
  | "FileNotFoundError"
  | "FileExistsError"
  | "NotADirectoryError"
  | "IsADirectoryError"
  | "DirectoryNotEmptyError"
  | "EncodingError"
  | "CommandError"
  | "SandboxError"
  | "CommitError"
  | "ApplyError"
  | "SyncError"
  | "ConfigError"
  | "StoreError"
  | "BusyError"
  | "ClosedError";

/** The base class of all errors of this library. */
export class AgentFSError extends Error {
  /** A stable name for the kind of failure, for `switch` and for logs. */
  readonly code: ErrorCode = "AgentFSError";

  /** Makes an error; `options.cause` keeps the failure below it. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }

  /**
   * The error as plain data: its code, its message, its facts and what its cause says. Of a command's
   * output, that is the first 8 KiB of each stream.
   */
  toJSON(): Record<string, unknown> {
    const { code, message, cause } = this;
    const facts = Object.entries(this).filter(([key]) => key !== "name" && key !== "cause")
      .map(([key, value]) => [key, key === "result" ? withShortOutput(value) : value]);
    return {
      ...Object.fromEntries(facts),
      code,
      message,
      ...(cause === undefined ? {} : { cause: causeText(cause) }),
    };
  }
}

/** So many UTF-16 code units of each output of a command are in the JSON of its error. */
const MAX_OUTPUT = 8 * 1024;

/** The result of a command without what would make megabytes of JSON. */
function withShortOutput(result: unknown): unknown {
  if (typeof result !== "object" || result === null) return result;
  const facts = Object.entries(result).filter(([, value]) => !(value instanceof Uint8Array));
  return Object.fromEntries(facts.map(([key, value]) => {
    const isOutput = (key === "stdout" || key === "stderr") && typeof value === "string";
    return [key, isOutput ? value.slice(0, MAX_OUTPUT) : value];
  }));
}

function causeText(cause: unknown): string {
  if (cause instanceof AgentFSError) return `${cause.code}: ${cause.message}`;
  if (cause instanceof Error) return cause.message;
  try {
    return String(cause);
  } catch {
    // An object can refuse to be a string, and one without a prototype always does.
    return typeof cause;
  }
}

/** No workspace has this name. */
export class WorkspaceNotFoundError extends AgentFSError {
  /** Always `"WorkspaceNotFoundError"`. */
  override readonly code: ErrorCode = "WorkspaceNotFoundError";
}

/** A workspace with this name, or with one that it would contain, is there already. */
export class WorkspaceExistsError extends AgentFSError {
  /** Always `"WorkspaceExistsError"`. */
  override readonly code: ErrorCode = "WorkspaceExistsError";
}

/** No snapshot has this name. */
export class SnapshotNotFoundError extends AgentFSError {
  /** Always `"SnapshotNotFoundError"`. */
  override readonly code: ErrorCode = "SnapshotNotFoundError";
}

/** A snapshot with this name, or with one that it would contain, is there already. */
export class SnapshotExistsError extends AgentFSError {
  /** Always `"SnapshotExistsError"`. */
  override readonly code: ErrorCode = "SnapshotExistsError";
}

/** A name that a workspace or a snapshot cannot have; the message says which rule it breaks. */
export class InvalidNameError extends AgentFSError {
  /** Always `"InvalidNameError"`. */
  override readonly code: ErrorCode = "InvalidNameError";
}

/**
 * A path that leads out of the workspace, or that is not what it must be. The errors about what is at
 * a path are kinds of this one; `code` tells them apart.
 */
export class PathError extends AgentFSError {
  /** `"PathError"`, or the name of the kind. */
  override readonly code: ErrorCode = "PathError";
  /** The path as the workspace knows it, starting with `/`. */
  readonly path: string;

  /** Makes an error about `path`. */
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** Nothing is at this path. */
export class FileNotFoundError extends PathError {
  /** Always `"FileNotFoundError"`. */
  override readonly code: ErrorCode = "FileNotFoundError";
}

/** Something is at this path already. */
export class FileExistsError extends PathError {
  /** Always `"FileExistsError"`. */
  override readonly code: ErrorCode = "FileExistsError";
}

/** A directory must be at this path, and something else is. */
export class NotADirectoryError extends PathError {
  /** Always `"NotADirectoryError"`. */
  override readonly code: ErrorCode = "NotADirectoryError";
}

/** A file must be at this path, and a directory is. */
export class IsADirectoryError extends PathError {
  /** Always `"IsADirectoryError"`. */
  override readonly code: ErrorCode = "IsADirectoryError";
}

/** A directory must be empty here, and is not. */
export class DirectoryNotEmptyError extends PathError {
  /** Always `"DirectoryNotEmptyError"`. */
  override readonly code: ErrorCode = "DirectoryNotEmptyError";
}

/** The bytes of a file are not UTF-8, and text was asked for. */
export class EncodingError extends PathError {
  /** Always `"EncodingError"`. */
  override readonly code: ErrorCode = "EncodingError";
}

/** A command could not be started or, under `check`, ended with a non-zero code. */
export class CommandError<Result = unknown> extends AgentFSError {
  /** Always `"CommandError"`. */
  override readonly code: ErrorCode = "CommandError";
  /** What the command left behind: its exit code and its output; `null` where it never started. */
  readonly result: Result | null;

  /** Makes an error about a command that ended as `result` says. */
  constructor(message: string, result: Result | null = null, options?: ErrorOptions) {
    super(message, options);
    this.result = result;
  }
}

/** What was asked of the sandbox cannot be held on this machine. */
export class SandboxError extends AgentFSError {
  /** Always `"SandboxError"`. */
  override readonly code: ErrorCode = "SandboxError";
}

/** A commit that cannot be made; nothing was changed. */
export class CommitError extends AgentFSError {
  /** Always `"CommitError"`. */
  override readonly code: ErrorCode = "CommitError";
}

/** Work that cannot be brought into the base; the base is as it was. */
export class ApplyError<Conflict = unknown> extends AgentFSError {
  /** Always `"ApplyError"`. */
  override readonly code: ErrorCode = "ApplyError";
  /** The paths on which both sides changed, and how. */
  readonly conflicts: readonly Conflict[];

  /** Makes an error that carries its conflicts. */
  constructor(message: string, conflicts: readonly Conflict[] = [], options?: ErrorOptions) {
    super(message, options);
    this.conflicts = conflicts;
  }
}

/** A push or pull that did not happen; the workspace is as it was. */
export class SyncError<Conflict = unknown> extends AgentFSError {
  /** Always `"SyncError"`. */
  override readonly code: ErrorCode = "SyncError";
  /** The paths on which both sides changed, and how. */
  readonly conflicts: readonly Conflict[];
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;

  /** Makes an error; `retryable` is for failures that pass, such as a server that is down. */
  constructor(
    message: string,
    options: ErrorOptions & { conflicts?: readonly Conflict[]; retryable?: boolean } = {},
  ) {
    super(message, options);
    this.conflicts = options.conflicts ?? [];
    this.retryable = options.retryable ?? false;
  }
}

/** What is wrong with one setting, or with the file that settings are read from. */
export interface ConfigProblem {
  /**
   * The setting as it is written there, with dots between its parts: `run.timeout`, in a file
   * `cache_size`; `null` where it is about no setting.
   */
  readonly key: string | null;
  /** The line of the file that sets it, from 1; `null` where it comes from code. */
  readonly line: number | null;
  /** The column in that line, from 1, in UTF-16 units; `null` where it comes from code. */
  readonly column: number | null;
  /** What is wrong, and what would be right. It never quotes a value, which may be a secret. */
  readonly message: string;
}

/** Settings that cannot be used; the message lists all that is wrong with them. */
export class ConfigError extends AgentFSError {
  /** Always `"ConfigError"`. */
  override readonly code: ErrorCode = "ConfigError";
  /** The setting of the first problem, with dots between its parts, such as `run.timeout`. */
  readonly key: string | null;
  /** The line of the file that sets it, from 1; `null` where it comes from code. */
  readonly line: number | null;
  /** Everything that is wrong, in the order in which it is written. */
  readonly problems: readonly ConfigProblem[];

  /** Makes an error about one setting, or about `problems`. */
  constructor(
    message: string,
    options: ErrorOptions & { key?: string; problems?: readonly ConfigProblem[] } = {},
  ) {
    super(message, options);
    const { key = null, problems = [{ key, line: null, column: null, message }] } = options;
    this.problems = problems;
    this.key = problems[0]?.key ?? null;
    this.line = problems[0]?.line ?? null;
  }
}

/** The git repository is damaged, unsupported, or not as this library left it. */
export class StoreError extends AgentFSError {
  /** Always `"StoreError"`. */
  override readonly code: ErrorCode = "StoreError";
}

/** Somebody else has the workspace and did not let go of it in time. */
export class BusyError extends AgentFSError {
  /** Always `"BusyError"`. */
  override readonly code: ErrorCode = "BusyError";
  /** Who has it, in words: process id and what it is doing. */
  readonly holder: string;

  /** Makes an error that names the holder. */
  constructor(message: string, holder: string, options?: ErrorOptions) {
    super(message, options);
    this.holder = holder;
  }
}

/** Used after `close()`, or after the workspace was deleted. */
export class ClosedError extends AgentFSError {
  /** Always `"ClosedError"`. */
  override readonly code: ErrorCode = "ClosedError";
}
