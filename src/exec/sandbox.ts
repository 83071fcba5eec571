/**
 * The contract of a sandbox: given what a command is and what it may do, it starts a process that can do
 * no more. Each way to hold a command is a file of its own that implements this.
 *
 * @module
 */

import type { ProcessOptions, ProcessTree } from "../platform/process.ts";
import type { Grants } from "./permissions.ts";
import type { Limits, RunResult } from "./types.ts";

/** A part of this machine's file system that a command sees, with all below it. */
export interface Mount {
  /** Where the command sees it: an absolute path without links. */
  readonly path: string;
  /** What it sees there; left out: what is at `path` on this machine; `null`: an empty directory. */
  readonly source?: string | null;
  readonly writable: boolean;
}

/** What is to be started, and what it may do. */
export interface SandboxRequest extends ProcessOptions {
  /**
   * What it sees besides the system's programs: the workspace first of all. A later mount covers an
   * earlier one. None lies in a directory that the command can write, but where the mount's place has
   * been looked at and no other command can change it.
   */
  readonly mounts: readonly Mount[];
  /** Directories of this library that no permission opens, such as the records of all workspaces. */
  readonly secrets: readonly string[];
  /** Directories of this library that no permission makes writable, such as the git store. */
  readonly guarded: readonly string[];
  readonly grants: Grants;
  readonly limits: Limits;
  /** Whether signals must reach the command itself, not only end it. */
  readonly controlled?: boolean;
  /**
   * What the command waits for in a sandbox that is made ready meanwhile. Where it fails, the command
   * never begins, and whoever started it ends it. Without a sandbox nothing can hold a command back.
   */
  readonly begins?: Promise<unknown>;
}

/** A way to hold commands. */
export interface Sandbox {
  readonly name: RunResult["sandbox"];

  /** Why it cannot hold a command to this, and what to do about it; `null` where it can. */
  refusal(grants: Grants, limits: Limits): string | null;

  /**
   * Starts a command that {@linkcode refusal} has nothing against.
   *
   * @throws {SandboxError} where a path that was granted cannot be.
   */
  start(request: SandboxRequest): ProcessTree;
}
