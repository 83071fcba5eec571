/**
 * The classes of git's patterns, such as `[a-z]` and `[![:digit:]]`: which bytes they take.
 *
 * Git's `wildmatch` is older than Unicode here: a class takes one byte of a name's UTF-8, and no byte
 * above 127 is a letter.
 *
 * @module
 */

/** The bytes of each POSIX class: the first and the last of a range, and so on. */
const POSIX_CLASSES = new Map([
  ["alnum", "09AZaz"],
  ["alpha", "AZaz"],
  ["blank", "\t\t  "],
  ["cntrl", "\0\x1f\x7f\x7f"],
  ["digit", "09"],
  ["graph", "!~"],
  ["lower", "az"],
  ["print", " ~"],
  ["punct", "!/:@[`{~"],
  // Unlike in C, no vertical tab and no form feed.
  ["space", "\t\n\r\r  "],
  ["upper", "AZ"],
  ["xdigit", "09AFaf"],
]);

/**
 * Reads the class that opens at `start` of a pattern, given as one character a byte: a table that
 * holds 1 for each byte that it takes, and where it closes.
 *
 * @returns `null` where it is not closed, or names no POSIX class: git lets such a pattern fit nothing.
 */
export function parseByteClass(
  pattern: string,
  start: number,
): { table: Uint8Array; end: number } | null {
  const table = new Uint8Array(256);
  const add = (first: number, last: number) => {
    if (first <= last) table.fill(1, first, last + 1);
  };
  let at = start + 1;
  const negated = pattern[at] === "!" || pattern[at] === "^";
  if (negated) at++;
  /** The member before, where a `-` behind it makes a range. */
  let previous: number | null = null;
  // A `]` that comes first is a member.
  for (const first = at; at === first || pattern[at] !== "]"; at++) {
    const name = posixName(pattern, at);
    if (name !== null) {
      const ranges = POSIX_CLASSES.get(name);
      if (ranges === undefined) return null;
      for (let i = 0; i < ranges.length; i += 2) {
        add(ranges.charCodeAt(i), ranges.charCodeAt(i + 1));
      }
      previous = null;
      at += "[::".length + name.length;
      continue;
    }
    const isRange = pattern[at] === "-" && pattern[at + 1] !== "]";
    const rangeStart: number | null = isRange ? previous : null;
    if (rangeStart !== null) at++;
    if (pattern[at] === "\\") at++;
    if (at >= pattern.length) return null;
    const byte = pattern.charCodeAt(at);
    add(rangeStart ?? byte, byte);
    previous = rangeStart === null ? byte : null;
  }
  return { table: negated ? table.map((taken) => 1 - taken) : table, end: at };
}

/** What stands between `[:` and `:]` at `at`; `null` where nothing of the kind does. */
function posixName(pattern: string, at: number): string | null {
  if (!pattern.startsWith("[:", at)) return null;
  const close = pattern.indexOf("]", at + 2);
  return close > at + 2 && pattern[close - 1] === ":" ? pattern.slice(at + 2, close - 1) : null;
}
