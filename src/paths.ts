/**
 * Paths as people give them to a workspace, and the names that git must never hold.
 *
 * This is the lexical half. What a path leads to on disk is decided by `src/worktree/beneath.ts`.
 *
 * @module
 */

import { typeName } from "./arguments.ts";
import { PathError } from "./errors.ts";

const MAX_COMPONENT_BYTES = 255;

/**
 * The components of a path given to a workspace, with empty ones and `.` left out. `..` is kept: it
 * is resolved on disk, after the links before it.
 *
 * @throws {PathError} on a NUL, on text that is not valid Unicode, on a component of over 255 bytes,
 * and on `.git` or one of its disguises.
 */
export function pathComponents(path: string): string[] {
  if (typeof path !== "string") {
    throw new PathError(`Cannot use ${typeName(path)} as a path: a path is a string`, String(path));
  }
  if (path.includes("\0")) throw new PathError(refusal(path, "a path holds no NUL"), path);
  if (!path.isWellFormed()) throw new PathError(refusal(path, "a path is valid Unicode"), path);
  const components = path.split("/").filter((part) => part !== "" && part !== ".");
  for (const component of components) {
    if (isGitName(component)) {
      throw new PathError(refusal(path, `${JSON.stringify(component)} stands for .git`), path);
    }
    if (component.length * 3 > MAX_COMPONENT_BYTES && byteLength(component) > MAX_COMPONENT_BYTES) {
      throw new PathError(refusal(path, "a name in a path has at most 255 bytes"), path);
    }
  }
  return components;
}

/** The message for a path that is refused. */
export function refusal(path: string, rule: string): string {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return `Cannot use the path ${JSON.stringify(shown)}: ${rule}`;
}

/**
 * Whether a file of this name is, or on some file system can become, a repository's `.git`: any case,
 * NTFS's short name, streams, backslashes and trailing dots and spaces, HFS+'s ignored characters.
 *
 * The same names as git's `core.protectNTFS` and `core.protectHFS`, which `git fsck` checks.
 */
export function isGitName(name: string): boolean {
  const first = name.charCodeAt(0);
  // Nearly every name ends here: "." , "g", "G" and the ignored characters above U+200B are left.
  const isPlain = first !== 0x2e && first !== 0x67 && first !== 0x47 && first < 0x200c;
  if (isPlain && !name.includes("\\")) return false;
  const plain = name.replace(HFS_IGNORED, "");
  return /^\.git$/i.test(plain) || /(^|\\)(\.git|git~1)[. ]*([\\:]|$)/i.test(name);
}

const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Whether a file of this name is, or can become, `.gitmodules`, which git refuses as a link. */
export function isGitmodulesName(name: string): boolean {
  return /^\.gitmodules$/i.test(name.replace(HFS_IGNORED, "")) ||
    NTFS_GITMODULES.test(name);
}

/** NTFS's second kind of short names has eight characters: the fewer letters, the more digits. */
const NTFS_GITMODULES =
  /(^|\\)(\.gitmodules|gitmod~[1-4]|(?=[^. :]{8}[. ]*(:|$))(g(i(7(e(ba?)?)?)?)?)?~[1-9]\d*)[. ]*(:|$)/i;

/** The path of the directory that `path` is in; `""` at the top. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The last component of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The number of bytes of `text` in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
