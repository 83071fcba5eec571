/**
 * Files on disk as nodes of a state: what their stat data says, and by what the next scan knows them.
 *
 * Equal stat data is believed only where a later edit must have changed it. Deno tells the time of the
 * last change (`ctime`) in whole seconds, so a file whose times are not older than the second in which
 * it was scanned is read again by the next scan, even with the same size and the old mtime put back.
 *
 * @module
 */

import { MODE } from "../git/tree.ts";
import { isGitmodulesName } from "../paths.ts";
import type { FileStat } from "../platform/fs.ts";
import type { FileNode } from "./state.ts";

/** The node of a file whose content is known; `clock` is the second since which it may have changed. */
export function fileNode(stat: FileStat, oid: string, clock: number): FileNode {
  const { size, mtime, ctime } = stat;
  return {
    kind: "file",
    mode: gitMode(stat),
    oid,
    permissions: stat.mode & 0o7777,
    size,
    mtime,
    ctime,
    ino: shortInode(stat),
    trusted: ctime < clock && mtime < clock * 1000,
  };
}

/** Whether the stat data of a file is that of its node. */
export function sameStat(node: FileNode, stat: FileStat): boolean {
  return node.size === stat.size && node.mtime === stat.mtime && node.ctime === stat.ctime &&
    node.ino === shortInode(stat) && node.mode === gitMode(stat);
}

/** Git's mode for a file on disk. */
function gitMode(stat: FileStat): number {
  if (stat.isSymlink) return MODE.symlink;
  return stat.mode & 0o100 ? MODE.executable : MODE.file;
}

/** The index keeps 32 bits of an inode number, and so do states. */
function shortInode(stat: { ino: number }): number {
  return stat.ino % 2 ** 32;
}

const S_IFMT = 0o170000;
const SPECIAL_FILES: Record<number, string> = {
  0o010000: "a FIFO",
  0o140000: "a socket",
  0o020000: "a character device",
  0o060000: "a block device",
};

/** Why git cannot hold the file at `path`; `null` where it can. */
export function whyUnfit(path: string, stat: FileStat): string | null {
  const special = SPECIAL_FILES[stat.mode & S_IFMT];
  if (special !== undefined) return `${special} has no content to store`;
  if (stat.isSymlink && isGitmodulesName(path.slice(path.lastIndexOf("/") + 1))) {
    return "git does not take a .gitmodules that is a link";
  }
  return null;
}
