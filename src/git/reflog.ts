/**
 * Reflogs: one line for every value that a ref has had.
 *
 * @module
 */

import { lstat, OpenFile } from "../platform/fs.ts";
import { giveTo, makeOwnedDirectory, type Owner } from "./owner.ts";
import { formatSignature, type Signature } from "./signature.ts";
import { dirname } from "@std/path/posix";

/** One change of a ref; `null` stands for a ref that is not there. */
export interface ReflogEntry {
  readonly from: string | null;
  readonly to: string | null;
  readonly who: Signature;
  readonly message: string;
}

const NO_OBJECT = "0".repeat(40);

/** Adds a line to the log at `file`, making it where need be. */
export function appendReflog(file: string, entry: ReflogEntry, owner: Owner | null = null): void {
  const { from, to, who, message } = entry;
  const text = message.trim().replace(/\s+/g, " ");
  const line = `${from ?? NO_OBJECT} ${to ?? NO_OBJECT} ${formatSignature(who)}` +
    `${text === "" ? "" : `\t${text}`}\n`;
  const isNew = lstat(file) === null;
  if (isNew) makeOwnedDirectory(owner, dirname(file));
  {
    using log = new OpenFile(file, { append: true, create: true });
    log.write(new TextEncoder().encode(line));
  }
  if (isNew) giveTo(owner, file);
}
