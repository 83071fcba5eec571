/**
 * The hunks of a patch: changes with the lines around them, as `git diff` writes them.
 *
 * @module
 */

import type { ByteParts } from "./byte_parts.ts";
import type { LineChange, LineDiff } from "./line_diff.ts";
import type { Side } from "./line_split.ts";
import type { Steps } from "./steps.ts";

const encoder = new TextEncoder();
const NO_NEWLINE = encoder.encode("\n\\ No newline at end of file\n");
const NEWLINE = 0x0a;
const SAME = encoder.encode(" ");
const DELETED = encoder.encode("-");
const ADDED = encoder.encode("+");
/** Git shows so many bytes of the function that a hunk is in. */
const FUNCTION_BYTES = 80;
const PAUSE_LINES = 1 << 13;

/** Writes the hunks of a file, with `context` lines around each. */
export function* writeHunks(
  parts: ByteParts,
  { old, now, changes }: LineDiff,
  context: number,
): Steps<void> {
  const heading = new FunctionHeading(old);
  for (const hunk of groupChanges(changes, context)) {
    const first = hunk[0]!;
    const last = hunk.at(-1)!;
    const oldStart = Math.max(0, first.oldStart - context);
    const newStart = Math.max(0, first.newStart - context);
    const after = Math.min(context, old.count - last.oldEnd, now.count - last.newEnd);
    const oldRange = range(oldStart, last.oldEnd + after);
    const newRange = range(newStart, last.newEnd + after);
    parts.add(encoder.encode(`@@ -${oldRange} +${newRange} @@`));
    yield* heading.write(parts, oldStart);
    let next = newStart;
    for (const change of hunk) {
      yield* writeLines(parts, SAME, now, next, change.newStart);
      yield* writeLines(parts, DELETED, old, change.oldStart, change.oldEnd);
      yield* writeLines(parts, ADDED, now, change.newStart, change.newEnd);
      next = change.newEnd;
    }
    yield* writeLines(parts, SAME, now, next, last.newEnd + after);
  }
}

/** Changes whose context would touch are in one hunk. */
function* groupChanges(changes: readonly LineChange[], context: number): Iterable<LineChange[]> {
  let hunk: LineChange[] = [];
  for (const change of changes) {
    const before = hunk.at(-1);
    if (before !== undefined && change.oldStart - before.oldEnd > 2 * context) {
      yield hunk;
      hunk = [];
    }
    hunk.push(change);
  }
  if (hunk.length > 0) yield hunk;
}

/** Lines from `start` up to `end` as git counts them: from one, an empty range after the line before. */
function range(start: number, end: number): string {
  const count = end - start;
  if (count === 1) return `${start + 1}`;
  return `${count === 0 ? start : start + 1},${count}`;
}

function* writeLines(
  parts: ByteParts,
  sign: Uint8Array,
  { bytes, starts }: Side,
  start: number,
  end: number,
): Steps<void> {
  for (let line = start; line < end; line++) {
    const content = bytes.subarray(starts[line]!, starts[line + 1]!);
    parts.add(sign);
    parts.add(content);
    if (content.at(-1) !== NEWLINE) parts.add(NO_NEWLINE);
    if (line % PAUSE_LINES === PAUSE_LINES - 1) yield;
  }
}

/** What stands behind the `@@` of a hunk: the line above it that looks like the head of a function. */
class FunctionHeading {
  readonly #side: Side;
  #found: Uint8Array = new Uint8Array();
  /** The lines before this one have been searched. */
  #searched = 0;

  constructor(side: Side) {
    this.#side = side;
  }

  /** Writes the heading of a hunk that starts at a line, and the end of the hunk's first line. */
  *write(parts: ByteParts, hunkStart: number): Steps<void> {
    const { bytes, starts } = this.#side;
    for (let line = hunkStart - 1; line >= this.#searched; line--) {
      if (line % PAUSE_LINES === PAUSE_LINES - 1) yield;
      if (!beginsFunction(bytes[starts[line]!]!)) continue;
      this.#found = bytes.subarray(starts[line]!, starts[line + 1]!).subarray(0, FUNCTION_BYTES);
      break;
    }
    this.#searched = hunkStart;
    const text = trimEnd(this.#found);
    if (text.length > 0) {
      parts.add(SAME);
      parts.add(text);
    }
    parts.add(encoder.encode("\n"));
  }
}

/** A letter, `_` or `$`. */
function beginsFunction(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f || byte === 0x24;
}

function trimEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && [0x20, 0x09, 0x0a, 0x0d].includes(line[end - 1]!)) end--;
  return line.subarray(0, end);
}
