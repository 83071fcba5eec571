/**
 * What happened to a file: between two states of a tree, or by one call.
 *
 * @module
 */

/** One file that differs between two states. */
export interface Change {
  /** What happened to it. A file that became a link, or the reverse, is `modified`. */
  type: "added" | "modified" | "deleted" | "renamed";
  /** Where it is now, or was where it is deleted; starts with `/`. */
  path: string;
  /** Where it was, for a renamed file; else `null`. */
  oldPath: string | null;
  /** The git object id of its content before; `null` where it was not there. */
  oldOid: string | null;
  /** The git object id of its content now; `null` where it is not there. */
  newOid: string | null;
  /** Git's mode before: 0o100644, 0o100755, 0o120000 (a link), 0o160000 (a submodule). */
  oldMode: number | null;
  /** Git's mode now. */
  newMode: number | null;
}

/** Something that a snapshot or a commit could not hold. */
export interface Skipped {
  /** Where it is; starts with `/`. */
  path: string;
  /** Why git or Deno cannot hold it. */
  reason: string;
}

/**
 * What a call did to what is at one path. Sizes are in bytes, and an id is that of the git object with
 * the content; of a link both are those of its target. `null`: there was, or is, nothing, or something
 * without a content of its own, such as a directory; an id also where it was not asked for, or where the
 * content could not be read.
 */
export interface FileEffect {
  /** Where it happened, with all links resolved; starts with `/`. */
  readonly path: string;
  /** Where it came from: the other path of a copy or a move. */
  readonly from?: string;
  /** The size of what was there before. */
  readonly sizeBefore: number | null;
  /** The size of what is there now. */
  readonly sizeAfter: number | null;
  /** The git object id of what was there before. */
  readonly oidBefore: string | null;
  /** The git object id of what is there now. */
  readonly oidAfter: string | null;
  /** How many files and links were copied or deleted with a directory. */
  readonly entries?: number;
}
