/**
 * What is known of the repository that a workspace's sandboxed commands see: as what it and the host were
 * last brought together. The note is ours: no command sees it.
 *
 * @module
 */

import { unfinishedOperation } from "../git/repository.ts";
import { writeAtomic } from "../platform/atomic.ts";
import { errorCode, lstat, readTextFile } from "../platform/fs.ts";
import type { OpenBase } from "../registry/open_base.ts";

/** What of the host the private repository follows; each changes exactly when what it tells of does. */
export interface HostFacts {
  /** The commit of the workspace's branch; `null` where the branch has gone. */
  readonly branch: string | null;
  /** The text of the workspace's HEAD. */
  readonly head: string;
  readonly index: string;
  /** Of the owner's branches, tags and remote branches. */
  readonly refs: string;
  readonly shallow: string;
  /** Of the ignore rules. */
  readonly exclude: string;
}

/** A place where HEAD is inside, other than the workspace's branch. */
export interface Elsewhere {
  /** The branch; `null` where HEAD is detached. */
  readonly ref: string | null;
  /** The commit; `null` on a branch that has none yet. */
  readonly oid: string | null;
}

/** As what both were last brought together. */
export interface InsideNote {
  readonly host: HostFacts;
  /** What tells whether the private repository has moved since. */
  readonly marks: string;
  /** The same for its index. */
  readonly index: string;
  readonly elsewhere: Elsewhere | null;
}

/** Reads the note of a workspace; `null` where there is none, or none that can be read. */
export function readInsideNote({ layout }: OpenBase, workspace: string): InsideNote | null {
  try {
    const text = readTextFile(layout.insideNote(workspace));
    return text === null ? null : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Writes the note; it is there whole or not at all. */
export function writeInsideNote(
  { layout, session }: OpenBase,
  workspace: string,
  note: InsideNote,
): void {
  const text = new TextEncoder().encode(JSON.stringify(note));
  const temporary = session.storeTemporary();
  writeAtomic(layout.insideNote(workspace), text, { temporary, durable: false });
}

/**
 * Where HEAD is inside, as far as the workspace's own HEAD has not been moved since; `null`: where that is.
 */
export function headInside(base: OpenBase, workspace: string): Elsewhere | null {
  const note = readInsideNote(base, workspace);
  const head = readTextFile(`${base.layout.admin(workspace)}/HEAD`);
  return note?.host.head === head ? note?.elsewhere ?? null : null;
}

/** The operation that git has begun inside and not finished, such as `a merge`; else `null`. */
export function unfinishedInside({ layout }: OpenBase, workspace: string): string | null {
  return orNull(() => unfinishedOperation(layout.privateRepository(workspace)));
}

/** Whether git inside has, or had, a sparse checkout. */
export function mayBeSparseInside({ layout }: OpenBase, workspace: string): boolean {
  const file = `${layout.privateRepository(workspace)}/info/sparse-checkout`;
  return orNull(() => lstat(file)) !== null;
}

/** A command may have shut the directories: then git could not go on with anything in there either. */
function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return null;
  }
}
