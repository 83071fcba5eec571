/**
 * Git's indent heuristic: where a group of changed lines looks best, judged by the indentation and
 * the blank lines around its two ends. The weights were found by git's authors, by trying them on
 * many diffs that people had rated.
 *
 * @module
 */

import type { Side } from "./line_split.ts";

const MAX_INDENT = 200;
const MAX_BLANKS = 20;
/** The indent of a line with nothing but white space; also of what is beyond the file. */
const BLANK = -1;
const NOT_MEASURED = -2;

const START_OF_FILE = 1;
const END_OF_FILE = 21;
const EACH_BLANK = -30;
const EACH_BLANK_AFTER = 6;
const INDENTED = -4;
const INDENTED_AFTER_BLANK = 10;
const BLOCK_START = 24;
const BLOCK_START_AFTER_BLANK = 17;
const BLOCK_END = 23;
const BLOCK_END_AFTER_BLANK = 17;
const INDENT_WEIGHT = 60;

/** How bad it looks to begin or end a group somewhere; less is better. */
interface Badness {
  indent: number;
  penalty: number;
}

/** What stands around the place between two lines. */
interface Surroundings {
  /** Of the line below. */
  readonly indent: number;
  readonly isEnd: boolean;
  readonly blanksBefore: number;
  readonly indentBefore: number;
  /** Below the line below. */
  readonly blanksAfter: number;
  readonly indentAfter: number;
}

/** The lines of a file, as far as their indentation matters. */
export class IndentedLines {
  readonly #side: Side;
  /** What was measured already, made when it is first needed. */
  #indents: Int16Array | null = null;

  constructor(side: Side) {
    this.#side = side;
  }

  /** The best place for a group of `size` lines to end, from `first` to `last`. */
  bestEnd(first: number, last: number, size: number): number {
    let best = first;
    let least: Badness | null = null;
    for (let end = first; end <= last; end++) {
      const badness = { indent: 0, penalty: 0 };
      addBadness(badness, this.#around(end));
      addBadness(badness, this.#around(end - size));
      if (least !== null && compareBadness(badness, least) > 0) continue;
      least = badness;
      best = end;
    }
    return best;
  }

  #around(place: number): Surroundings {
    const isEnd = place >= this.#side.count;
    const [blanksBefore, indentBefore] = this.#firstIndent(place, -1);
    const [blanksAfter, indentAfter] = this.#firstIndent(place, 1);
    const indent = isEnd ? BLANK : this.#indent(place);
    return { indent, isEnd, blanksBefore, indentBefore, blanksAfter, indentAfter };
  }

  /** How many blank lines there are next to `place` in a direction, and the indent behind them. */
  #firstIndent(place: number, direction: 1 | -1): [blanks: number, indent: number] {
    let blanks = 0;
    for (let line = place + direction; line >= 0 && line < this.#side.count; line += direction) {
      const indent = this.#indent(line);
      if (indent !== BLANK) return [blanks, indent];
      if (++blanks === MAX_BLANKS) return [blanks, 0];
    }
    return [blanks, BLANK];
  }

  #indent(line: number): number {
    this.#indents ??= new Int16Array(this.#side.count).fill(NOT_MEASURED);
    const known = this.#indents[line]!;
    if (known !== NOT_MEASURED) return known;
    return this.#indents[line] = measureIndent(this.#side, line);
  }
}

function measureIndent({ bytes, starts }: Side, line: number): number {
  const end = starts[line + 1]!;
  let indent = 0;
  for (let at = starts[line]!; at < end; at++) {
    const byte = bytes[at];
    if (byte === 0x20) indent++;
    else if (byte === 0x09) indent += 8 - indent % 8;
    else if (byte !== 0x0a && byte !== 0x0d) return indent;
    if (indent >= MAX_INDENT) return MAX_INDENT;
  }
  return BLANK;
}

function addBadness(badness: Badness, around: Surroundings): void {
  const { isEnd, blanksBefore, indentBefore, blanksAfter, indentAfter } = around;
  const blanksBelow = around.indent === BLANK ? 1 + blanksAfter : 0;
  const blanks = blanksBefore + blanksBelow;
  const indent = around.indent === BLANK ? indentAfter : around.indent;
  if (indentBefore === BLANK && blanksBefore === 0) badness.penalty += START_OF_FILE;
  if (isEnd) badness.penalty += END_OF_FILE;
  badness.penalty += EACH_BLANK * blanks + EACH_BLANK_AFTER * blanksBelow;
  badness.indent += indent;
  if (indent === BLANK || indentBefore === BLANK || indent === indentBefore) return;
  if (indent > indentBefore) {
    badness.penalty += blanks > 0 ? INDENTED_AFTER_BLANK : INDENTED;
  } else if (indentAfter > indent) {
    badness.penalty += blanks > 0 ? BLOCK_START_AFTER_BLANK : BLOCK_START;
  } else {
    badness.penalty += blanks > 0 ? BLOCK_END_AFTER_BLANK : BLOCK_END;
  }
}

function compareBadness(a: Badness, b: Badness): number {
  return INDENT_WEIGHT * Math.sign(a.indent - b.indent) + (a.penalty - b.penalty);
}
