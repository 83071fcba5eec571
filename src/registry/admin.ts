/**
 * Git's side of a workspace: a linked worktree's directory in the store, and the `.git` file in the
 * workspace that leads to it. Both name the other's place, so both are repaired when one has moved.
 *
 * The format is that of gitrepository-layout(5).
 *
 * @module
 */

import { makeOwnedDirectory, ownerOf } from "../git/owner.ts";
import { writeAtomic } from "../platform/atomic.ts";
import { errorCode, lstat, readTextFile, removeTree, rename } from "../platform/fs.ts";
import { branchName, type Layout } from "./layout.ts";
import type { Session } from "./session.ts";
import { dirname } from "@std/path/posix";

/** Where the two sides are, and whose temporary files are used. */
interface Places {
  readonly layout: Layout;
  readonly session: Session;
}

/** What keeps `git worktree prune` from ever taking it, and tells it from worktrees of git's own. */
const LOCKED = "an AgentFS workspace\n";

/** Whether a linked worktree's directory in the store is git's side of a workspace. */
export function isWorkspace(gitDirectory: string): boolean {
  return readTextFile(`${gitDirectory}/locked`) === LOCKED;
}

/** Makes or repairs both sides for a workspace whose files are at `directory`. */
export function writeAdmin(base: Places, workspace: string, directory: string): void {
  const admin = base.layout.admin(workspace);
  const files = {
    locked: LOCKED,
    commondir: "../..\n",
    gitdir: `${directory}/.git\n`,
    ...(lstat(`${admin}/HEAD`) === null && { HEAD: `ref: refs/heads/${branchName(workspace)}\n` }),
  };
  if (lstat(admin) === null) makeAdmin(base, admin, files);
  else writeFiles(base, admin, files);
  if (lstat(directory)?.isDirectory) writeGitFile(base, workspace, directory);
}

/**
 * Makes the directory elsewhere, and puts it in its place whole: a `git worktree prune`, which every
 * automatic gc begins with, removes one that is not `locked` yet.
 */
function makeAdmin(base: Places, admin: string, files: Readonly<Record<string, string>>): void {
  const owner = ownerOf(base.layout.commonDirectory);
  const draft = base.session.storeTemporary();
  makeOwnedDirectory(owner, draft);
  const place = (): void => {
    makeOwnedDirectory(owner, dirname(admin));
    rename(draft, admin);
  };
  try {
    writeFiles(base, draft, files);
    try {
      place();
    } catch (error) {
      // git removes the directory above together with the last worktree in it.
      if (errorCode(error) !== "ENOENT") throw error;
      place();
    }
  } catch (error) {
    removeTree(draft);
    throw error;
  }
}

function writeFiles(
  base: Places,
  directory: string,
  files: Readonly<Record<string, string>>,
): void {
  for (const [name, text] of Object.entries(files)) {
    const path = `${directory}/${name}`;
    if (readTextFile(path) === text) continue;
    const temporary = base.session.storeTemporary();
    writeAtomic(path, new TextEncoder().encode(text), { temporary, durable: false });
  }
}

/** Whether `directory` holds the files of the workspace: its `.git` file leads to git's side of it. */
export function holdsFiles(base: Places, workspace: string, directory: string): boolean {
  const path = `${directory}/.git`;
  return lstat(path)?.isFile === true && readTextFile(path) === gitFile(base, workspace);
}

function gitFile(base: Places, workspace: string): string {
  return `gitdir: ${base.layout.admin(workspace)}\n`;
}

/** Writes the `.git` file of a workspace, unless it is right. */
function writeGitFile(base: Places, workspace: string, directory: string): void {
  if (holdsFiles(base, workspace, directory)) return;
  const path = `${directory}/.git`;
  // Somebody ran `git init` in the workspace: a repository of theirs, with commits perhaps.
  if (lstat(path)?.isDirectory) return;
  const text = new TextEncoder().encode(gitFile(base, workspace));
  writeAtomic(path, text, { temporary: base.session.dataTemporary(), durable: false });
}

/** Removes git's side of a workspace. */
export function removeAdmin(base: Places, workspace: string): void {
  removeTree(base.layout.admin(workspace));
}
