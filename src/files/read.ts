/**
 * Reading a file whole.
 *
 * @module
 */

import { rooted } from "../worktree/beneath.ts";
import { readAll } from "./content.ts";
import type { FileContext } from "./context.ts";
import { openToRead } from "./open.ts";

/**
 * The bytes of the file at `path`; links that stay inside are followed, and `ledTo` hears where they led.
 *
 * @throws {FileNotFoundError} where nothing is there.
 * @throws {IsADirectoryError} where a directory is there.
 * @throws {PathError} where the path leads out, or to a FIFO, a socket or a device.
 */
export async function readBytes(
  context: FileContext,
  path: string,
  ledTo?: (path: string) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { file, stat, inside } = openToRead(context, path);
  using _file = file;
  ledTo?.(inside);
  return await readAll(rooted(path), file, stat);
}
