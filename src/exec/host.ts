/**
 * What a command needs of the workspace that it runs in. The workspace implements it; this room
 * knows nothing else of workspaces.
 *
 * @module
 */

import type { Change, Skipped } from "../changes.ts";
import type { Command } from "./command_line.ts";
import type { Mount } from "./sandbox.ts";
import type { Detected } from "./detect.ts";
import type { Limits, Permissions, RunOptions, RunResult } from "./types.ts";

/** What holds for the commands of which a call does not say otherwise. */
export interface RunSettings {
  /**
   * `auto`: the strongest sandbox that the machine has. `required`: no command without one. `off`:
   * none, unless a call passes permissions.
   */
  readonly sandbox: "auto" | "required" | "off";
  /** The time limit of a command, in ms. */
  readonly timeout?: number | undefined;
  readonly permissions?: Permissions | undefined;
  readonly limits?: Limits | undefined;
}

/** What the inside of a sandbox has of the workspace besides its files. */
export interface Inside {
  /** What is mounted after the workspace. */
  readonly mounts: readonly Mount[];
  /**
   * Takes over what the ended command has left there; tells of what could not be. What cannot be done
   * within `limit` ms is left to the next command.
   */
  leave(limit?: number): Promise<Skipped[]>;
}

/** How a command ended. */
export interface End {
  /** What it left; `null` where it never ran, or nothing is known of it. */
  readonly result: RunResult | null;
  /** Why its caller gets no result. */
  readonly failure: { readonly reason: unknown } | null;
}

/** Who hears of one command. */
export interface Witness {
  /** Writes down how it ended, before its caller hears of it. */
  ended(end: End): Promise<void>;
  /** Tells those who listen that it ran, once it holds nothing any more. Never fails. */
  announce(result: RunResult): Promise<void>;
}

/** Where a command runs, and who must know of it. */
export interface CommandHost {
  /** The workspace's files, as a directory of this machine. */
  readonly directory: string;
  /** A private directory for the command's HOME; made when a command needs it. */
  readonly home: string;
  /** Directories of ours that no permission opens to a sandboxed command. */
  readonly secrets: readonly string[];
  /** Directories of ours that none makes writable to it. */
  readonly guarded: readonly string[];
  readonly settings: RunSettings;
  /** Writes down that a command is asked for, be it right or wrong, before anything is done. */
  witness(command: Command, options: RunOptions): Promise<Witness>;
  /** Looks, once, what sandbox there is. */
  detect(): Promise<Detected>;
  /** Variables that tell the git in a command what it could not find out. */
  gitEnvironment(sandboxed: boolean): Record<string, string>;
  /**
   * The directory of this machine that a path of the workspace leads to.
   *
   * @throws {FileNotFoundError | NotADirectoryError | PathError} where that is no directory of it.
   */
  resolveDirectory(path: string): string;
  /** Says that a command runs here, to all who must wait for that, until it is disposed. */
  hold(purpose: string, sandboxed: boolean, signal?: AbortSignal): Promise<Disposable>;
  /** Prepares what a sandboxed command finds besides the files. */
  enter(): Promise<Inside>;
  /** Looks at the files now; the function that it gives says what has changed since. */
  observe(): Promise<() => Promise<Change[]>>;
  /** Registers how a live command is ended when the library is closed; gives the way to undo that. */
  track(end: () => Promise<void>): () => void;
}
