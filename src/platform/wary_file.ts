/**
 * Opening a file to read it where somebody may be putting something else in its place: a FIFO is not
 * waited for, and a link at the end of the path is not followed.
 *
 * Deno's own open can do neither, and what was opened can be looked at only afterwards. Its `node:fs`
 * passes such flags on; reading through that takes some microseconds more. Under less than all
 * permissions Deno itself follows links before it opens, whatever the flags: then only a look before
 * and a look at what was opened tell.
 *
 * @module
 */

import { nodeFs } from "./builtin.ts";
import { errorCode, type FileStat, isMissing, lstat, OpenFile } from "./fs.ts";

/** An open file, as far as it is read. */
export interface SourceFile extends Disposable {
  /** What the open file is. */
  stat(): FileStat;
  /** Moves to `position`. */
  seek(position: number): void;
  /**
   * Fills as much of `buffer` as there is, or at least `enough` bytes of it; returns the number of bytes,
   * 0 at the end.
   */
  read(buffer: Uint8Array, enough?: number): number;
  /** Closes the file. */
  close(): void;
}

/** A file that was opened with care; `using` closes it. */
export class WaryFile implements SourceFile {
  readonly #descriptor: number;
  #position = 0;

  /** Opens `path`; under all permissions, `ELOOP` where a link is there. */
  constructor(path: string) {
    const { constants: { O_RDONLY, O_NONBLOCK, O_NOFOLLOW }, openSync } = nodeFs();
    this.#descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  }

  stat(): FileStat {
    const stats = nodeFs().fstatSync(this.#descriptor);
    const { size, dev, ino, mode, nlink, uid, gid } = stats;
    return {
      isFile: stats.isFile(),
      isDirectory: stats.isDirectory(),
      isSymlink: false,
      size,
      mtime: stats.mtimeMs,
      ctime: Math.floor(stats.ctimeMs / 1000),
      dev,
      ino,
      mode,
      nlink,
      uid,
      gid,
    };
  }

  seek(position: number): void {
    this.#position = position;
  }

  read(buffer: Uint8Array, enough: number = buffer.length): number {
    let filled = 0;
    while (filled < enough) {
      const length = buffer.length - filled;
      const count = nodeFs().readSync(this.#descriptor, buffer, filled, length, this.#position);
      if (count === 0) break;
      filled += count;
      this.#position += count;
    }
    return filled;
  }

  close(): void {
    nodeFs().closeSync(this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens a file for reading if it still is the one that `lstat` saw; else `null`. Where something else
 * may take its place at this moment, that must be done with `wary`: to open a FIFO can last for ever.
 */
export function openSeen(path: string, seen: FileStat, { wary = false } = {}): SourceFile | null {
  let file: SourceFile;
  try {
    file = wary ? new WaryFile(path) : new OpenFile(path);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === "ELOOP") return null;
    throw error;
  }
  try {
    const opened = file.stat();
    if (opened.dev === seen.dev && opened.ino === seen.ino) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return null;
}

/** The content of a file; `null` where nothing is there, or something else. */
export function readFileWarily(path: string): Uint8Array<ArrayBuffer> | null {
  const seen = lstat(path);
  if (seen === null || !seen.isFile) return null;
  using file = openSeen(path, seen, { wary: true });
  if (file === null) return null;
  const bytes = new Uint8Array(file.stat().size);
  return bytes.subarray(0, file.read(bytes));
}
