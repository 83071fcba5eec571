/**
 * What is in a directory.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import { NotADirectoryError } from "../errors.ts";
import { isGitName } from "../paths.ts";
import { type DirectoryEntry, lstat, readDirectory } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import { isTemporaryName } from "../worktree/temporary_name.ts";
import { type FileContext, locateTaken } from "./context.ts";
import { fileInfo, shortestPath } from "./stat.ts";
import type { FileInfo, ListOptions } from "./types.ts";

/**
 * What is in the directory at `path`, sorted by path in the order of UTF-8 bytes. The workspace's own
 * `.git` is left out. Other names that stand for `.git`, and names that are not UTF-8 (with U+FFFD in
 * them, and without size and time), are listed but cannot be used, and are not entered.
 *
 * @throws {FileNotFoundError} where nothing is there.
 * @throws {NotADirectoryError} where a file is there.
 */
export async function listDir(
  context: FileContext,
  path = "/",
  options: ListOptions = {},
): Promise<FileInfo[]> {
  checkOptions("list a directory", options, { recursive: "boolean" });
  const { recursive = false } = options;
  const top = locateTaken(context, "list", path, { follow: true });
  if (!top.stat.isDirectory) {
    throw new NotADirectoryError(cannot("list", top.asked, "it is no directory"), top.asked);
  }
  const found: FileInfo[] = [];
  const slices = new Slices();

  async function list(directory: string, shown: string): Promise<void> {
    const entries = attempt("list", shown || "/", () => readDirectory(directory)) ?? [];
    for (const { entry, entered } of inOrder(entries, recursive)) {
      if (directory === context.root && isOurs(entry.name)) continue;
      const [file, path] = [`${directory}/${entry.name}`, `${shown}/${entry.name}`];
      if (entered) {
        await list(file, path);
        continue;
      }
      const info = look(file, path, entry);
      if (info !== null) found.push(info);
      if (slices.due) await slices.rest();
    }
  }

  const shown = shortestPath(context, top);
  await list(top.path, shown === "/" ? "" : shown);
  return found;
}

/** Whether what has this name at the top is no file of the workspace, but what keeps it going. */
function isOurs(name: string): boolean {
  return name === ".git" || isTemporaryName(name);
}

/** One step through a directory: an entry is listed, or it is a directory that is entered. */
interface Step {
  readonly entry: DirectoryEntry;
  readonly entered: boolean;
  /** How the paths start that this step gives. */
  readonly key: string;
}

/**
 * The steps in the order of the whole paths that they give: `a`, `a-b`, then what is below `a/`,
 * since `-` comes before `/`.
 */
function inOrder(entries: DirectoryEntry[], recursive: boolean): Step[] {
  const steps: Step[] = entries.map((entry) => ({ entry, entered: false, key: entry.name }));
  for (const entry of recursive ? entries : []) {
    if (!entry.isDirectory || isGitName(entry.name)) continue;
    steps.push({ entry, entered: true, key: `${entry.name}/` });
  }
  return steps.sort((a, b) => compareBytes(a.key, b.key));
}

/** The facts about an entry; `null` where it went away meanwhile. */
function look(file: string, path: string, entry: DirectoryEntry): FileInfo | null {
  const stat = attempt("list", path, () => lstat(file));
  if (stat !== null) return fileInfo(path, stat);
  if (!entry.name.includes("\ufffd")) return null;
  const { name, isFile, isDirectory, isSymlink } = entry;
  return { name, path, isFile, isDirectory, isSymlink, size: 0, mtime: new Date(0), mode: 0 };
}

/** The order of UTF-8 bytes, which is that of code points; UTF-16's is another above U+FFFF. */
function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** UTF-16's units in the order of code points: surrogates, for what is above U+FFFF, come last. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
