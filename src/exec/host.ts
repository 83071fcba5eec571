/**
 * What a command needs of the workspace that it runs in. The workspace implements it; this room
 * knows nothing else of workspaces.
 *
 * @module
 */

import type { Change } from "../changes.ts";

/** Where a command runs, and who must know of it. */
export interface CommandHost {
  /** The workspace's files, as a directory of this machine. */
  readonly directory: string;
  /** A private directory for the command's HOME; made when a command needs it. */
  readonly home: string;
  /**
   * The directory of this machine that a path of the workspace leads to.
   *
   * @throws {FileNotFoundError | NotADirectoryError | PathError} where that is no directory of it.
   */
  resolveDirectory(path: string): string;
  /** Says that a command runs here, to all who must wait for that, until it is disposed. */
  hold(purpose: string, signal?: AbortSignal): Promise<Disposable>;
  /** Looks at the files now; the function that it gives says what has changed since. */
  observe(): Promise<() => Promise<Change[]>>;
  /** Registers how a live command is ended when the library is closed; gives the way to undo that. */
  track(end: () => Promise<void>): () => void;
}
