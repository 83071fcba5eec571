/**
 * Files and directories that are made out of sight, many of them, to be put into the workspace later.
 *
 * They lie beside each other in one directory that is always there: ext4 takes three times as long to
 * make files in a new one.
 *
 * @module
 */

import { Slices } from "../platform/slices.ts";
import { discardTree } from "../worktree/discard.ts";
import type { FileContext } from "./context.ts";

/** The paths of what is not in the workspace yet. */
export class Drafts {
  readonly #context: Pick<FileContext, "temporary">;
  readonly #paths = new Set<string>();

  constructor(context: Pick<FileContext, "temporary">) {
    this.#context = context;
  }

  /** A path for one more. */
  add(): string {
    const path = this.#context.temporary();
    this.#paths.add(path);
    return path;
  }

  /** Says that one has got to where it is to be. */
  isPut(path: string): void {
    this.#paths.delete(path);
  }

  /** Removes all the others. */
  async discard(): Promise<void> {
    const slices = new Slices();
    for (const path of this.#paths) await discardTree(path, slices);
    this.#paths.clear();
  }
}
