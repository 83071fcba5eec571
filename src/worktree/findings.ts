/**
 * What a scan has to tell besides the state: what it left out, and why.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { AgentFSError, StoreError } from "../errors.ts";
import { errorCode } from "../platform/fs.ts";

/** What is no fault of the file that could not be read, so that to skip it would be to lose it. */
const EXHAUSTED: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM", "ENOSPC"]);

/** Paths in the workspace that were left out. */
export class Findings {
  /** What git or Deno cannot hold. */
  readonly skipped: Skipped[] = [];
  /** Those of them that could not be read. */
  readonly unread: string[] = [];
  /** Ignored paths; a directory ends in `/` and stands for all below it. */
  readonly ignored: string[] = [];
  readonly #signal: AbortSignal | undefined;

  /** `signal` tells a scan that is stopped from a file that cannot be read. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** What `call` finds out about `path`; `undefined` where that cannot be done, which is told. */
  attempt<T>(path: string, call: () => T): T | undefined {
    try {
      return call();
    } catch (cause) {
      if (path === "") throw new StoreError("Cannot read the root of the files", { cause });
      this.skipUnreadable(path, cause);
      return undefined;
    }
  }

  /** Tells of a path that the state leaves out. */
  skip(path: string, reason: string): void {
    this.skipped.push({ path, reason });
  }

  /** The same for one that is left as it was known, since it cannot be read. */
  skipUnread(path: string, reason: string): void {
    this.skip(path, reason);
    this.unread.push(path);
  }

  /** The same for this error, if it is one of the path's own. */
  skipUnreadable(path: string, error: unknown): void {
    this.#signal?.throwIfAborted();
    if (error instanceof AgentFSError || EXHAUSTED.has(errorCode(error) ?? "")) throw error;
    const why = errorCode(error) ?? (error instanceof Error ? error.message : "unknown error");
    this.skipUnread(path, `it cannot be read (${why})`);
  }
}
