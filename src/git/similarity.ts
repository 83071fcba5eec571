/**
 * How similar two files are, by git's own estimate.
 *
 * Git cuts a content into spans, each a line or the first 64 bytes of one, and asks how many bytes of
 * the old file lie in spans that the new one has too. Spans are told apart by a small hash only, and a
 * last line without a newline does not count: to find git's renames, its oversights must be shared.
 *
 * @module
 */

import type { Slices } from "../platform/slices.ts";

/** The score of equal files. */
export const MAX_SCORE = 60_000;

const SPAN_BYTES = 64;
/** How many different hashes there are. */
const HASHES = 107_927;
/** A NUL among so many bytes at the beginning makes a file binary. */
const BINARY_BYTES = 8000;
const STEP_BYTES = 1 << 18;

const LF = 0x0a;
const CR = 0x0d;

/** The spans of a content: `bytes[i]` of its bytes are in spans whose hash is `hashes[i]`. */
export interface Spans {
  readonly hashes: Uint32Array;
  readonly bytes: Uint32Array;
  /** The number of bytes of the content. */
  readonly size: number;
}

/** Counts the spans of contents, one content at a time. */
export class SpanCounter {
  readonly #bytes = new Uint32Array(HASHES);
  /** The hashes that the content at hand has, in the order of their coming. */
  readonly #met = new Uint32Array(HASHES);

  /** The spans of a content, which nobody writes into meanwhile. */
  async count(content: Uint8Array, slices: Slices): Promise<Spans> {
    const isText = !content.subarray(0, BINARY_BYTES).includes(0);
    let met = 0;
    for (let at = 0; at < content.length;) {
      const until = Math.min(at + STEP_BYTES, content.length);
      [at, met] = this.#countUntil(content, at, until, met, isText);
      if (slices.due) await slices.rest();
    }
    const hashes = this.#met.slice(0, met);
    const bytes = hashes.map((hash) => this.#bytes[hash]!);
    for (const hash of hashes) this.#bytes[hash] = 0;
    return { hashes, bytes, size: content.length };
  }

  /** Counts whole spans up to `until`, the last one perhaps beyond; says where it stopped. */
  #countUntil(
    content: Uint8Array,
    from: number,
    until: number,
    known: number,
    isText: boolean,
  ): [at: number, met: number] {
    let [at, met] = [from, known];
    // The two halves of a hash of 64 bits, turned by 7 before each byte is added.
    let [low, high, length] = [0, 0, 0];
    while (at < content.length && (at < until || length > 0)) {
      const byte = content[at++]!;
      if (isText && byte === CR && content[at] === LF) continue;
      const before = low;
      low = ((low << 7) ^ (high >>> 25)) + byte | 0;
      high = (high << 7) ^ (before >>> 25);
      if (++length < SPAN_BYTES && byte !== LF) continue;
      const hash = ((low + Math.imul(high, 0x61)) >>> 0) % HASHES;
      if (this.#bytes[hash] === 0) this.#met[met++] = hash;
      this.#bytes[hash]! += length;
      low = high = length = 0;
    }
    return [at, met];
  }
}

/** Compares one new file with many old ones. */
export class SpanComparison {
  readonly #bytes = new Uint32Array(HASHES);
  #target: Spans | null = null;

  /** How much of `source` is in `target`, from 0 to {@linkcode MAX_SCORE}. */
  score(source: Spans, target: Spans): number {
    if (this.#target !== target) this.#turnTo(target);
    const { hashes, bytes, size } = source;
    let copied = 0;
    for (let index = 0; index < hashes.length; index++) {
      copied += Math.min(bytes[index]!, this.#bytes[hashes[index]!]!);
    }
    return Math.floor(copied * MAX_SCORE / Math.max(size, target.size));
  }

  #turnTo(target: Spans): void {
    for (const hash of this.#target?.hashes ?? []) this.#bytes[hash] = 0;
    for (const [index, hash] of target.hashes.entries()) this.#bytes[hash] = target.bytes[index]!;
    this.#target = target;
  }
}
