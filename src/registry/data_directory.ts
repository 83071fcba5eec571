/**
 * The directory that holds the workspaces' files: the base's `.agentfs/`, or where the owner wants it.
 * Git ignores what is in it, and nobody else may look into it.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { giveTo, ownerOf } from "../git/owner.ts";
import {
  chmod,
  makeDirectory,
  readDirectory,
  readTextFile,
  realPath,
  stat,
  writeFile,
} from "../platform/fs.ts";

/** Names that we give in there; what has another one is not ours. */
const NAMES = new Set([
  ".gitignore",
  "base",
  "home",
  "store.git",
  "store.lock",
  "store.lock.next",
  "tmp",
  "workspaces",
]);

/**
 * Makes the directory, or completes it: a `git clean -fdx` in the base spares little but the workspaces.
 *
 * @throws {StoreError} where it belongs to another base, or is somebody's for something else.
 */
export function prepareDataDirectory(path: string, base: string): void {
  const marker = `${path}/base`;
  const owner = readTextFile(marker);
  if (owner === null) refuseFilled(path);
  else if (owner !== base) refuseOthers(path, base, owner);
  const user = ownerOf(base);
  // Root's sandboxes have no rights in what is another user's: they go through as its group.
  const mode = user === null ? 0o700 : 0o710;
  makeDirectory(path, mode);
  giveTo(user && { uid: user.uid, gid: 0 }, path);
  if (((stat(path)?.mode ?? 0) & 0o777) !== mode) chmod(path, mode);
  // In place, since a half-written one is written again by whoever comes next.
  const write = (file: string, text: string): void => {
    if (readTextFile(file) !== text) writeFile(file, new TextEncoder().encode(text));
  };
  write(`${path}/.gitignore`, "*\n");
  write(marker, base);
}

function refuseFilled(path: string): void {
  if (stat(path)?.isDirectory !== true) return;
  const other = readDirectory(path)?.find(({ name }) => !NAMES.has(name))?.name;
  if (other === undefined) return;
  throw new StoreError(
    `Cannot keep workspaces in ${path}: ${JSON.stringify(other)} is there, which is not ours; ` +
      "set dataDir to a directory that is new or empty",
  );
}

function refuseOthers(path: string, base: string, owner: string): void {
  // A copy of a base has a copy of its marker, which is not worth an error.
  if (path === `${base}/.agentfs` || stat(owner) === null || realPath(owner) !== owner) return;
  throw new StoreError(
    `Cannot use ${path} for the base ${base}: it belongs to the base ${owner}; ` +
      "give each base a dataDir of its own",
  );
}
