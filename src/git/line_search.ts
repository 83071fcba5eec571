/**
 * Finds the lines that two sides have in common, as Myers describes it in "An O(ND) Difference
 * Algorithm and Its Variations": from both corners of a box at once, until the paths meet; there the
 * box is split in two. What takes too long is split where it looks best, as git does, so that the time
 * grows with the lines and not with their square.
 *
 * A path is told by the diagonal it is on (its place in the old lines less that in the new ones) and
 * by how far it got there, as a place in the old lines.
 *
 * @module
 */

import { type Candidates, roughRoot } from "./line_candidates.ts";
import type { Steps } from "./steps.ts";

/** A part of both sides: from `oldStart` up to `oldEnd`, and the same for the new lines. */
interface Box {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
  /** Whether a split must be the best there is. */
  readonly exact: boolean;
}

/** Where a box is split, and which of its halves are known to be cheap enough to do exactly. */
interface Split {
  readonly old: number;
  readonly now: number;
  readonly firstExact: boolean;
  readonly secondExact: boolean;
}

/** So many equal lines in a row are taken for a real match. */
const LONG_MATCH = 20;
/** From this many edits on, a box may be split at a promising path. */
const PATIENT_EDITS = 256;
/** A path is promising when it got this many times as far as it has edits. */
const PROMISING = 4;
/** A box is given up after this many edits at the least. */
const LEAST_PATIENCE = 256;
/** No path has got here yet, from the end. */
const UNREACHED = 0x7fffffff;
/** Where no diagonal is. */
const NOWHERE = { low: 1, high: 0 };
/** How many diagonals, or matched lines, lie between two pauses. */
const PAUSE_WORK = 1 << 18;

/** Marks the candidates that have no match in their place as changed. */
export function* markChanges(old: Candidates, now: Candidates): Steps<void> {
  yield* new LineSearch(old, now).run();
}

class LineSearch {
  readonly #old: Candidates;
  readonly #now: Candidates;
  /** How far the paths from the start got, and those from the end, for each diagonal. */
  readonly #forward: Int32Array;
  readonly #backward: Int32Array;
  /** Diagonal 0 in both arrays. */
  readonly #zero: number;
  /** After so many edits a box is split anywhere. */
  readonly #patience: number;
  /** What has been done since the last pause. */
  #work = 0;
  /** Whether a path has just run through a long match. */
  #sawLongMatch = false;

  constructor(old: Candidates, now: Candidates) {
    this.#old = old;
    this.#now = now;
    const diagonals = old.lines.length + now.lines.length + 3;
    this.#forward = new Int32Array(diagonals);
    this.#backward = new Int32Array(diagonals);
    this.#zero = now.lines.length + 1;
    this.#patience = Math.max(roughRoot(diagonals), LEAST_PATIENCE);
  }

