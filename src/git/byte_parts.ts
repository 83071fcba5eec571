/**
 * A byte array that is put together from many small parts.
 *
 * @module
 */

const CHUNK_BYTES = 1 << 18;
/** Longer parts are kept as they are, not copied. */
const LONG_PART = 1 << 14;

/** Collects parts. Nobody may write into a part that was added. */
export class ByteParts {
  readonly #chunks: Uint8Array[] = [];
  #open = new Uint8Array(CHUNK_BYTES);
  #used = 0;
  #length = 0;

  /** How many bytes there are so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes at the end. */
  add(part: Uint8Array): void {
    this.#length += part.length;
    const isLong = part.length > LONG_PART;
    if (isLong || this.#used + part.length > this.#open.length) this.#closeChunk();
    if (isLong) {
      this.#chunks.push(part);
    } else {
      this.#open.set(part, this.#used);
      this.#used += part.length;
    }
  }

  /** The parts so far as chunks, in their order. */
  chunks(): Uint8Array[] {
    return [...this.#chunks, this.#open.subarray(0, this.#used)];
  }

  #closeChunk(): void {
    if (this.#used === 0) return;
    this.#chunks.push(this.#open.subarray(0, this.#used));
    this.#open = this.#used * 2 < this.#open.length
      ? this.#open.subarray(this.#used)
      : new Uint8Array(CHUNK_BYTES);
    this.#used = 0;
  }
}
