/**
 * Putting the bytes of an object into zlib's format: at once, or as they come.
 *
 * @module
 */

import { nodeZlib } from "../platform/builtin.ts";
import type { ObjectType } from "./object.ts";

/** The knee: level 6 takes half as long again and saves a twentieth. */
const LEVEL = 3;
/** For ids, of which hardly anything can be saved: a third of the time for a fiftieth more. */
const TREE_LEVEL = 1;
/** Deflated in a few milliseconds, and enough that being separate costs it next to nothing. */
const PIECE_BYTES = 256 << 10;
/** Says: zlib, deflated with a window of 32 KiB, fast. */
const HEADER = Uint8Array.of(0x78, 0x5e);
/** A last block with nothing in it. */
const END = Uint8Array.of(0x03, 0x00);
const ADLER_MODULUS = 65521;
/** So many sums can be made before they must be reduced to stay small integers. */
const ADLER_RUN = 2048;

/** Deflates all of an object. */
export function deflateWhole(type: ObjectType, bytes: Uint8Array): Uint8Array {
  return nodeZlib().deflateSync(bytes, { level: type === "tree" ? TREE_LEVEL : LEVEL });
}

/**
 * Deflates bytes as they come. It is done with them when a call returns, so their buffer may be
 * used again; zlib's own streams read it later, and let nothing else run meanwhile.
 */
export class Deflater {
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #filled = 0;
  #adler = [1, 0] as [number, number];
  #begun = false;

  /** Takes bytes; yields what is deflated by now. */
  *push(bytes: Uint8Array): Iterable<Uint8Array> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + PIECE_BYTES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === PIECE_BYTES) yield* this.#deflatePiece();
    }
  }

  /** Yields the rest. */
  *finish(): Iterable<Uint8Array> {
    yield* this.#deflatePiece();
    const [low, high] = this.#adler;
    yield END;
    yield Uint8Array.of(high >> 8, high & 0xff, low >> 8, low & 0xff);
  }

  *#deflatePiece(): Iterable<Uint8Array> {
    if (!this.#begun) yield HEADER;
    this.#begun = true;
    const piece = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    this.#adler = adler32(piece, this.#adler);
    const { constants, deflateRawSync } = nodeZlib();
    yield deflateRawSync(piece, { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH });
  }
}

/** Zlib's checksum: the sum of the bytes, and the sum of those sums. */
function adler32(bytes: Uint8Array, [low, high]: readonly [number, number]): [number, number] {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + ADLER_RUN, bytes.length);
    for (; at < end; at++) {
      low += bytes[at] as number;
      high += low;
    }
    low %= ADLER_MODULUS;
    high %= ADLER_MODULUS;
  }
  return [low, high];
}
