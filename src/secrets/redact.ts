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

/** The text without what looks like a secret, as README lists it; a second time it stays as it is. */
export function redactText(text: string): string {
  return hideNamed(hidePatterns(text));
}