  *run(): Steps<void> {
    const todo: Box[] = [{
      oldStart: 0,
      oldEnd: this.#old.lines.length,
      newStart: 0,
      newEnd: this.#now.lines.length,
      exact: false,
    }];
    for (let next; (next = todo.pop()) !== undefined;) {
      const box = this.#withoutEqualEnds(next);
      const { oldStart, oldEnd, newStart, newEnd } = box;
      if (oldStart === oldEnd || newStart === newEnd) {
        markAll(this.#old, oldStart, oldEnd);
        markAll(this.#now, newStart, newEnd);
        continue;
      }
      const { old, now, firstExact, secondExact } = yield* this.#split(box);
      todo.push({ ...box, oldStart: old, newStart: now, exact: secondExact });
      todo.push({ ...box, oldEnd: old, newEnd: now, exact: firstExact });
      if (this.#pauseIsDue()) yield;
    }
  }

  #pauseIsDue(): boolean {
    if (this.#work < PAUSE_WORK) return false;
    this.#work = 0;
    return true;
  }

  #withoutEqualEnds(box: Box): Box {
    const old = this.#old.classes;
    const now = this.#now.classes;
    let { oldStart, oldEnd, newStart, newEnd } = box;
    while (oldStart < oldEnd && newStart < newEnd && old[oldStart] === now[newStart]) {
      oldStart++;
      newStart++;
    }
    while (oldStart < oldEnd && newStart < newEnd && old[oldEnd - 1] === now[newEnd - 1]) {
      oldEnd--;
      newEnd--;
    }
    this.#work += oldStart - box.oldStart + box.oldEnd - oldEnd + 1;
    return { oldStart, oldEnd, newStart, newEnd, exact: box.exact };
  }

  *#split(box: Box): Steps<Split> {
    const { oldStart, oldEnd, newStart, newEnd } = box;
    const least = oldStart - newEnd;
    const most = oldEnd - newStart;
    const front = new Front(oldStart - newStart, least, most);
    const back = new Front(oldEnd - newEnd, least, most);
    const meetsForward = ((front.middle - back.middle) & 1) !== 0;
    this.#forward[this.#zero + front.middle] = oldStart;
    this.#backward[this.#zero + back.middle] = oldEnd;
    for (let edits = 1;; edits++) {
      this.#sawLongMatch = false;
      front.widen(this.#forward, this.#zero, -1);
      const met = this.#goForward(box, front, meetsForward ? back : null);
      if (met !== null) return met;
      back.widen(this.#backward, this.#zero, UNREACHED);
      const metBack = this.#goBackward(box, back, meetsForward ? null : front);
      if (metBack !== null) return metBack;
      if (this.#pauseIsDue()) yield;
      if (box.exact) continue;
      if (this.#sawLongMatch && edits > PATIENT_EDITS) {
        const promising = this.#promisingFront(box, front, edits) ??
          this.#promisingBack(box, back, edits);
        if (promising !== null) return promising;
      }
      if (edits >= this.#patience) return this.#furthest(box, front, back);
    }
  }

  /** One more edit on every path from the start; the split, where one meets a path of `other`. */
  #goForward(box: Box, front: Front, other: Front | null): Split | null {
    const { oldEnd, newEnd } = box;
    const [old, now] = [this.#old.classes, this.#now.classes];
    const [forward, backward, zero] = [this.#forward, this.#backward, this.#zero];
    const { low, high } = other ?? NOWHERE;
    let [matched, longest] = [0, 0];
    for (let diagonal = front.high; diagonal >= front.low; diagonal -= 2) {
      const at = zero + diagonal;
      const deleted = forward[at - 1]! + 1;
      const inserted = forward[at + 1]!;
      const from = deleted > inserted ? deleted : inserted;
      let x = from;
      let y = x - diagonal;
      while (x < oldEnd && y < newEnd && old[x] === now[y]) {
        x++;
        y++;
      }
      matched += x - from;
      if (x - from > longest) longest = x - from;
      forward[at] = x;
      if (low <= diagonal && diagonal <= high && backward[at]! <= x) {
        return { old: x, now: y, firstExact: true, secondExact: true };
      }
    }
    this.#note(front, matched, longest);
    return null;
  }

  /** The same from the end. */
  #goBackward(box: Box, back: Front, other: Front | null): Split | null {
    const { oldStart, newStart } = box;
    const [old, now] = [this.#old.classes, this.#now.classes];
    const [forward, backward, zero] = [this.#forward, this.#backward, this.#zero];
    const { low, high } = other ?? NOWHERE;
    let [matched, longest] = [0, 0];
    for (let diagonal = back.high; diagonal >= back.low; diagonal -= 2) {
      const at = zero + diagonal;
      const inserted = backward[at - 1]!;
      const deleted = backward[at + 1]! - 1;
      const from = inserted <= deleted ? inserted : deleted;
      let x = from;
      let y = x - diagonal;
      while (x > oldStart && y > newStart && old[x - 1] === now[y - 1]) {
        x--;
        y--;
      }
      matched += from - x;
      if (from - x > longest) longest = from - x;
      backward[at] = x;
      if (low <= diagonal && diagonal <= high && x <= forward[at]!) {
        return { old: x, now: y, firstExact: true, secondExact: true };
      }
    }
    this.#note(back, matched, longest);
    return null;
  }

  /** Notes what a step over all diagonals of a front came to. */
  #note({ low, high }: Front, matched: number, longest: number): void {
    this.#work += high - low + matched;
    if (longest > LONG_MATCH) this.#sawLongMatch = true;
  }

  /** The end of the path from the start that got far for its edits, by a long match at its end. */
  #promisingFront(box: Box, front: Front, edits: number): Split | null {
    const { oldStart, oldEnd, newStart, newEnd } = box;
    let best = PROMISING * edits;
    let split: Split | null = null;
    for (let diagonal = front.high; diagonal >= front.low; diagonal -= 2) {
      const x = this.#forward[this.#zero + diagonal]!;
      const y = x - diagonal;
      const gain = x - oldStart + y - newStart - Math.abs(diagonal - front.middle);
      if (gain <= best || x < oldStart + LONG_MATCH || x >= oldEnd) continue;
      if (y < newStart + LONG_MATCH || y >= newEnd) continue;
      if (!this.#isMatch(x - LONG_MATCH, y - LONG_MATCH)) continue;
      best = gain;
      split = { old: x, now: y, firstExact: true, secondExact: false };
    }
    return split;
  }

  /** The same from the end. */
  #promisingBack(box: Box, back: Front, edits: number): Split | null {
    const { oldStart, oldEnd, newStart, newEnd } = box;
    let best = PROMISING * edits;
    let split: Split | null = null;
    for (let diagonal = back.high; diagonal >= back.low; diagonal -= 2) {
      const x = this.#backward[this.#zero + diagonal]!;
      const y = x - diagonal;
      const gain = oldEnd - x + newEnd - y - Math.abs(diagonal - back.middle);
      if (gain <= best || x <= oldStart || x > oldEnd - LONG_MATCH) continue;
      if (y <= newStart || y > newEnd - LONG_MATCH) continue;
      if (!this.#isMatch(x, y)) continue;
      best = gain;
      split = { old: x, now: y, firstExact: false, secondExact: true };
    }
    return split;
  }

  /** Whether a long match starts at these lines. */
  #isMatch(x: number, y: number): boolean {
    for (let at = 0; at < LONG_MATCH; at++) {
      if (this.#old.classes[x + at] !== this.#now.classes[y + at]) return false;
    }
    return true;
  }

  /** The end of the path that got furthest, from either corner. */
  #furthest(box: Box, front: Front, back: Front): Split {
    const { oldStart, oldEnd, newStart, newEnd } = box;
    let [reached, reachedOld] = [-1, -1];
    for (let diagonal = front.high; diagonal >= front.low; diagonal -= 2) {
      const x = Math.min(this.#forward[this.#zero + diagonal]!, oldEnd, newEnd + diagonal);
      if (reached < 2 * x - diagonal) [reached, reachedOld] = [2 * x - diagonal, x];
    }
    let [left, leftOld] = [UNREACHED, UNREACHED];
    for (let diagonal = back.high; diagonal >= back.low; diagonal -= 2) {
      const x = Math.max(this.#backward[this.#zero + diagonal]!, oldStart, newStart + diagonal);
      if (2 * x - diagonal < left) [left, leftOld] = [2 * x - diagonal, x];
    }
    return oldEnd + newEnd - left < reached - (oldStart + newStart)
      ? { old: reachedOld, now: reached - reachedOld, firstExact: true, secondExact: false }
      : { old: leftOld, now: left - leftOld, firstExact: false, secondExact: true };
  }
}

/** The diagonals that the paths from one corner have spread over. */
class Front {
  /** The diagonal of the corner. */
  readonly middle: number;
  low: number;
  high: number;
  readonly #least: number;
  readonly #most: number;

  constructor(middle: number, least: number, most: number) {
    this.middle = this.low = this.high = middle;
    this.#least = least;
    this.#most = most;
  }

  /**
   * Spreads by one diagonal to either side. At the edge of the box it shrinks instead, as every other
   * diagonal is skipped. `unreached` is put beyond, so that nothing comes from there.
   */
  widen(reached: Int32Array, zero: number, unreached: number): void {
    if (this.low > this.#least) reached[zero + --this.low - 1] = unreached;
    else this.low++;
    if (this.high < this.#most) reached[zero + ++this.high + 1] = unreached;
    else this.high--;
  }
}

function markAll({ side, lines }: Candidates, start: number, end: number): void {
  for (let at = start; at < end; at++) side.changed[lines[at]!] = 1;
}
