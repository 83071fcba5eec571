/**
 * Many changes of files as one: all of them happen, or none.
 *
 * Contents are written out of sight first. Then, with the workspace held, the steps are done one by
 * one, each in a log before; the journal says that there is one. The end of the journal's entry makes
 * the batch whole. An error takes the steps back at once, and where the process is killed, whoever has
 * the workspace next does.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { hashObject } from "../git/object.ts";
import { attemptStore, messageOf, storeFailure } from "../platform/failure.ts";
import {
  chmod,
  errorCode,
  lstat,
  makeDirectory,
  makeNewDirectory,
  OpenFile,
  rename,
  writeFile,
} from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { batchDirectory } from "../registry/layout.ts";
import { rooted } from "../worktree/beneath.ts";
import { discardTree } from "../worktree/discard.ts";
import { attempt } from "../worktree/path_failure.ts";
import type { Worktree } from "../worktree/worktree.ts";
import type { BatchEffect } from "./batch_effect.ts";
import type { FileContext } from "./context.ts";
import { type Identity, identityAt } from "./effect.ts";
import { type BatchWork, failureOf, operationsOf } from "./batch_operations.ts";
import { BatchSteps, type WrittenContent } from "./batch_steps.ts";
import { slicesOf } from "./content.ts";
import { Drafts } from "./drafts.ts";
import type { BatchOperation } from "./types.ts";
import { takeBack, UndoLog } from "./undo_log.ts";
import { dirname } from "@std/path/posix";

/**
 * Does operations in their order, each as the file method of its name would, and all or none of them.
 * This process sees none of it or all; another may see the middle.
 *
 * @throws {BusyError} where commands run in the workspace for longer than they may.
 * @throws what `work` throws, before anything is done; and what the operation throws that cannot be
 * done, with its number.
 */
export async function batch(
  worktree: Worktree,
  context: FileContext,
  work: BatchWork,
): Promise<BatchEffect[]> {
  const operations = await operationsOf(work);
  if (operations.length === 0) return [];
  return await attemptStore("do the batch", () => new Execution(worktree, context).run(operations));
}

/** A content up to this length is written in one go; in bytes, or in UTF-16's units. */
const AT_ONCE = 256 * 1024;

/** One batch. */
class Execution {
  readonly #worktree: Worktree;
  readonly #context: FileContext;
  readonly #drafts: Drafts;
  /** Where the log is, and what was replaced. */
  readonly #directory: string;

  constructor(worktree: Worktree, context: FileContext) {
    this.#worktree = worktree;
    this.#context = context;
    this.#drafts = new Drafts(context);
    this.#directory = batchDirectory(worktree.directory);
  }

