/**
 * Keeps the head of the log in the store as it grows. What goes wrong with that stops nothing: the head
 * that is there already is evidence, too, and a damaged one is found by who verifies the log.
 *
 * @module
 */

import type { Staged } from "../git/publication.ts";
import type { ObjectWriter } from "../git/store.ts";
import { isRefusal } from "../platform/failure.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { keepHead, stageHead } from "./head_ref.ts";
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

  /** Keeps it with what `writer` writes for a workspace, when that is published. */
  along(workspace: string, writer: ObjectWriter): Staged | null {
    try {
      const head = stageHead(this.#base, this.#log, workspace, writer);
      return head && new DispensableHead(head);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return null;
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

/** A head that is left where it was, should anything go wrong. */
class DispensableHead implements Staged {
  readonly #head: Staged;
  #isWritten = false;

  constructor(head: Staged) {
    this.#head = head;
  }

  async syncAside(): Promise<void> {
    try {
      await this.#head.syncAside();
      this.#isWritten = true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  place(): void {
    try {
      if (this.#isWritten) this.#head.place();
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  /** Its name is left to the system: after a loss of power the log itself can be shorter. */
  async syncNameAside(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#head[Symbol.dispose]();
  }
}
