/**
 * Keeps the first and the last half of an output of any length, exact to the byte, in bounded memory:
 * a build's first lines say what it did, its last ones why it failed.
 *
 * @module
 */

import type { Captured, OutputSink } from "./output_pipe.ts";

/** How much of each output a result keeps, if nothing else is said. */
export const OUTPUT_BYTES = 16 * 1024 * 1024;

const FIRST_BYTES = 4096;

/** A buffer whose second half is a ring. */
export class CappedOutput implements OutputSink {
  readonly #cap: number;
  readonly #head: number;
  #buffer = new Uint8Array(0);
  #total = 0;

  /** Keeps at most `cap` bytes, at least 1. */
  constructor(cap: number = OUTPUT_BYTES) {
    this.#cap = cap;
    this.#head = Math.floor(cap / 2);
  }

  /** Takes the next bytes, however many. */
  write(bytes: Uint8Array): boolean {
    this.#grow(Math.min(this.#total + bytes.length, this.#cap));
    let rest = bytes;
    while (rest.length > 0) {
      const place = this.#place(this.#total);
      const part = rest.subarray(0, this.#cap - place);
      this.#buffer.set(part, place);
      this.#total += part.length;
      rest = rest.subarray(part.length);
    }
    return true;
  }

  /** Gives what was kept, and forgets it. */
  captured(): Captured {
    const buffer = this.#buffer;
    this.#buffer = new Uint8Array(0);
    const truncated = this.#total > this.#cap;
    if (!truncated) {
      return { bytes: new Uint8Array(buffer.buffer.transfer(this.#total)), truncated };
    }
    const oldest = this.#place(this.#total);
    const bytes = new Uint8Array(this.#cap);
    bytes.set(buffer.subarray(0, this.#head));
    bytes.set(buffer.subarray(oldest), this.#head);
    bytes.set(buffer.subarray(this.#head, oldest), this.#head + this.#cap - oldest);
    return { bytes, truncated };
  }

  /** Where in the buffer the output's byte number `position` is. */
  #place(position: number): number {
    if (position < this.#cap) return position;
    return this.#head + (position - this.#head) % (this.#cap - this.#head);
  }

  #grow(needed: number): void {
    const { length } = this.#buffer;
    if (needed <= length) return;
    const size = Math.min(Math.max(needed, length * 2, FIRST_BYTES), this.#cap);
    this.#buffer = new Uint8Array(this.#buffer.buffer.transfer(size));
  }
}
