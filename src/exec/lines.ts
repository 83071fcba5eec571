/**
 * Cuts bytes into lines of text.
 *
 * @module
 */

/** A line longer than this comes in pieces, so that an output without line ends cannot fill memory. */
const MAX_LINE_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

/** Takes bytes in any portions; gives lines with their ends, bytes that are not UTF-8 as U+FFFD. */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #pending = new Uint8Array(4096);
  #length = 0;

  /** The lines that `bytes` completes. */
  split(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    while (start < bytes.length) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed === -1 ? bytes.length : feed + 1;
      const part = bytes.subarray(start, Math.min(end, start + MAX_LINE_BYTES - this.#length));
      start += part.length;
      if (feed !== -1 && start === end && this.#length === 0) {
        lines.push(this.#decoder.decode(part));
        continue;
      }
      this.#append(part);
      if (feed !== -1 && start === end) lines.push(...this.end());
      else if (this.#length === MAX_LINE_BYTES) lines.push(this.#piece());
    }
    return lines;
  }

  /** What came behind the last line end, if anything did. */
  end(): string[] {
    if (this.#length === 0) return [];
    const line = this.#decoder.decode(this.#pending.subarray(0, this.#length));
    this.#length = 0;
    return [line];
  }

  #append(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#pending.length) {
      const size = Math.min(Math.max(length, this.#pending.length * 2), MAX_LINE_BYTES);
      this.#pending = new Uint8Array(this.#pending.buffer.transfer(size));
    }
    this.#pending.set(part, this.#length);
    this.#length = length;
  }

  /** As much of a line that is too long as ends with a whole character. */
  #piece(): string {
    const cut = wholeCharacters(this.#pending);
    const piece = this.#decoder.decode(this.#pending.subarray(0, cut));
    this.#pending.copyWithin(0, cut, this.#length);
    this.#length -= cut;
    return piece;
  }
}

/** The length of `bytes` without a UTF-8 sequence that is cut off at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
