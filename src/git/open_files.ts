/**
 * Files that stay open between reads: opening one costs more than reading a little of it, and
 * having too many open is not allowed.
 *
 * @module
 */

import { OpenFile } from "../platform/fs.ts";

/** How much is read at once where what is asked for lies together. */
const PIECE_BYTES = 32 << 10;
/** What begins so near to something that was asked for, lies together with it. */
const NEAR_BYTES = 2 * PIECE_BYTES;
/** How much of it lies before what was asked for: a history may be read against its order. */
const BEFORE_BYTES = 8 << 10;
/** Commits, trees and files lie apart in a pack, and are read in turn. */
const PIECES = 4;

/** A part of a file; none of the files changes. */
interface Piece {
  readonly path: string;
  readonly start: number;
  /** How many bytes of the buffer it is. */
  readonly length: number;
  /** Whether the file ends with it. */
  readonly isLast: boolean;
  readonly buffer: Uint8Array;
}

/** At most `limit` open files; the one used least recently is closed for a new one. */
export class OpenFiles implements Disposable {
  /** In the order of use, the latest last. */
  readonly #files = new Map<string, OpenFile>();
  readonly #limit: number;
  /** What was read ahead, the latest first. */
  #pieces: Piece[] = [];

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

  /**
   * The bytes of a file from `position` on: at least `length` of them, 32 KiB at most, as far as it has so
   * many. They hold until the next call: their memory is used again, since to get it costs as much as to read.
   */
  readAhead(path: string, position: number, length: number): Uint8Array {
    const known = this.#pieces.find((piece) => isIn(piece, path, position, length));
    const piece = known ?? this.#readPiece(path, position, length);
    return piece.buffer.subarray(position - piece.start, piece.length);
  }

  #readPiece(path: string, position: number, length: number): Piece {
    const isNear = this.#pieces.some((piece) =>
      path === piece.path && Math.abs(position - piece.start) < NEAR_BYTES
    );
    const start = isNear ? Math.max(0, position - BEFORE_BYTES) : position;
    const wanted = isNear ? PIECE_BYTES : length;
    const file = this.get(path);
    const oldest = this.#pieces.length < PIECES ? undefined : this.#pieces.pop();
    const buffer = oldest?.buffer ?? new Uint8Array(PIECE_BYTES);
    file.seek(start);
    const found = file.read(buffer.subarray(0, wanted));
    const piece = { path, start, length: found, isLast: found < wanted, buffer };
    this.#pieces.unshift(piece);
    return piece;
  }

  /** Closes one file, if it is open. */
  close(path: string): void {
    this.#pieces = this.#pieces.filter((piece) => piece.path !== path);
    this.#files.get(path)?.close();
    this.#files.delete(path);
  }

  /** Closes all of them; they open again when they are asked for. */
  [Symbol.dispose](): void {
    for (const path of this.#files.keys()) this.close(path);
  }
}

function isIn(piece: Piece, path: string, position: number, length: number): boolean {
  const at = position - piece.start;
  return path === piece.path && at >= 0 && (at + length <= piece.length || piece.isLast);
}
