/**
 * A file of a workspace that this process holds open to read it piece by piece.
 *
 * @module
 */

import { Slices } from "../platform/slices.ts";
import type { SourceFile } from "../platform/wary_file.ts";
import { rooted } from "../worktree/beneath.ts";
import { attempt } from "../worktree/path_failure.ts";
import { SLICE_BYTES } from "./content.ts";
import type { FileContext } from "./context.ts";
import { openToRead } from "./open.ts";
import { closedWhileRead, type ReadSource } from "./reading_stream.ts";

/** An open file and how far it has been read. */
export class PinnedFile implements ReadSource {
  readonly #path: string;
  readonly #file: SourceFile;
  #position = 0;
  #closed = false;

  /** Opens the file at `path`. */
  constructor(context: FileContext, path: string) {
    this.#path = rooted(path);
    this.#file = openToRead(context, path).file;
  }

  /** The next bytes; `null` at the end. */
  async read(size: number): Promise<Uint8Array | null> {
    // Taken at once, so that reads which do not wait for each other get different parts.
    const start = this.#position;
    const there = attempt("read", this.#path, () => this.#file.stat().size) - start;
    if (there <= 0) return null;
    const bytes = attempt("read", this.#path, () => new Uint8Array(Math.min(size, there)));
    this.#position += bytes.length;
    const length = await this.#fill(bytes, start);
    return length === 0 ? null : bytes.subarray(0, length);
  }

  /** Reads what is from `start` on; returns the number of bytes. */
  async #fill(bytes: Uint8Array, start: number): Promise<number> {
    const slices = new Slices();
    for (let at = 0; at < bytes.length;) {
      if (this.#closed) throw closedWhileRead(this.#path);
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      const count = attempt("read", this.#path, () => {
        this.#file.seek(start + at);
        return this.#file.read(slice);
      });
      at += count;
      if (count < slice.length) return at;
      if (slices.due) await slices.rest();
    }
    return bytes.length;
  }

  /** Closes the file. */
  close(): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }
}
