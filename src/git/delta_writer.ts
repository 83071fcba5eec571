/**
 * Finding a delta: what of an object can be copied from another one, and what must be inserted.
 *
 * The base is cut into blocks, which are found again in the object by a hash that rolls over it byte by
 * byte; what matches is extended to both sides.
 *
 * @module
 */

const BLOCK_BYTES = 16;
const MOST_COPY = 0x10000;
const MOST_INSERT = 0x7f;
/** Any odd number with well-mixed bits. */
const MULTIPLIER = 0x01000193;
/** The multiplier to the power of the block's length: what the byte that leaves a block weighs. */
const LEAVING = power(MULTIPLIER, BLOCK_BYTES);
/** Spreads what multiplication leaves in the high bits. */
const MIX = 0x9e3779b1;

/**
 * A delta that makes `target` of `base`; `null` where it would take more than `limit` bytes.
 */
export function findDelta(base: Uint8Array, target: Uint8Array, limit: number): Uint8Array | null {
  if (base.length < BLOCK_BYTES || target.length < BLOCK_BYTES) return null;
  const blocks = new Blocks(base);
  const delta = new DeltaBytes(limit);
  delta.size(base.length);
  delta.size(target.length);
  let inserted = 0;
  let hash = hashAt(target, 0);
  for (let at = 0; at + BLOCK_BYTES <= target.length;) {
    const match = matchAt(base, blocks.find(hash), target, at, inserted);
    if (match === null) {
      hash = roll(hash, target, at++);
      if (at - inserted > limit) return null;
      continue;
    }
    delta.insert(target, inserted, at - match.before);
    delta.copy(match.start - match.before, match.before + match.length);
    if (delta.isFull) return null;
    inserted = at += match.length;
    if (at + BLOCK_BYTES <= target.length) hash = hashAt(target, at);
  }
  delta.insert(target, inserted, target.length);
  return delta.finish();
}

/** Where the blocks of a base are, by their hashes: of those that share a place, the first. */
class Blocks {
  readonly #places: Int32Array;
  readonly #shift: number;

  constructor(base: Uint8Array) {
    const count = Math.floor(base.length / BLOCK_BYTES);
    const bits = Math.max(4, Math.ceil(Math.log2(count * 2)));
    this.#shift = 32 - bits;
    this.#places = new Int32Array(1 << bits).fill(-1);
    for (let start = (count - 1) * BLOCK_BYTES; start >= 0; start -= BLOCK_BYTES) {
      this.#places[this.#placeOf(hashAt(base, start))] = start;
    }
  }

  /** Where a block with this hash may begin; negative where there is none. */
  find(hash: number): number {
    return this.#places[this.#placeOf(hash)] ?? -1;
  }

  #placeOf(hash: number): number {
    return Math.imul(hash, MIX) >>> this.#shift;
  }
}

interface Match {
  /** Where in the base it begins, but for what lies before. */
  readonly start: number;
  readonly length: number;
  /** How many bytes before it match as well. */
  readonly before: number;
}

function matchAt(
  base: Uint8Array,
  start: number,
  target: Uint8Array,
  at: number,
  inserted: number,
): Match | null {
  if (start < 0) return null;
  const most = Math.min(base.length - start, target.length - at);
  let length = 0;
  while (length < most && base[start + length] === target[at + length]) length++;
  if (length < BLOCK_BYTES) return null;
  let before = 0;
  const mostBefore = Math.min(start, at - inserted);
  while (before < mostBefore && base[start - before - 1] === target[at - before - 1]) before++;
  return { start, length, before };
}

function hashAt(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = at; i < at + BLOCK_BYTES; i++) {
    hash = (Math.imul(hash, MULTIPLIER) + (bytes[i] ?? 0)) | 0;
  }
  return hash;
}

/** The hash of the block that begins one byte after `at`. */
function roll(hash: number, bytes: Uint8Array, at: number): number {
  const entering = bytes[at + BLOCK_BYTES] ?? 0;
  return (Math.imul(hash, MULTIPLIER) + entering - Math.imul(bytes[at] ?? 0, LEAVING)) | 0;
}

function power(base: number, exponent: number): number {
  return exponent === 0 ? 1 : Math.imul(base, power(base, exponent - 1));
}

/** The bytes of a delta as they come. */
class DeltaBytes {
  readonly #bytes: Uint8Array;
  #length = 0;

  /** At most `limit` bytes count; what does not fit is not kept. */
  constructor(limit: number) {
    this.#bytes = new Uint8Array(limit);
  }

  get isFull(): boolean {
    return this.#length > this.#bytes.length;
  }

  /** The size of the base or of what the delta makes. */
  size(value: number): void {
    for (; value >= 0x80; value = Math.floor(value / 0x80)) this.#put(0x80 | (value % 0x80));
    this.#put(value);
  }

  insert(from: Uint8Array, start: number, end: number): void {
    for (; start < end; start += MOST_INSERT) {
      const part = from.subarray(start, Math.min(end, start + MOST_INSERT));
      this.#put(part.length);
      if (this.#length + part.length <= this.#bytes.length) this.#bytes.set(part, this.#length);
      this.#length += part.length;
    }
  }

  copy(start: number, length: number): void {
    for (; length > 0; start += MOST_COPY, length -= MOST_COPY) {
      this.#copyOnce(start, Math.min(length, MOST_COPY));
    }
  }

  /** Bytes that are 0 are left out, and the first one says which are there. */
  #copyOnce(start: number, length: number): void {
    const instruction = this.#length;
    let present = 0x80;
    this.#put(present);
    const put = (value: number, bit: number): void => {
      if (value === 0) return;
      present |= bit;
      this.#put(value);
    };
    for (let i = 0; i < 4; i++) put((start >>> (8 * i)) & 0xff, 1 << i);
    // A length of 64 KiB is written as none at all.
    for (let i = 0; i < 2; i++) put((length >>> (8 * i)) & 0xff, 0x10 << i);
    this.#bytes[instruction] = present;
  }

  #put(byte: number): void {
    this.#bytes[this.#length++] = byte;
  }

  /** The delta; `null` where it takes more than the limit. */
  finish(): Uint8Array | null {
    return this.isFull ? null : this.#bytes.subarray(0, this.#length);
  }
}
