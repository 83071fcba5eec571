/**
 * A new repository without a work tree of its own, for bases that are no repositories.
 *
 * isomorphic-git's `init` would write that the file system has no executable bits and no links, and
 * then the git that an agent runs in a workspace would overlook both.
 *
 * @module
 */

import { writeAtomic } from "../platform/atomic.ts";
import { makeDirectory, syncDirectory, writeFile } from "../platform/fs.ts";
import { dirname } from "@std/path/posix";

const CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";
const HEAD = "ref: refs/heads/main\n";

/** Makes a repository at `path`, where nothing is yet. Its HEAD comes last, when all else is there. */
export function makeBareRepository(path: string): void {
  const encoder = new TextEncoder();
  for (const name of ["info", "objects/info", "objects/pack", "refs/heads", "refs/tags"]) {
    makeDirectory(`${path}/${name}`);
  }
  writeFile(`${path}/config`, encoder.encode(CONFIG));
  syncDirectory(dirname(path));
  const temporary = `${path}/HEAD.new`;
  writeAtomic(`${path}/HEAD`, encoder.encode(HEAD), { temporary, durable: true });
}
