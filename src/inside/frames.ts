/**
 * How this process and its helper talk over pipes: frames of a JSON header and, behind it, bytes.
 *
 * A frame starts with two lengths, of its header and of its bytes: 4 bytes each, big-endian.
 *
 * @module
 */

/** As many bytes as a frame has at most behind its header. */
export const PIECE_BYTES = 1024 * 1024;

/** As many bytes as a header has at most. */
export const HEADER_BYTES = 1024 * 1024;

const LENGTHS = 8;

/** A message and the bytes that come with it. */
export interface Frame<Header> {
  readonly header: Header;
  readonly bytes: Uint8Array;
}

/** The other side sends what is no frame. */
export class BadFrame extends Error {}

/** A frame as it goes through the pipe. */
export function encodeFrame(
  header: unknown,
  bytes: Uint8Array = new Uint8Array(),
): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(LENGTHS + text.length + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, text.length);
  view.setUint32(4, bytes.length);
  frame.set(text, LENGTHS);
  frame.set(bytes, LENGTHS + text.length);
  return frame;
}

/**
 * The frames that come out of a pipe, until it ends between two of them.
 *
 * @throws {BadFrame} for one that is too long, cut off, or has no JSON in its header.
 */
export async function* readFrames<Header>(
  pipe: ReadableStream<Uint8Array>,
): AsyncGenerator<Frame<Header>> {
  const reader = new ExactReader(pipe);
  try {
    for (;;) {
      const lengths = await reader.read(LENGTHS);
      if (lengths === null) return;
      const view = new DataView(lengths.buffer);
      const [header, bytes] = [view.getUint32(0), view.getUint32(4)];
      if (header > HEADER_BYTES || bytes > PIECE_BYTES) throw new BadFrame("a frame is too long");
      const text = await reader.read(header);
      const behind = await reader.read(bytes);
      if (text === null || behind === null) throw new BadFrame("a frame is cut off");
      yield { header: parse(text) as Header, bytes: behind };
    }
  } finally {
    await reader.close();
  }
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(text));
  } catch (cause) {
    throw new BadFrame("a frame has no JSON in its header", { cause });
  }
}

/** Reads from a pipe as many bytes as are asked for. */
class ExactReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(pipe: ReadableStream<Uint8Array>) {
    this.#reader = pipe.getReader();
  }

  /** `null` where the pipe ends before the first of the bytes. */
  async read(length: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (this.#chunk.length === 0) {
        const { value, done } = await this.#reader.read();
        if (done && filled === 0) return null;
        if (done) throw new BadFrame("a frame is cut off");
        this.#chunk = value;
      }
      const part = this.#chunk.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
