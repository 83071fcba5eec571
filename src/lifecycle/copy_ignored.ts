/**
 * Carries ignored paths of the base along into a new workspace: installed packages, a `.env`.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { FileNotFoundError } from "../errors.ts";
import { isGitName } from "../paths.ts";
import {
  chmod,
  copyFile,
  lstat,
  makeDirectory,
  readDirectory,
  readLink,
  removeFile,
  symlink,
} from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import { resolveBeneath } from "../worktree/beneath.ts";
import { dirname } from "@std/path/posix";

/**
 * Copies `paths` from the base to the workspace, with permission bits and links, and returns what is
 * neither file, directory nor link.
 *
 * @throws {FileNotFoundError} where the base has no such path.
 * @throws {PathError} where a path leads out of the base.
 */
export async function copyIgnored(
  base: string,
  workspace: string,
  { copyIgnored: paths, signal }: {
    copyIgnored: readonly string[];
    signal?: AbortSignal | undefined;
  },
): Promise<Skipped[]> {
  const skipped: Skipped[] = [];
  const slices = new Slices(signal);
  for (const asked of paths) {
    const { inside, stat } = resolveBeneath(base, asked, { follow: false });
    if (stat === null) {
      throw new FileNotFoundError(
        `Cannot carry ${JSON.stringify(asked)} along: nothing is there in ${base}`,
        inside,
      );
    }
    makeDirectory(dirname(workspace + inside));
    await copyTree(base, workspace, inside, skipped, slices);
  }
  return skipped;
}

async function copyTree(
  base: string,
  workspace: string,
  path: string,
  skipped: Skipped[],
  slices: Slices,
): Promise<void> {
  const from = base + path;
  const to = workspace + path;
  const stat = lstat(from);
  if (stat === null) return;
  if (slices.due) await slices.rest();
  if (stat.isSymlink) {
    removeFile(to);
    symlink(readLink(from), to);
  } else if (stat.isFile) {
    removeFile(to);
    copyFile(from, to);
  } else if (stat.isDirectory) {
    makeDirectory(to);
    for (const { name } of readDirectory(from) ?? []) {
      if (isGitName(name)) skipped.push({ path: `${path}/${name}`, reason: "git data" });
      else await copyTree(base, workspace, `${path}/${name}`, skipped, slices);
    }
    chmod(to, stat.mode & 0o7777);
  } else {
    skipped.push({ path, reason: "neither a file, a directory nor a link" });
  }
}
