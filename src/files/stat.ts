/**
 * What is at a path.
 *
 * @module
 */

import { FileNotFoundError, NotADirectoryError } from "../errors.ts";
import { pathComponents } from "../paths.ts";
import { type FileStat, lstat } from "../platform/fs.ts";
import { type Place, resolveBeneath } from "../worktree/beneath.ts";
import { attempt } from "../worktree/path_failure.ts";
import { type FileContext, locate, locateTaken } from "./context.ts";
import type { FileInfo } from "./types.ts";

/**
 * Whether `path` leads to something: to nothing leads a link whose target is missing. Without a path,
 * whether the workspace's directory is there.
 *
 * @throws {PathError} where the path leads out of the workspace.
 */
export function exists(context: FileContext, path?: string): Promise<boolean> {
  return Promise.try(() => {
    if (path === undefined) {
      return attempt("look at", "/", () => lstat(context.root))?.isDirectory === true;
    }
    try {
      return locate(context, path, { follow: true }).stat !== null;
    } catch (error) {
      if (error instanceof FileNotFoundError || error instanceof NotADirectoryError) return false;
      throw error;
    }
  });
}

/**
 * What is at `path`; links that stay inside are followed.
 *
 * @throws {FileNotFoundError} where nothing is there.
 */
export function stat(context: FileContext, path: string): Promise<FileInfo> {
  return Promise.try(() => {
    const place = locateTaken(context, "look at", path, { follow: true });
    return fileInfo(shortestPath(context, place), place.stat);
  });
}

/**
 * The path as it was asked for, without empty components, `.` and `..`. What is before a `..` is
 * resolved, since a link there decides where `..` leads.
 */
export function shortestPath(context: FileContext, { asked }: Place): string {
  const components = pathComponents(asked);
  const last = components.lastIndexOf("..");
  if (last === -1) return `/${components.join("/")}`;
  const climbed = `${components.slice(0, last + 1).join("/")}/`;
  const { inside } = resolveBeneath(context.root, climbed, { follow: true });
  return [inside === "/" ? "" : inside, ...components.slice(last + 1)].join("/") || "/";
}

/** The facts about the file at `path`, a path in its shortest spelling. */
export function fileInfo(path: string, stat: FileStat): FileInfo {
  return {
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    isFile: stat.isFile,
    isDirectory: stat.isDirectory,
    isSymlink: stat.isSymlink,
    size: stat.size,
    mtime: new Date(stat.mtime),
    mode: stat.mode & 0o7777,
  };
}
