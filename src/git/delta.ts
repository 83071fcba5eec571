/**
 * Deltas: an object in a pack written as what to copy from another one and what to insert.
 *
 * @module
 */

const COPY = 0x80;
const WHOLE_COPY = 0x10000;
/** More than that would not fit into memory. */
const MOST_BYTES = 2 ** 32;

/** A number of a variable number of bytes, lowest bits first, and where it ends. */
export function readSize(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte < 0x80) return { value, end: at };
  }
}

/** The size of what the delta makes, read from its first bytes. */
export function deltaResultSize(delta: Uint8Array): number {
  return readSize(delta, readSize(delta, 0).end).value;
}

/** Makes the object that the delta describes; `null` where it is no delta of this base. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array | null {
  const baseSize = readSize(delta, 0);
  const size = readSize(delta, baseSize.end);
  if (baseSize.value !== base.length || size.value > MOST_BYTES) return null;
  const result = new Uint8Array(size.value);
  let filled = 0;
  for (let at = size.end; at < delta.length;) {
    const instruction = delta[at++] ?? 0;
    let part: Uint8Array;
    if (instruction & COPY) {
      let start = 0;
      let length = 0;
      for (let i = 0; i < 4; i++) {
        if (instruction & (1 << i)) start += (delta[at++] ?? 0) * 2 ** (8 * i);
      }
      for (let i = 0; i < 3; i++) {
        if (instruction & (0x10 << i)) length += (delta[at++] ?? 0) << (8 * i);
      }
      if (length === 0) length = WHOLE_COPY;
      if (start + length > base.length) return null;
      part = base.subarray(start, start + length);
    } else {
      if (instruction === 0 || at + instruction > delta.length) return null;
      part = delta.subarray(at, at += instruction);
    }
    if (filled + part.length > result.length) return null;
    result.set(part, filled);
    filled += part.length;
  }
  return filled === result.length ? result : null;
}
