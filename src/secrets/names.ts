/**
 * Secrets that can be told by the name in front of them: `--token x`, `API_KEY=x`, `"password": "x"`.
 *
 * @module
 */

import { REDACTED } from "./patterns.ts";
import { matchEnd, valueSpan } from "./value.ts";

/** A plural is none: `max_tokens` is a number of words. */
const WORD =
  "(?:pass(?:word|wd|phrase|code)|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|" +
  "secret[_-]?key|signing[_-]?key|encryption[_-]?key|credentials?|authorization|cookie|" +
  "(?<=[_-])pwd|(?<=[_-])pass(?!-)|(?<=_)auth)(?![a-z])";

const ANY_WORD = new RegExp(WORD, "gi");
const HAS_WORD = new RegExp(WORD, "i");

const REST_OF_NAME = /[\w.-]{0,40}/y;
/** What comes between a name and its value: quotes, and a colon or `=`. */
const ASSIGNS = /(?:\\?["'])?[ \t]{0,8}(?:=>|:=|[:=](?!=))[ \t]{0,8}/y;
const SPACE = /[ \t\r\n]{1,8}(?=[^\s-])/y;
/** What an option begins with, and a key that is set by a word of its own: `set //host/:_authToken x`. */
const OPTION = /(?:--|(?<![^\s"'`(\[,])-)[\w-]*$|(?::|\bset[ \t]{1,8})_\w*$/;
/** What is replaced already; a fragment of a URL can be behind it. */
const HIDDEN = /\[redacted\](?=#|$)/y;
const MAX_NAME = 60;

/** Whether a name says that its value is a secret. */
export function isSecretName(name: string): boolean {
  return name.length <= 200 && HAS_WORD.test(name);
}

/** Whether an argument of a command is an option whose value is a secret and comes next. */
export function isSecretOption(argument: string): boolean {
  return /^--?[\w.-]+$|:_\w+$/.test(argument) && isSecretName(argument);
}

/** The text without the secrets that a name in front of them gives away. */
export function hideNamed(text: string): string {
  let hidden = "";
  let done = 0;
  ANY_WORD.lastIndex = 0;
  for (let word = ANY_WORD.exec(text); word !== null; word = ANY_WORD.exec(text)) {
    const end = matchEnd(REST_OF_NAME, text, ANY_WORD.lastIndex)!;
    // The rest of a name is not looked at again, or a long one would be for each of its words.
    ANY_WORD.lastIndex = end;
    const start = valueStart(text, word.index, end);
    if (start === null) continue;
    const value = valueSpan(text, start);
    if (value.end === value.start || isHidden(text.slice(value.start, value.end))) continue;
    hidden += text.slice(done, value.start) + REDACTED;
    done = ANY_WORD.lastIndex = value.end;
  }
  return hidden + text.slice(done);
}

/** Where the value of the name begins that has this word in it and ends at `end`; `null` where it has none. */
function valueStart(text: string, word: number, end: number): number | null {
  const assigned = matchEnd(ASSIGNS, text, end);
  if (assigned !== null) return assigned;
  const spaced = matchEnd(SPACE, text, end);
  const isOption = spaced !== null &&
    OPTION.test(text.slice(Math.max(0, word - MAX_NAME), word));
  return isOption ? spaced : null;
}

function isHidden(value: string): boolean {
  return matchEnd(HIDDEN, value, 0) !== null;
}
