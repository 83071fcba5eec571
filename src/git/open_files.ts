/**
 * Files that stay open between reads: opening one costs more than reading a little of it, and
 * having too many open is not allowed.
 *
 * @module
 */

import { OpenFile } from "../platform/fs.ts";

/** At most `limit` open files; the one used least recently is closed for a new one. */
export class OpenFiles implements Disposable {
  /** In the order of use, the latest last. */
  readonly #files = new Map<string, OpenFile>();
  readonly #limit: number;

  /** Opens nothing yet. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The file, open for reading until the next call for another. Fails as opening it fails. */
  get(path: string): OpenFile {
    const open = this.#files.get(path);
    const file = open ?? new OpenFile(path);
    this.#files.delete(path);
    this.#files.set(path, file);
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= this.#limit) break;
      this.close(oldest);
    }
    return file;
  }

  /** Closes one file, if it is open. */
  close(path: string): void {
    this.#files.get(path)?.close();
    this.#files.delete(path);
  }

  /** Closes all of them; they open again when they are asked for. */
  [Symbol.dispose](): void {
    for (const path of this.#files.keys()) this.close(path);
  }
}
