/**
 * How far a value goes: to the end of a string, or of a word as shells join it of parts.
 *
 * Each reading goes forward only, and what has no end goes to the end of the text.
 *
 * @module
 */

/** Where a value is in its text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The quote of a string inside a string. */
const INNER_QUOTE = /\\["']/y;
const IN_INNER_STRING = /\\\\(?:\\["'])?|\\["']/g;

const PLAIN = /\[redacted\]|[^\s"'`&;,|<>(){}\]\\$]+|\$(?![({'"])/y;
const ESCAPE = /\\[^]?/y;
/** What ends a list or a table, but not where a word goes on behind it. */
const JOINS = /[{}\]](?=\w)|,(?=\w)(?!\w{1,40}[=:])/y;
/** A quote before one of these closes what the whole word is in. */
const CLOSES = /(?:\\?["']|`)(?=[\s,;:)}\]&|<>]|$)/y;

const NESTED = /\\[^]?|\$[({']|["'(){}]|[^\\$"'(){}]+|\$/y;
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["$'", "'"],
  ["$(", ")"],
  ["(", ")"],
  ["${", "}"],
]);

/** The value that begins at `at`, without its quotes where it is in one pair of them. */
export function valueSpan(text: string, at: number): Span {
  if (matchEnd(INNER_QUOTE, text, at) !== null) return innerString(text, at);
  const quote = text[at];
  const isQuoted = quote === '"' || quote === "'";
  const first = isQuoted ? partEnd(text, at, true)! : at;
  const end = wordEnd(text, at, first);
  if (!isQuoted || end > first) return { start: at, end };
  const isClosed = end > at + 1 && text[end - 1] === quote;
  return { start: at + 1, end: isClosed ? end - 1 : end };
}

/** Where `pattern` ends that begins at `at`; `null` where it does not. */
export function matchEnd(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function innerString(text: string, at: number): Span {
  const start = at + 2;
  const quote = text.slice(at, start);
  IN_INNER_STRING.lastIndex = start;
  for (let met = IN_INNER_STRING.exec(text); met !== null; met = IN_INNER_STRING.exec(text)) {
    if (met[0] === quote) return { start, end: met.index };
  }
  return { start, end: text.length };
}

/** Where the word ends that began at `start` and is read up to `at`. */
function wordEnd(text: string, start: number, at: number): number {
  let end = at;
  while (end < text.length) {
    const next = matchEnd(PLAIN, text, end) ?? partEnd(text, end, end === start);
    if (next === null) break;
    end = next;
  }
  return end;
}

/** Where a part of a word ends that is more than plain characters; `null` where the word ended before it. */
function partEnd(text: string, at: number, isFirst: boolean): number | null {
  if (!isFirst && matchEnd(CLOSES, text, at) !== null) return null;
  switch (text[at]) {
    case "\\":
      return matchEnd(ESCAPE, text, at);
    case "$":
      return nestedEnd(text, text[at + 1] === '"' ? at + 1 : at);
    case '"':
      return nestedEnd(text, at);
    case "'":
    case "`": {
      const close = text.indexOf(text[at]!, at + 1);
      if (close >= 0) return close + 1;
      return isFirst ? text.length : null;
    }
    default:
      return isFirst ? null : matchEnd(JOINS, text, at);
  }
}

/** Where what opens at `start` closes, with all that is opened inside of it. */
function nestedEnd(text: string, start: number): number {
  const open: string[] = [];
  let at = start;
  while (at < text.length) {
    const end = matchEnd(NESTED, text, at)!;
    const piece = text.slice(at, end);
    at = end;
    const within = open.at(-1);
    if (piece === within) {
      open.pop();
      if (open.length === 0) return at;
    } else if (within === "'") continue;
    else if (within === '"' && piece !== "$(" && piece !== "${") continue;
    else if (piece === "'") {
      const close = text.indexOf("'", at);
      at = close < 0 ? text.length : close + 1;
    } else if (CLOSERS.has(piece)) open.push(CLOSERS.get(piece)!);
  }
  return text.length;
}
