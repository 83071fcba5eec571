/**
 * Replaces what looks like a secret, in texts that are written down or said aloud.
 *
 * This is a net with holes: a password that stands alone looks like any other word. Every kind of text is
 * searched in time that grows with its length only, since agents choose the texts.
 *
 * @module
 */

import { hideNamed } from "./names.ts";
import { hidePatterns } from "./patterns.ts";

/** The digits of an id, which every change of a file has two of; no secret that can be told has no more. */
const HEXADECIMAL = /^[0-9a-f]*$/;

/** The text without what looks like a secret, as README lists it; a second time it stays as it is. */
export function redactText(text: string): string {
  return HEXADECIMAL.test(text) ? text : hideNamed(hidePatterns(text));
}
