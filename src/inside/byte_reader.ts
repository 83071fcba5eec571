/**
 * A stream of bytes, read by lines and by counts, in memory that does not grow with it.
 *
 * @module
 */

const NEWLINE = 0x0a;
const EMPTY = new Uint8Array();

/** Reads a stream to its end, or as far as its caller wants; disposing it lets go of the stream. */
export class ByteReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = EMPTY;

  /** Reads nothing yet. */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next line without its end; `null` at the end of the stream, and where none ends within `limit`. */
  async line(limit: number): Promise<string | null> {
    let end = this.#buffer.indexOf(NEWLINE);
    while (end < 0 && this.#buffer.length <= limit) {
      const more = await this.#next();
      if (more === null) return null;
      const joined = new Uint8Array(this.#buffer.length + more.length);
      joined.set(this.#buffer);
      joined.set(more, this.#buffer.length);
      end = more.indexOf(NEWLINE) < 0 ? -1 : this.#buffer.length + more.indexOf(NEWLINE);
      this.#buffer = joined;
    }
    if (end < 0 || end > limit) return null;
    const line = this.#buffer.subarray(0, end);
    this.#buffer = this.#buffer.subarray(end + 1);
    return new TextDecoder().decode(line);
  }

  /** The next `count` bytes in pieces; fewer only where the stream ends. */
  async *pieces(count: number): AsyncIterable<Uint8Array> {
    for (let left = count; left > 0;) {
      if (this.#buffer.length === 0) {
        const more = await this.#next();
        if (more === null) return;
        this.#buffer = more;
      }
      const piece = this.#buffer.subarray(0, left);
      this.#buffer = this.#buffer.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next `count` bytes; `null` where the stream ends before. */
  async bytes(count: number): Promise<Uint8Array | null> {
    if (this.#buffer.length >= count) {
      const bytes = this.#buffer.subarray(0, count);
      this.#buffer = this.#buffer.subarray(count);
      return bytes;
    }
    const bytes = new Uint8Array(count);
    let filled = 0;
    for await (const piece of this.pieces(count)) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return filled === count ? bytes : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }

  async #next(): Promise<Uint8Array | null> {
    const { done, value } = await this.#chunks.next();
    return done === true ? null : value;
  }
}
