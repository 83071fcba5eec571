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
import { lstat, readFile, readTextFile, removeTree } from "../platform/fs.ts";
import { branchName } from "./layout.ts";
import type { OpenBase } from "./open_base.ts";

/** Makes or repairs both sides for a workspace whose files are at `directory`. */
export function writeAdmin(base: OpenBase, workspace: string, directory: string): void {
  const admin = base.layout.admin(workspace);
  if (lstat(admin) === null) makeOwnedDirectory(ownerOf(base.layout.commonDirectory), admin);
  const put = (path: string, text: string): void => {
    if (readTextFile(path) === text) return;
    const temporary = base.session.storeTemporary();
    writeAtomic(path, new TextEncoder().encode(text), { temporary, durable: false });
  };
  put(`${admin}/commondir`, "../..\n");
  put(`${admin}/gitdir`, `${directory}/.git\n`);
  // So that `git worktree prune` never takes it, whatever has become of the files.
  put(`${admin}/locked`, "an AgentFS workspace\n");
  if (lstat(`${admin}/HEAD`) === null) {
    put(`${admin}/HEAD`, `ref: refs/heads/${branchName(workspace)}\n`);
  }
  if (lstat(directory)?.isDirectory) writeGitFile(base, workspace, directory);
}

/** Writes the `.git` file of a workspace, unless it is right. */
export function writeGitFile(base: OpenBase, workspace: string, directory: string): void {
  const path = `${directory}/.git`;
  const text = `gitdir: ${base.layout.admin(workspace)}\n`;
  const found = lstat(path);
  if (found?.isFile && readTextFile(path) === text) return;
  if (found?.isDirectory) removeTree(path);
  const temporary = base.session.dataTemporary();
  writeAtomic(path, new TextEncoder().encode(text), { temporary, durable: false });
}

/** Removes git's side of a workspace. */
export function removeAdmin(base: OpenBase, workspace: string): void {
  removeTree(base.layout.admin(workspace));
}

/** The bytes of the workspace's index; `null` where it has none. */
export function readIndexFile(base: OpenBase, workspace: string): Uint8Array | null {
  return readFile(`${base.layout.admin(workspace)}/index`);
}
