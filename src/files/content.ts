/**
 * The content of files, handled a slice at a time: a big file neither fills the memory nor holds the
 * event loop.
 *
 * @module
 */

import { EncodingError } from "../errors.ts";
import type { FileStat, OpenFile } from "../platform/fs.ts";
import { Slices } from "../platform/slices.ts";
import type { SourceFile } from "../platform/wary_file.ts";
import { rooted } from "../worktree/beneath.ts";
import { attempt, cannot } from "../worktree/path_failure.ts";
import type { FileContent } from "./types.ts";

/** How much is read, written, encoded or decoded in one go. */
export const SLICE_BYTES = 1024 * 1024;

/**
 * Text or bytes as slices.
 *
 * @throws {EncodingError} where the text holds half of a surrogate pair, which UTF-8 cannot say.
 */
export function* slicesOf(path: string, data: string | Uint8Array): Generator<Uint8Array> {
  if (data instanceof Uint8Array) {
    for (let at = 0; at < data.length; at += SLICE_BYTES) yield data.subarray(at, at + SLICE_BYTES);
    return;
  }
  if (typeof data !== "string") {
    const rule = "the data must be text or a Uint8Array, or a ReadableStream of these";
    throw new TypeError(cannot("write", path, rule));
  }
  if (!data.isWellFormed()) {
    const rule = "the text holds half of a surrogate pair, which has no UTF-8";
    throw new EncodingError(cannot("write", path, rule), path);
  }
  const encoder = new TextEncoder();
  for (let at = 0, end = 0; at < data.length; at = end) {
    end = at + SLICE_BYTES;
    if (isHighSurrogate(data.charCodeAt(end - 1))) end++;
    yield encoder.encode(data.slice(at, end));
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

/** Whether this is no more than one slice. */
export function isShort(data: FileContent): data is string | Uint8Array {
  return (typeof data === "string" || data instanceof Uint8Array) && data.length <= SLICE_BYTES;
}

/** Short files are read into this, at once; with room for a byte more, which tells that there are more. */
const short = new Uint8Array(SLICE_BYTES + 1);

/** All of a file that was just opened and looked at. `path` is for errors. */
export async function readAll(
  path: string,
  file: SourceFile,
  stat: FileStat,
): Promise<Uint8Array<ArrayBuffer>> {
  const read = (into: Uint8Array, enough?: number) =>
    attempt("read", path, () => file.read(into, enough));
  if (stat.size > 0 && stat.size <= SLICE_BYTES) {
    if (read(short, stat.size) === stat.size) return short.slice(0, stat.size);
    file.seek(0);
  }
  const slices = new Slices();
  let bytes = attempt("read", path, () => new Uint8Array(file.stat().size));
  let length = 0;
  for (;;) {
    const slice = bytes.subarray(length, length + SLICE_BYTES);
    const count = read(slice);
    length += count;
    if (count < slice.length) return bytes.slice(0, length);
    if (length === bytes.length) {
      // The file may have grown since its size was asked: only a read that gives nothing is the end.
      const next = new Uint8Array(1);
      if (read(next) === 0) return bytes;
      const longer = new Uint8Array(Math.max(2 * length, SLICE_BYTES));
      longer.set(bytes);
      longer.set(next, length++);
      bytes = longer;
    }
    if (slices.due) await slices.rest();
  }
}

/** Copies the rest of an open file to where another stands. */
export async function copyRest(
  path: string,
  from: SourceFile,
  to: Pick<OpenFile, "write">,
): Promise<void> {
  const slices = new Slices();
  const { size } = attempt("read", path, () => from.stat());
  const buffer = new Uint8Array(Math.min(size + 1, SLICE_BYTES));
  for (let count = buffer.length; count === buffer.length;) {
    count = attempt("read", path, () => from.read(buffer));
    attempt("write", path, () => to.write(buffer.subarray(0, count)));
    if (slices.due) await slices.rest();
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}

/** Decodes what is there at once. */
const utf8 = newDecoder();

/**
 * The bytes of the file at `path` as text; a byte order mark is kept, so that what is read can be
 * written back.
 *
 * @throws {EncodingError} where they are not UTF-8.
 */
export async function decodeText(path: string, bytes: Uint8Array): Promise<string> {
  const decoder = bytes.length <= SLICE_BYTES ? utf8 : newDecoder();
  const slices = new Slices();
  const parts: string[] = [];
  try {
    for (let at = 0; at === 0 || at < bytes.length; at += SLICE_BYTES) {
      const end = at + SLICE_BYTES;
      parts.push(decoder.decode(bytes.subarray(at, end), { stream: end < bytes.length }));
      if (slices.due) await slices.rest();
    }
  } catch (cause) {
    const rule = "its bytes are not UTF-8; read them with readBytes";
    const asked = rooted(path);
    throw new EncodingError(cannot("read as text", asked, rule), asked, { cause });
  }
  return attempt("read as text", rooted(path), () => parts.join(""));
}
