/**
 * The content of files, handled a slice at a time: a big file neither fills the memory nor holds the
 * event loop.
 *
 * @module
 */

import { EncodingError } from "../errors.ts";
import { byteLength } from "../paths.ts";
import type { OpenFile } from "../platform/fs.ts";
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

/** The bytes that this has; `undefined` where to count them would take as long as to write them. */
export function knownSize(data: FileContent): number | undefined {
  if (data instanceof Uint8Array) return data.length;
  return typeof data === "string" && data.length <= SLICE_BYTES ? byteLength(data) : undefined;
}

/** All of a file, from where it stands. `path` is for errors. */
export async function readAll(path: string, file: SourceFile): Promise<Uint8Array<ArrayBuffer>> {
  const slices = new Slices();
  const read = (into: Uint8Array) => attempt("read", path, () => file.read(into));
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

/**
 * The bytes of the file at `path` as text; a byte order mark is kept, so that what is read can be
 * written back.
 *
 * @throws {EncodingError} where they are not UTF-8.
 */
export async function decodeText(path: string, bytes: Uint8Array): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
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
