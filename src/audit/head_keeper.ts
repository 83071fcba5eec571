/**
 * Keeps the head of the log in the store as it grows. What goes wrong with that stops nothing: the head
 * that is there already is evidence, too, and a damaged one is found by who verifies the log.
 *
 * @module
 */

import type { ObjectWriter } from "../git/store.ts";
import { isRefusal } from "../platform/failure.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { keepHead, writeHead } from "./head_ref.ts";
import type { AuditLog } from "./log.ts";

/** Keeps the head of one log. */
export class HeadKeeper {
  readonly #base: OpenBase;
  readonly #log: AuditLog;
  /** The newest entry when the log was opened. */
  readonly #first: number;

  constructor(base: OpenBase, log: AuditLog) {
    this.#base = base;
    this.#log = log;
    this.#first = log.latest.id;
  }

  /** Keeps it with what `writer` writes for a workspace; what this gives does so once that is in the store. */
  along(workspace: string, writer: ObjectWriter): () => void {
    try {
      const move = writeHead(this.#base, this.#log, workspace, writer);
      return () => {
        try {
          move();
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return () => {};
    }
  }

  /** Keeps it for these workspaces, if anything was entered since the log was opened. */
  async atEnd(workspaces: readonly string[]): Promise<void> {
    if (this.#log.latest.id === this.#first) return;
    try {
      await keepHead(this.#base, this.#log, ...workspaces);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}
