/**
 * What the operations of a batch do to what is at their paths.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { errorCode, readDirectory } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import type { BatchOperation } from "./types.ts";

/** What one operation did. */
export type BatchEffect = FileEffect & { readonly type: BatchOperation["type"] };

/** How many files and links are below a directory, as far as it can be read. */
export async function entriesBelow(
  directory: string,
  slices: Slices = new Slices(),
): Promise<number> {
  let count = 0;
  for (const { name, isDirectory } of entriesOf(directory)) {
    count += isDirectory ? await entriesBelow(`${directory}/${name}`, slices) : 1;
    if (slices.due) await slices.rest();
  }
  return count;
}

function entriesOf(directory: string): { name: string; isDirectory: boolean }[] {
  try {
    return readDirectory(directory) ?? [];
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return [];
  }
}
