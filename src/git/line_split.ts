/**
 * Two byte arrays as lines, where equal lines have the same number: from here on a diff compares
 * numbers, never bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Steps } from "./steps.ts";

/** One side of a diff. */
export interface Side {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Where each line starts, and behind the last where it ends; a line has its newline with it. */
  readonly starts: Uint32Array;
  /** What each line says: equal lines of both sides have the same number. */
  readonly classes: Uint32Array;
  /** 1 for a line that the other side does not have in its place. */
  readonly changed: Uint8Array;
}

/** Both sides, and how often each class of lines comes in the whole of them. */
export interface Pair {
  readonly old: Side;
  readonly now: Side;
  readonly oldCounts: Uint32Array;
  readonly newCounts: Uint32Array;
}

const NEWLINE = 0x0a;
/** How much is hashed, or how many lines are compared, between two pauses. */
const PAUSE_BYTES = 1 << 20;
const PAUSE_LINES = 1 << 14;
/** To begin a line takes as long as to hash so many bytes. */
const LINE_OVERHEAD = 32;
/** What hashes start from; by chance, so that nobody can write many lines that share one. */
const SEED = Math.floor(Math.random() * 2 ** 32) | 0;
/** Longer lines are compared by `memcmp`, which costs a call but then is faster. */
const SHORT_LINE = 100;

/** Files with more lines are not compared: it would take seconds, and gigabytes. */
export const MOST_LINES = 2_000_000;

/** The lines of both sides, none marked as changed; `null` where there are too many. */
export function* splitPair(oldBytes: Uint8Array, newBytes: Uint8Array): Steps<Pair | null> {
  const old = yield* hashLines(oldBytes);
  const now = yield* hashLines(newBytes);
  if (old === null || now === null) return null;
  const classes = new LineClasses(old.count + now.count);
  const oldClasses = yield* classes.number(old);
  const newClasses = yield* classes.number(now);
  return {
    old: { ...old, classes: oldClasses, changed: new Uint8Array(old.count) },
    now: { ...now, classes: newClasses, changed: new Uint8Array(now.count) },
    oldCounts: classes.countOf(oldClasses),
    newCounts: classes.countOf(newClasses),
  };
}

interface HashedLines {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly starts: Uint32Array;
  readonly hashes: Int32Array;
}

function* hashLines(bytes: Uint8Array): Steps<HashedLines | null> {
  let starts = new Uint32Array(2 + (Math.min(bytes.length, MOST_LINES) >> 5));
  let hashes = new Int32Array(starts.length);
  let count = 0;
  let untilPause = PAUSE_BYTES;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    let hash = SEED;
    while (at < end) {
      const stop = Math.min(end, at + untilPause);
      hash = hashRange(hash, bytes, at, stop);
      untilPause -= stop - at + LINE_OVERHEAD;
      at = stop;
      if (untilPause > 0) continue;
      untilPause = PAUSE_BYTES;
      yield;
    }
    if (count === MOST_LINES) return null;
    if (count + 1 === starts.length) {
      starts = doubled(starts, new Uint32Array(starts.length * 2));
      hashes = doubled(hashes, new Int32Array(starts.length));
    }
    hashes[count++] = hash;
    starts[count] = end;
  }
  return { bytes, count, starts, hashes };
}

function doubled<Numbers extends Uint32Array | Int32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

function hashRange(hash: number, bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}

/** Gives equal lines the same number, by a hash table of the first line of each class. */
class LineClasses {
  readonly #mask: number;
  /** The class that a hash leads to, and from each class the next of that hash; one more than it. */
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #lines: HashedLines[] = [];
  readonly #firsts: Uint32Array;
  #count = 0;

  constructor(lines: number) {
    const size = 1 << Math.ceil(Math.log2(lines + 1));
    this.#mask = size - 1;
    this.#heads = new Uint32Array(size);
    this.#next = new Uint32Array(lines);
    this.#firsts = new Uint32Array(lines);
  }

  *number(lines: HashedLines): Steps<Uint32Array> {
    const classes = new Uint32Array(lines.count);
    for (let line = 0; line < lines.count; line++) {
      classes[line] = this.#classOf(lines, line);
      if (line % PAUSE_LINES === PAUSE_LINES - 1) yield;
    }
    return classes;
  }

  /** How many lines there are of each class. */
  countOf(classes: Uint32Array): Uint32Array {
    const counts = new Uint32Array(this.#count);
    for (const one of classes) counts[one]!++;
    return counts;
  }

  #classOf(lines: HashedLines, line: number): number {
    const hash = lines.hashes[line]!;
    const slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (let found = this.#heads[slot]!; found > 0; found = this.#next[found - 1]!) {
      const known = this.#lines[found - 1]!;
      const first = this.#firsts[found - 1]!;
      if (known.hashes[first] === hash && sameLine(known, first, lines, line)) return found - 1;
    }
    const added = this.#count++;
    this.#lines.push(lines);
    this.#firsts[added] = line;
    this.#next[added] = this.#heads[slot]!;
    this.#heads[slot] = added + 1;
    return added;
  }
}

function sameLine(a: HashedLines, lineA: number, b: HashedLines, lineB: number): boolean {
  const startA = a.starts[lineA]!;
  const startB = b.starts[lineB]!;
  const length = a.starts[lineA + 1]! - startA;
  if (length !== b.starts[lineB + 1]! - startB) return false;
  if (length > SHORT_LINE) {
    const bytesA = a.bytes.subarray(startA, startA + length);
    return Buffer.compare(bytesA, b.bytes.subarray(startB, startB + length)) === 0;
  }
  for (let at = 0; at < length; at++) {
    if (a.bytes[startA + at] !== b.bytes[startB + at]) return false;
  }
  return true;
}
