/**
 * Which lines differ between two byte arrays: what `git diff` says with its default settings, line for
 * line. Git's xdiff decides it in these steps, and what each of them decides shows in the result.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { chooseCandidates } from "./line_candidates.ts";
import { settleGroups } from "./line_groups.ts";
import { markChanges } from "./line_search.ts";
import { type Pair, type Side, splitPair } from "./line_split.ts";
import type { Steps } from "./steps.ts";

export { MOST_LINES } from "./line_split.ts";

/** A run of lines that was replaced by another; either may be empty. */
export interface LineChange {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Two files as lines, and what changed. */
export interface LineDiff {
  readonly old: Side;
  readonly now: Side;
  /** In the order of the lines; at least one line that is the same lies between two. */
  readonly changes: readonly LineChange[];
}

/** Compares two files line by line; `null` where one has more than {@linkcode MOST_LINES} lines. */
export function* diffLines(oldBytes: Uint8Array, newBytes: Uint8Array): Steps<LineDiff | null> {
  const pair = yield* splitPair(oldBytes, newBytes);
  if (pair === null) return null;
  const { old, now } = pair;
  yield* markChanges(...yield* chooseCandidates(pair));
  yield* settleGroups(old, now);
  yield* settleGroups(now, old);
  return { old, now, changes: collectChanges(pair) };
}

function collectChanges({ old, now }: Pair): LineChange[] {
  const changes: LineChange[] = [];
  for (let x = 0, y = 0; x < old.count || y < now.count; x++, y++) {
    const [oldStart, newStart] = [x, y];
    while (x < old.count && old.changed[x] === 1) x++;
    while (y < now.count && now.changed[y] === 1) y++;
    if (x > oldStart || y > newStart) {
      changes.push({ oldStart, oldEnd: x, newStart, newEnd: y });
    }
  }
  return changes;
}

const TAIL_BLOCK = 1024;
const NEWLINE = 0x0a;

/**
 * Both files without what is equal at their ends, in whole blocks and up to the end of a line. Git does
 * this where no context is shown; what is left is compared alone, which shows in where groups settle.
 */
export function withoutCommonTail(
  old: Uint8Array,
  now: Uint8Array,
): [old: Uint8Array, now: Uint8Array] {
  const shorter = Math.min(old.length, now.length);
  let cut = 0;
  while (cut + TAIL_BLOCK <= shorter && sameBlock(old, now, cut)) cut += TAIL_BLOCK;
  if (cut > 0) {
    const tail = old.subarray(old.length - cut);
    const newline = tail.indexOf(NEWLINE);
    cut -= newline < 0 ? cut : newline + 1;
  }
  return [old.subarray(0, old.length - cut), now.subarray(0, now.length - cut)];
}

/** Whether the blocks are equal that end so far from the ends. */
function sameBlock(old: Uint8Array, now: Uint8Array, fromEnd: number): boolean {
  const [oldEnd, newEnd] = [old.length - fromEnd, now.length - fromEnd];
  const block = old.subarray(oldEnd - TAIL_BLOCK, oldEnd);
  return Buffer.compare(block, now.subarray(newEnd - TAIL_BLOCK, newEnd)) === 0;
}
