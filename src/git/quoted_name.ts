/**
 * File names as git prints them: one with a control character, a quote, a backslash or anything beyond
 * ASCII goes into double quotes, its odd bytes as escapes.
 *
 * @module
 */

import { encodeName } from "./name_bytes.ts";

const ESCAPES = new Map(
  Object.entries({ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 0x22, "\\": 0x5c })
    .map(([letter, byte]) => [byte, `\\${letter}`]),
);

/** The name, quoted where git would; plain ASCII in any case. */
export function quoteName(name: string): string {
  if (/^[ !#-[\]-~]*$/.test(name)) return name;
  return `"${Array.from(encodeName(name), quoteByte).join("")}"`;
}

function quoteByte(byte: number): string {
  const isOdd = byte < 0x20 || byte > 0x7e;
  return ESCAPES.get(byte) ??
    (isOdd ? `\\${byte.toString(8).padStart(3, "0")}` : String.fromCharCode(byte));
}
