/**
 * Moves groups of changed lines to where people expect them. Which of several equal lines was added is
 * often open, so a group can slide up or down; git slides it to where it meets a change of the other
 * side, and else to where the indentation says that something begins.
 *
 * @module
 */

import { IndentedLines } from "./line_indent.ts";
import type { Side } from "./line_split.ts";
import type { Steps } from "./steps.ts";

/** No group is tried at more places than this. */
const FARTHEST = 100;
const PAUSE_MOVES = 1 << 15;

/** Slides the groups of changed lines of `side` to their best places; `other` is left as it is. */
export function* settleGroups(side: Side, other: Side): Steps<void> {
  const sliding = new Sliding(side, other);
  do {
    if (sliding.isEmpty) continue;
    yield* sliding.gather();
    sliding.settle();
    if (sliding.pauseIsDue()) yield;
  } while (sliding.next());
}

/** A run of changed lines, or the empty one between two lines that are not changed. */
class Group {
  start = 0;
  end = 0;
  readonly #changed: Uint8Array;
  readonly #classes: Uint32Array;
  readonly #count: number;

  /** The first group of a side. */
  constructor({ changed, classes, count }: Side) {
    this.#changed = changed;
    this.#classes = classes;
    this.#count = count;
    this.#growDown();
  }

  /** Goes to the next group; false at the end. */
  next(): boolean {
    if (this.end === this.#count) return false;
    this.start = this.end = this.end + 1;
    this.#growDown();
    return true;
  }

  /** Goes to the group before. */
  previous(): void {
    this.start = this.end = this.start - 1;
    this.#growUp();
  }

  /** Moves the run up by one line, where that means the same; it takes in a run that it meets. */
  slideUp(): boolean {
    const before = this.start - 1;
    if (before < 0 || this.#classes[before] !== this.#classes[this.end - 1]) return false;
    this.#changed[--this.start] = 1;
    this.#changed[--this.end] = 0;
    this.#growUp();
    return true;
  }

  /** The same, down. */
  slideDown(): boolean {
    const { start, end } = this;
    if (end >= this.#count || this.#classes[start] !== this.#classes[end]) return false;
    this.#changed[this.start++] = 0;
    this.#changed[this.end++] = 1;
    this.#growDown();
    return true;
  }

  #growUp(): void {
    while (this.start > 0 && this.#changed[this.start - 1] === 1) this.start--;
  }

  #growDown(): void {
    while (this.end < this.#count && this.#changed[this.end] === 1) this.end++;
  }
}

/** A group that slides, and the one of the other side that stands at the same place. */
class Sliding {
  readonly #group: Group;
  readonly #other: Group;
  readonly #indented: IndentedLines;
  /** Where the group ended at its highest place. */
  #highestEnd = 0;
  /** Whether the group met a change of the other side somewhere, from its highest place on down. */
  #metOther = false;
  #moves = 0;

  constructor(side: Side, other: Side) {
    this.#group = new Group(side);
    this.#other = new Group(other);
    this.#indented = new IndentedLines(side);
  }

  get isEmpty(): boolean {
    return this.#group.start === this.#group.end;
  }

  /** Goes to the next group; false at the end. */
  next(): boolean {
    this.#moves++;
    return this.#group.next() && this.#other.next();
  }

  pauseIsDue(): boolean {
    if (this.#moves < PAUSE_MOVES) return false;
    this.#moves = 0;
    return true;
  }

  /** Slides all the way up, then all the way down, until there is no group left to take in. */
  *gather(): Steps<void> {
    const group = this.#group;
    for (let size = -1; size !== group.end - group.start;) {
      size = group.end - group.start;
      while (this.#up()) if (this.pauseIsDue()) yield;
      this.#highestEnd = group.end;
      this.#metOther = this.#otherHasChange;
      while (this.#down()) {
        if (this.#otherHasChange) this.#metOther = true;
        if (this.pauseIsDue()) yield;
      }
    }
  }

  /** Slides up from the lowest place to the best one. */
  settle(): void {
    const group = this.#group;
    if (group.end === this.#highestEnd) return;
    if (this.#metOther) {
      while (!this.#otherHasChange) this.#up();
      return;
    }
    const size = group.end - group.start;
    const first = Math.max(this.#highestEnd, group.end - size - 1, group.end - FARTHEST);
    const best = this.#indented.bestEnd(first, group.end, size);
    while (group.end > best) this.#up();
  }

  get #otherHasChange(): boolean {
    return this.#other.end > this.#other.start;
  }

  #up(): boolean {
    this.#moves++;
    if (!this.#group.slideUp()) return false;
    this.#other.previous();
    return true;
  }

  #down(): boolean {
    this.#moves++;
    if (!this.#group.slideDown()) return false;
    this.#other.next();
    return true;
  }
}
