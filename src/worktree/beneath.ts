/**
 * Where a path given to a workspace leads on disk, found component by component as Linux's
 * `RESOLVE_BENEATH` does: links that stay inside are followed, and a path that leaves the workspace,
 * be it for a moment, is refused. Deno's own permissions do not stop at links; this does.
 *
 * Deno cannot keep a directory open, so a process that swaps a directory for a link between this
 * look and the call that follows is not caught, save by {@linkcode openSeen}. Nobody else may change
 * the workspace while this library does.
 *
 * @module
 */

import { FileNotFoundError, NotADirectoryError, PathError } from "../errors.ts";
import { byteLength, isGitName, pathComponents, refusal } from "../paths.ts";
import { type FileStat, isMissing, lstat, OpenFile, readLink } from "../platform/fs.ts";
import { attempt } from "./path_failure.ts";

/** As many links as Linux follows in one path, and as many bytes as it takes. */
const MAX_LINKS = 40;
const MAX_PATH_BYTES = 4095;

/** Where a path leads. */
export interface Place {
  /** The path that was asked for; starts with `/`. */
  readonly asked: string;
  /** The path on this machine. None of its parts is a link, but the last where it was not followed. */
  readonly path: string;
  /** The same within the workspace; starts with `/`. */
  readonly inside: string;
  /** What is there, links not followed; `null` where nothing is. */
  readonly stat: FileStat | null;
  /** The directories above that are missing, as paths on this machine, outermost first. */
  readonly missing: readonly string[];
  /** Whether nothing is there and the path ends in a slash, so that only a directory may be made. */
  readonly directoryOnly: boolean;
}

/** Whether a link that is the last component is followed. A slash behind it makes no difference. */
export interface ResolveOptions {
  readonly follow: boolean;
}

/**
 * Finds where `path` leads below the directory `root`. Nothing need be there; it is an error only for
 * `..` to come after a directory that is missing.
 *
 * @throws {PathError} where it leads out, goes through a link with an absolute target, through more
 * than 40 links, or through a name that stands for `.git`.
 * @throws {NotADirectoryError} where it goes through a file, or ends in a slash behind one; also
 * behind a link that is not to be followed.
 */
export function resolveBeneath(root: string, path: string, options: ResolveOptions): Place {
  const asked = typeof path === "string" && !path.startsWith("/") ? `/${path}` : path;
  checkLength(asked, asked);
  const pending = withSlash(asked, pathComponents(asked)).reverse();
  const below: string[] = [];
  const missing: string[] = [];
  const here = (): string => below.length === 0 ? root : `${root}/${below.join("/")}`;
  // What is here; undefined is a directory that was seen on the way.
  let stat: FileStat | null | undefined;
  let directoryOnly = false;
  let links = 0;

  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    directoryOnly = name === ".";
    if (stat === null) {
      if (name === ".") continue;
      if (name === "..") {
        throw new FileNotFoundError(refusal(asked, "a directory before .. is missing"), asked);
      }
      missing.push(here());
      below.push(name);
      continue;
    }
    if (stat?.isDirectory === false) {
      throw new NotADirectoryError(
        refusal(asked, `${JSON.stringify(`/${below.join("/")}`)} is no directory`),
        asked,
      );
    }
    if (name === ".") continue;
    if (name === "..") {
      if (below.pop() === undefined) {
        throw new PathError(refusal(asked, "it leads out of the workspace"), asked);
      }
      stat = undefined;
      continue;
    }
    below.push(name);
    const place = here();
    stat = attempt("use the path", asked, () => lstat(place));
    const slashOnly = pending.length === 1 && pending[0] === ".";
    if (!stat?.isSymlink || (!options.follow && (pending.length === 0 || slashOnly))) continue;
    if (++links > MAX_LINKS) {
      throw new PathError(refusal(asked, `too many links: at most ${MAX_LINKS}`), asked);
    }
    const target = attempt("use the path", asked, () => readLink(place));
    pending.push(...targetComponents(asked, `/${below.join("/")}`, target).reverse());
    below.pop();
    stat = undefined;
  }

  const found = here();
  checkLength(asked, found);
  return {
    asked,
    path: found,
    inside: `/${below.join("/")}`,
    stat: stat === undefined ? attempt("use the path", asked, () => lstat(found)) : stat,
    missing,
    directoryOnly: directoryOnly && stat === null,
  };
}

function checkLength(asked: string, path: string): void {
  if (path.length * 3 <= MAX_PATH_BYTES || byteLength(path) <= MAX_PATH_BYTES) return;
  const rule = `a path, also as a whole on this machine, has at most ${MAX_PATH_BYTES} bytes`;
  throw new PathError(refusal(asked, rule), asked);
}

/** The components, and a last one `.` where the path ends in a slash: what it ends in is entered. */
function withSlash(path: string, components: string[]): string[] {
  return /(^|\/)\.?$/.test(path) ? [...components, "."] : components;
}

/** The components of a link's target, checked as those of a path are. */
function targetComponents(asked: string, link: string, target: string): string[] {
  const refuse = (rule: string): never => {
    const shown = `the link ${JSON.stringify(link)} leads to ${JSON.stringify(target)}`;
    throw new PathError(refusal(asked, `${shown}, and ${rule}`), asked);
  };
  if (target.startsWith("/")) refuse("only relative targets are followed");
  const components = target.split("/").filter((part) => part !== "" && part !== ".");
  const git = components.find(isGitName);
  if (git !== undefined) refuse(`${JSON.stringify(git)} stands for .git`);
  return withSlash(target, components);
}

/** Whether this is a FIFO, a socket or a device: opening one could wait for ever. */
export function isSpecial(stat: FileStat): boolean {
  return !stat.isFile && !stat.isDirectory && !stat.isSymlink;
}

/** Opens a file for reading if it still is the one that `lstat` saw; else `null`. */
export function openSeen(path: string, seen: FileStat): OpenFile | null {
  let file: OpenFile;
  try {
    file = new OpenFile(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const opened = file.stat();
    if (opened.dev === seen.dev && opened.ino === seen.ino) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return null;
}
