/**
 * What happened to a file between two states of a tree.
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
