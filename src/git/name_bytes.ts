/**
 * File names between git's bytes and our text, without loss: a byte that is not UTF-8 becomes a
 * lone surrogate, U+DC80 to U+DCFF, and goes back as it came. `name.isWellFormed()` tells such
 * names, which Deno cannot open, from the others.
 *
 * @module
 */

import { Buffer } from "node:buffer";

const ESCAPE = 0xdc00;
const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name as git stores it, as text. */
export function decodeName(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return text.includes("\ufffd") ? decodeEscaping(bytes) : text;
}

/** Decodes one character at a time, since only single bytes are escaped, not their neighbours. */
function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const [character, length] = decodeCharacter(bytes, at);
    text += character;
    at += length;
  }
  return text;
}

function decodeCharacter(bytes: Uint8Array, at: number): [text: string, length: number] {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      return [strict.decode(bytes.subarray(at, at + length)), length];
    } catch {
      // Too short for this character, or no character at all.
    }
  }
  return [String.fromCharCode(ESCAPE + (bytes[at] ?? 0)), 1];
}

/** The bytes of a name that {@linkcode decodeName} gave, or of any other text. */
export function encodeName(name: string): Uint8Array {
  if (name.isWellFormed()) return encoder.encode(name);
  const parts = Array.from(name, (character) => {
    const escaped = character.charCodeAt(0) - ESCAPE;
    const isEscape = character.length === 1 && escaped >= 0x80 && escaped <= 0xff;
    return isEscape ? Uint8Array.of(escaped) : encoder.encode(character);
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** Writes the bytes of a name, at most three for each unit of text, to the start of `target`; returns how many. */
export function writeName(name: string, target: Uint8Array): number {
  if (name.isWellFormed()) return encoder.encodeInto(name, target).written;
  const bytes = encodeName(name);
  target.set(bytes);
  return bytes.length;
}

/** The bytes of many names, none with a NUL in it; several times as fast as one by one. */
export function encodeNames(names: readonly string[]): Uint8Array[] {
  const text = names.join("\0");
  if (!text.isWellFormed()) return names.map(encodeName);
  const bytes = encoder.encode(text);
  let start = 0;
  return names.map(() => {
    const nul = bytes.indexOf(0, start);
    const name = bytes.subarray(start, nul < 0 ? bytes.length : nul);
    start += name.length + 1;
    return name;
  });
}
