/**
 * What the operating system refuses, in this library's words: the one place where a POSIX code
 * becomes a typed error about a path.
 *
 * @module
 */

import {
  AgentFSError,
  DirectoryNotEmptyError,
  FileExistsError,
  FileNotFoundError,
  IsADirectoryError,
  NotADirectoryError,
  PathError,
} from "../errors.ts";
import { errorCode, isDenied } from "../platform/fs.ts";

const CLASSES = {
  ENOENT: [FileNotFoundError, "nothing is there"],
  EEXIST: [FileExistsError, "something is there already"],
  ENOTDIR: [NotADirectoryError, "a part of the path is no directory"],
  EISDIR: [IsADirectoryError, "it is a directory"],
  ENOTEMPTY: [DirectoryNotEmptyError, "the directory is not empty"],
} as const;

const FACTS = {
  EACCES: "permission is denied",
  EPERM: "the operating system does not permit it",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the disk quota is used up",
  ENAMETOOLONG: "a name in the path, or the whole path on disk, is too long",
  ELOOP: "the path goes through too many links",
  EBUSY: "it is in use, or something is mounted there",
  EXDEV: "it is on another file system than the workspace",
  EMFILE: "this process has too many open files",
  ENFILE: "the machine has too many open files",
  EFBIG: "the file is too big for the file system or for the limits of this process",
  EIO: "the disk reports an error",
} as const;

/** The message of an error about a path: `Cannot read "/a": nothing is there`. */
export function cannot(action: string, path: string, rule: string): string {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return `Cannot ${action} ${JSON.stringify(shown)}: ${rule}`;
}

/** The typed error for a failed call of the operating system or of Deno, which is kept as its cause. */
export function pathFailure(action: string, path: string, cause: unknown): AgentFSError {
  if (cause instanceof AgentFSError) return cause;
  const options = { cause };
  if (isDenied(cause)) {
    const rule = "Deno does not permit it; grant --allow-read and --allow-write for the workspace";
    return new PathError(cannot(action, path, rule), path, options);
  }
  const code = errorCode(cause) ?? "";
  if (code in CLASSES) {
    const [Failure, fact] = CLASSES[code as keyof typeof CLASSES];
    return new Failure(cannot(action, path, fact), path, options);
  }
  const fact = code in FACTS
    ? FACTS[code as keyof typeof FACTS]
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new PathError(cannot(action, path, fact), path, options);
}

/** Calls the operating system, and turns its failure into a typed error about `path`. */
export function attempt<T>(action: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw pathFailure(action, path, error);
  }
}
