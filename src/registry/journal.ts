/**
 * What a change of more than one file means to do, written down before it starts.
 *
 * A workspace has at most one change under way, since it has one writer, so its journal is one file.
 * The file goes when the change is whole. Found at the next open, it tells what to finish or undo.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { nameToId } from "../names.ts";
import type { Staged } from "../git/publication.ts";
import { NewFile, writeTextAtomic } from "../platform/atomic.ts";
import {
  errorCode,
  exists,
  makeDirectory,
  readDirectory,
  readTextFile,
  removeFile,
  syncDirectory,
  syncDirectoryAside,
} from "../platform/fs.ts";
import type { Layout } from "./layout.ts";
import type { Session } from "./session.ts";

/** What is under way. Object ids and refs only: the journal never holds contents. */
export type JournalEntry =
  /** A workspace is being made: undone. */
  | { operation: "create"; workspace: string; commit: string | null }
  /** A workspace is being deleted: finished. `moves` are refs and where they go, `null` to nowhere. */
  | {
    operation: "delete";
    workspace: string;
    path: string;
    moves: { from: string; to: string | null; oid: string }[];
  }
  /** A branch moves to a new commit, then the index follows: the index is written again. */
  | { operation: "commit"; workspace: string; commit: string }
  /** The files become those of `target`, a commit: finished. `before` is the undo point. */
  | { operation: "restore"; workspace: string; target: string; before: string }
  /** Files change as a log beside them tells: undone. */
  | { operation: "batch"; workspace: string };

/** The journal of all workspaces of a base. */
export class Journal {
  readonly #layout: Layout;
  readonly #session: Session;

  constructor(layout: Layout, session: Session) {
    this.#layout = layout;
    this.#session = session;
  }

  /** Writes down what is about to happen; it is on disk when this returns. */
  begin(entry: JournalEntry): void {
    writeTextAtomic(this.#path(entry.workspace), JSON.stringify(entry), {
      temporary: this.#session.storeTemporary(),
      durable: true,
    });
  }

  /** The same in steps: what is about to happen is written now, and begun when it is placed. */
  stage(entry: JournalEntry): Staged {
    const { journal } = this.#layout;
    makeDirectory(journal);
    const text = new TextEncoder().encode(JSON.stringify(entry));
    const file = new NewFile(this.#session.storeTemporary(), text);
    return {
      place: () => file.place(this.#path(entry.workspace)),
      syncAside: () => file.syncAside(),
      syncNameAside: () => syncDirectoryAside(journal),
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  }

  /** Says that the change is whole. */
  end(workspace: string): void {
    removeFile(this.#path(workspace));
    syncDirectory(this.#layout.journal);
  }

  /**
   * The same, not brought onto the disk: for a change of files that are not there yet either. A loss of
   * power that takes them leaves the entry, by which they are made again.
   */
  endUnsynced(workspace: string): void {
    removeFile(this.#path(workspace));
  }

  /** The same for a change of which nothing is left to do or undo, should the entry be found again. */
  tryEnd(workspace: string): void {
    try {
      removeFile(this.#path(workspace));
    } catch (error) {
      if (errorCode(error) === null) throw error;
    }
  }

  /** What was begun on this workspace and not ended; `null` where nothing was. */
  read(workspace: string): JournalEntry | null {
    return readEntry(this.#path(workspace));
  }

  /** Everything that was begun and not ended, by live processes or dead ones. */
  pending(): JournalEntry[] {
    return (readDirectory(this.#layout.journal) ?? [])
      .flatMap(({ name }) => readEntry(`${this.#layout.journal}/${name}`) ?? []);
  }

  #path(workspace: string): string {
    return `${this.#layout.journal}/${nameToId(workspace)}.json`;
  }
}

function readEntry(path: string): JournalEntry | null {
  // Each change asks, and hardly ever is anything there.
  const text = exists(path) ? readTextFile(path) : null;
  try {
    return text === null ? null : JSON.parse(text);
  } catch (cause) {
    throw new StoreError(
      `Cannot read the journal ${path}: it is damaged; delete the file, and look what became of the ` +
        "workspace",
      { cause },
    );
  }
}
