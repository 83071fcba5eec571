/**
 * The `.keep` files that hold a new pack until a ref needs it, and those that a crash left behind.
 *
 * @module
 */

import { lstat, readDirectory, readTextFile, removeFile } from "../platform/fs.ts";
import { sweepHalfRemoved } from "./pack_files.ts";

const KEEP_TEXT = /^agentfs (\S+)\n$/;

/** What a `.keep` file of this session holds. */
export function keepText(session: string): string {
  return `agentfs ${session}\n`;
}

/**
 * Lets go of the packs that dead sessions held, and removes those that never got their index or have
 * lost it. Files of git's own and of living sessions stay.
 */
export function sweepKeeps(objectsDirectory: string, isDead: (session: string) => boolean): void {
  const directory = `${objectsDirectory}/pack`;
  for (const { name } of readDirectory(directory) ?? []) {
    if (!name.endsWith(".keep")) continue;
    const keep = `${directory}/${name}`;
    const session = KEEP_TEXT.exec(readTextFile(keep) ?? "")?.[1];
    if (session === undefined || !isDead(session)) continue;
    const pack = keep.slice(0, -".keep".length);
    if (lstat(`${pack}.idx`) === null) removeFile(`${pack}.pack`);
    removeFile(keep);
  }
  sweepHalfRemoved(objectsDirectory);
}
