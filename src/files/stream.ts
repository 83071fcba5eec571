/**
 * Files read or written piece by piece: which of the two, and what is refused.
 *
 * @module
 */

import type { FileContext } from "./context.ts";
import type { Endable } from "./open_streams.ts";
import { PinnedFile } from "./pinned_file.ts";
import { ReadingStream, type ReadSource } from "./reading_stream.ts";
import type { FileStream, StreamEnded, StreamMode } from "./types.ts";
import { directTarget, type DraftTarget } from "./write.ts";
import { WritingStream } from "./writing_stream.ts";

/**
 * Opens the file at `path`: `"r"` to read it as it is now, `"w"` to write it anew, `"a"` to write
 * behind what is there when the stream is closed.
 *
 * @throws {FileNotFoundError} under `"r"`, where nothing is there.
 * @throws {IsADirectoryError} where a directory is there.
 * @throws {PathError} where the path leads out, or to a FIFO, a socket or a device.
 */
export function openStream(
  context: FileContext,
  path: string,
  mode: StreamMode = "r",
  ended?: StreamEnded,
): Promise<FileStream> {
  return openThrough(
    directTarget(context),
    (path) => Promise.try(() => new PinnedFile(context, path)),
    path,
    mode,
    ended,
  );
}

/**
 * Opens a stream: `open` opens a file to read, and the target takes what is written; `ended` hears of
 * that.
 */
export async function openThrough(
  target: DraftTarget,
  open: (path: string) => Promise<ReadSource>,
  path: string,
  mode: StreamMode,
  ended?: StreamEnded,
): Promise<FileStream & Endable> {
  switch (mode) {
    case "r":
      return new ReadingStream(path, await open(path));
    case "w":
    case "a":
      return await WritingStream.open(target, path, mode, ended);
    default:
      throw new TypeError(
        `Cannot open a stream in the mode ${JSON.stringify(mode)}: a mode is "r", "w" or "a"`,
      );
  }
}