  async run(operations: readonly BatchOperation[]): Promise<BatchEffect[]> {
    try {
      const contents = await this.#writeContents(operations);
      using _lock = await this.#worktree.holdAll(`a batch (operations: ${operations.length})`);
      this.#context.requireRoot();
      await clearBatch(this.#worktree);
      makeDirectory(dirname(this.#directory), 0o700);
      makeNewDirectory(this.#directory, 0o700);
      const effects = await this.#change(operations, contents);
      this.#giveUpDirectory();
      return effects;
    } finally {
      await this.#drafts.discard();
    }
  }

  /** Writes the contents where nobody sees them; `null` for an operation without one. */
  async #writeContents(
    operations: readonly BatchOperation[],
  ): Promise<(WrittenContent | null)[]> {
    const slices = new Slices();
    const contents: (WrittenContent | null)[] = [];
    for (const [index, operation] of operations.entries()) {
      try {
        const isWrite = operation.type === "write";
        contents.push(isWrite ? await this.#writeContent(operation) : null);
      } catch (error) {
        throw failureOf(index, operations.length, error);
      }
      if (slices.due) await slices.rest();
    }
    return contents;
  }

  async #writeContent(
    { path, content, mode }: Extract<BatchOperation, { type: "write" }>,
  ): Promise<WrittenContent> {
    const asked = rooted(path);
    const file = this.#drafts.add();
    const identity = content.length > AT_ONCE
      ? await this.#writeLarge(file, asked, content)
      : this.#writeSmall(file, asked, content);
    if (mode !== undefined) attempt("write", asked, () => chmod(file, mode));
    return { path: file, identity };
  }

  #writeSmall(file: string, asked: string, content: string | Uint8Array): Identity {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    attempt("write", asked, () => writeFile(file, bytes));
    return {
      size: bytes.length,
      oid: this.#context.identify ? hashObject("blob", bytes) : null,
    };
  }

  async #writeLarge(
    file: string,
    asked: string,
    content: string | Uint8Array,
  ): Promise<Identity> {
    const slices = new Slices();
    {
      const options = { write: true, createNew: true };
      using draft = attempt("write", asked, () => new OpenFile(file, options));
      for (const slice of slicesOf(asked, content)) {
        attempt("write", asked, () => draft.write(slice));
        if (slices.due) await slices.rest();
      }
    }
    const stat = attempt("write", asked, () => lstat(file));
    return await identityAt(this.#context, { path: file, stat });
  }

  /** Does the operations; where one fails, all is as it was before. */
  async #change(
    operations: readonly BatchOperation[],
    contents: readonly (WrittenContent | null)[],
  ): Promise<BatchEffect[]> {
    const { journal } = this.#worktree.base;
    const { name } = this.#worktree;
    using _barred = await this.#worktree.readers.bar();
    try {
      journal.begin({ operation: "batch", workspace: name });
      const effects = await this.#doAll(operations, contents);
      endJournal(this.#worktree);
      return effects;
    } catch (cause) {
      throw await this.#goBack(cause);
    }
  }

  async #doAll(
    operations: readonly BatchOperation[],
    contents: readonly (WrittenContent | null)[],
  ): Promise<BatchEffect[]> {
    const [root, directory] = [this.#context.root, this.#directory];
    using log = new UndoLog({ root, directory });
    const steps = new BatchSteps(this.#context, log, this.#drafts);
    const slices = new Slices();
    const effects: BatchEffect[] = [];
    for (const [index, operation] of operations.entries()) {
      try {
        effects.push(await steps.do(operation, contents[index] ?? null));
      } catch (error) {
        throw failureOf(index, operations.length, error);
      }
      if (slices.due) await slices.rest();
    }
    return effects;
  }

  /** Undoes a batch that failed; returns the error that tells of it. */
  async #goBack(cause: unknown): Promise<unknown> {
    try {
      await undoBatch(this.#worktree);
      endJournal(this.#worktree);
      this.#giveUpDirectory();
      return cause;
    } catch (error) {
      const failed = messageOf(storeFailure("do the batch", cause));
      return new StoreError(
        `${failed}; and going back failed: ${messageOf(error)}; the next call that changes the ` +
          "workspace goes back",
        { cause },
      );
    }
  }

  /** Lets go of what was replaced or undone. Where that fails, the next batch clears it away. */
  #giveUpDirectory(): void {
    const given = this.#drafts.add();
    try {
      rename(this.#directory, given);
    } catch (error) {
      if (errorCode(error) === null) throw error;
    }
  }
}

/** Ends the journal's entry. Once that is gone, the batch is whole or undone, whatever else fails. */
function endJournal({ base: { journal }, name }: Worktree): void {
  try {
    journal.end(name);
  } catch (error) {
    if (journal.read(name) !== null) throw error;
  }
}

/** Undoes what the log of a batch tells of. The caller holds the workspace. */
export async function undoBatch({ directory: root }: Worktree): Promise<void> {
  const directory = batchDirectory(root);
  if (lstat(directory) !== null) return await takeBack({ root, directory });
  throw new StoreError(
    `Cannot undo a batch that was cut off: ${directory} was deleted on disk, and with it what the ` +
      "batch had replaced; delete the journal of the workspace, and look what became of its files",
  );
}

/** Clears away what a batch that is whole, or undone, has left. The caller holds the workspace. */
export async function clearBatch({ directory }: Worktree): Promise<void> {
  await discardTree(batchDirectory(directory));
}
