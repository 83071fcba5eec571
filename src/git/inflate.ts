/**
 * Getting the bytes of an object out of zlib's format: whole, only the first of them, or in pieces.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type { Inflate } from "node:zlib";
import { nodeZlib } from "../platform/builtin.ts";
import type { OpenFile } from "../platform/fs.ts";

const PIECE_BYTES = 64 << 10;
const INFLATED_PIECE_BYTES = 64 << 10;
const MOST_INFLATION = 1032;

/**
 * How many bytes `size` bytes take at most when they are deflated, whatever they are. The fastest levels
 * of some libraries write a byte that they cannot save in nine bits, and git is built with those as well.
 */
export function deflatedBound(size: number): number {
  return size + Math.ceil(size / 8) + 64;
}

/**
 * Inflates an object of `size` bytes; what follows it in `bytes` does not matter.
 *
 * Returns `null` where the data is damaged, ends early or is of another size.
 */
export function inflateWhole(bytes: Uint8Array, size: number): Uint8Array | null {
  if (size > bytes.length * MOST_INFLATION) return null;
  try {
    // One byte more than needed, or zlib would ask for a second buffer to find the end in.
    const data = nodeZlib().inflateSync(bytes, {
      chunkSize: Math.max(64, size + 1),
      maxOutputLength: Math.max(1, size),
    });
    if (data.length !== size) return null;
    // A small Buffer is a part of a slab, all of which it would keep in memory.
    return data.buffer.byteLength > 2 * size ? new Uint8Array(data) : plain(data);
  } catch {
    return null;
  }
}

/** Inflates as much as the first bytes of a stream hold; `null` where they are damaged. */
export function inflateStart(bytes: Uint8Array): Uint8Array | null {
  try {
    const { constants, inflateSync } = nodeZlib();
    return plain(inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }));
  } catch {
    return null;
  }
}

/**
 * Inflates what is in a file from `start` on, at most `length` bytes of it. Throws where the data
 * is damaged or ends early.
 */
export async function* inflateFile(
  file: OpenFile,
  start: number,
  length: number,
): AsyncIterable<Uint8Array> {
  const inflate = nodeZlib().createInflate({ chunkSize: INFLATED_PIECE_BYTES });
  // A failure of reading reaches the loop below through `inflate`.
  feed(inflate, pieces(file, start, length)).catch((error) => inflate.destroy(error));
  try {
    for await (const piece of inflate) yield plain(piece);
  } finally {
    inflate.destroy();
  }
}

/** Gives it one piece after the other, each when it is done with the one before. */
async function feed(inflate: Inflate, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      inflate.write(piece, (error) => error ? reject(error) : resolve());
    });
  }
  inflate.end();
}

/** The same bytes as what people expect: `slice` of a Buffer would not copy. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The bytes of a part of a file; each piece is there until the next one. */
function* pieces(file: OpenFile, start: number, length: number): Iterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, length));
  for (let at = start; at < start + length; at += buffer.length) {
    file.seek(at);
    const count = file.read(buffer.subarray(0, start + length - at));
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}
