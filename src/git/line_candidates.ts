/**
 * Which lines are worth searching a match for. The equal lines at both ends need none, a line that the
 * other side does not have can have none, and a line that comes very often is left out where its
 * neighbours are left out as well. That keeps the search small, and for unrelated files makes it
 * nothing at all.
 *
 * @module
 */

import type { Pair, Side } from "./line_split.ts";
import type { Steps } from "./steps.ts";

/** The lines of one side that take part in the search. */
export interface Candidates {
  readonly side: Side;
  /** Their numbers in the file, and what they say. */
  readonly lines: Uint32Array;
  readonly classes: Uint32Array;
}

/** What is said of a line before the choice. */
const UNMATCHED = 0;
const MATCHED = 1;
const FREQUENT = 2;

/** A line that comes so often on the other side is frequent, whatever the size of the file. */
const ALWAYS_FREQUENT = 1024;
/** How far the neighbours of a frequent line are looked at. */
const NEIGHBOURS = 100;
/** A frequent line goes when less than a quarter of the lines around it are frequent ones. */
const FREQUENT_WEIGHT = 4;
const PAUSE_LINES = 1 << 12;

/** Marks the lines that have no match as changed; returns those to search one for. */
export function* chooseCandidates(pair: Pair): Steps<[old: Candidates, now: Candidates]> {
  const { old, now, oldCounts, newCounts } = pair;
  const start = commonStart(old, now);
  const tail = commonTail(old, now, start);
  const oldLines = yield* choose(old, start, old.count - tail, newCounts);
  const newLines = yield* choose(now, start, now.count - tail, oldCounts);
  return [oldLines, newLines];
}

function commonStart(old: Side, now: Side): number {
  const limit = Math.min(old.count, now.count);
  let start = 0;
  while (start < limit && old.classes[start] === now.classes[start]) start++;
  return start;
}

function commonTail(old: Side, now: Side, start: number): number {
  const limit = Math.min(old.count, now.count) - start;
  let tail = 0;
  while (
    tail < limit && old.classes[old.count - 1 - tail] === now.classes[now.count - 1 - tail]
  ) tail++;
  return tail;
}

function* choose(
  side: Side,
  start: number,
  end: number,
  countsThere: Uint32Array,
): Steps<Candidates> {
  const { classes, changed } = side;
  const frequent = Math.min(roughRoot(side.count), ALWAYS_FREQUENT);
  const kinds = new Uint8Array(end - start);
  for (let line = start; line < end; line++) {
    const count = countsThere[classes[line]!]!;
    kinds[line - start] = count === 0 ? UNMATCHED : count >= frequent ? FREQUENT : MATCHED;
  }
  const lines = new Uint32Array(end - start);
  let chosen = 0;
  for (let at = 0; at < kinds.length; at++) {
    const kind = kinds[at];
    if (kind === MATCHED || (kind === FREQUENT && !isNoise(kinds, at))) {
      lines[chosen++] = start + at;
    } else {
      changed[start + at] = 1;
    }
    if (at % PAUSE_LINES === PAUSE_LINES - 1) yield;
  }
  const kept = lines.slice(0, chosen);
  return { side, lines: kept, classes: kept.map((line) => classes[line]!) };
}

/** Whether the frequent line `at` stands among lines without a match, on both sides of it. */
function isNoise(kinds: Uint8Array, at: number): boolean {
  const before = neighbours(kinds, at, -1);
  if (before.unmatched === 0) return false;
  const after = neighbours(kinds, at, 1);
  if (after.unmatched === 0) return false;
  const unmatched = before.unmatched + after.unmatched;
  const frequent = before.frequent + after.frequent;
  return frequent * FREQUENT_WEIGHT < frequent + unmatched;
}

/** What stands next to a frequent line in one direction, itself counted, up to a line with a match. */
function neighbours(
  kinds: Uint8Array,
  at: number,
  direction: 1 | -1,
): { unmatched: number; frequent: number } {
  let unmatched = 0;
  let frequent = 1;
  for (let distance = 1; distance <= NEIGHBOURS; distance++) {
    const next = at + direction * distance;
    const kind = next < 0 || next >= kinds.length ? MATCHED : kinds[next];
    if (kind === MATCHED) break;
    if (kind === FREQUENT) frequent++;
    else unmatched++;
  }
  return { unmatched, frequent };
}

/** A power of two that is not far above the square root. */
export function roughRoot(value: number): number {
  let root = 1;
  for (let rest = value; rest > 0; rest >>= 2) root *= 2;
  return root;
}
