/**
 * Reads files and compares them, within bounds that git does not have: nobody shall wait for minutes,
 * or run out of memory, because an agent has moved gigabytes about.
 *
 * @module
 */

import type { Slices } from "../platform/slices.ts";
import { MAX_SCORE, SpanComparison, SpanCounter, type Spans } from "./similarity.ts";

/** A file before or after a change. */
export interface FileVersion {
  readonly side: "old" | "new";
  readonly path: string;
  readonly oid: string;
  readonly mode: number;
}

/** Where the contents of files are had from; `null` where one cannot be had. */
export interface Contents {
  /** In bytes. */
  size(file: FileVersion): number | null;
  read(file: FileVersion): Promise<Uint8Array | null>;
}

/** A larger file resembles none. */
const MAX_FILE_BYTES = 8 << 20;
/** What is read in all. */
const MAX_BYTES = 128 << 20;
/** How many spans are looked up in all, which takes a second or so. */
const MAX_LOOKUPS = 200_000_000;

/** How much files resemble each other. */
export class Resemblance {
  readonly #contents: Contents;
  readonly #slices: Slices;
  readonly #counter = new SpanCounter();
  readonly #comparison = new SpanComparison();
  readonly #sizes = new Map<FileVersion, number | null>();
  readonly #spans = new Map<FileVersion, Spans | null>();
  #bytes = MAX_BYTES;
  #lookups = MAX_LOOKUPS;

  constructor(contents: Contents, slices: Slices) {
    this.#contents = contents;
    this.#slices = slices;
  }

  /** Whether a bound was reached, so that not all scores are true. */
  get isExhausted(): boolean {
    return this.#bytes < 0 || this.#lookups < 0;
  }

  /** Whether the sizes allow for such a score. */
  mayReach(minimum: number, source: FileVersion, target: FileVersion): boolean {
    if (!isRegular(source) || !isRegular(target) || this.isExhausted) return false;
    const [before, after] = [this.#size(source), this.#size(target)];
    if (before === null || after === null) return false;
    const larger = Math.max(before, after);
    return larger * (MAX_SCORE - minimum) >= Math.abs(before - after) * MAX_SCORE;
  }

  /** The score of two files whose sizes allow for one; 0 where it cannot be told. */
  async score(source: FileVersion, target: FileVersion): Promise<number> {
    // Hardly ever is there something to wait for, and there may be a million pairs.
    const knownBefore = this.#spans.get(source);
    const before = knownBefore === undefined ? await this.#read(source) : knownBefore;
    const knownAfter = this.#spans.get(target);
    const after = knownAfter === undefined ? await this.#read(target) : knownAfter;
    if (before === null || after === null || before.size === 0) return 0;
    this.#lookups -= before.hashes.length;
    return this.#comparison.score(before, after);
  }

  #size(file: FileVersion): number | null {
    let size = this.#sizes.get(file);
    if (size === undefined) {
      size = this.#contents.size(file);
      if (size !== null && size > MAX_FILE_BYTES) size = null;
      this.#sizes.set(file, size);
    }
    return size;
  }

  async #read(file: FileVersion): Promise<Spans | null> {
    this.#bytes -= this.#size(file) ?? 0;
    const content = this.isExhausted ? null : await this.#contents.read(file);
    const spans = content && await this.#counter.count(content, this.#slices);
    this.#spans.set(file, spans);
    return spans;
  }
}

/** Whether it is a file, not a link or a submodule. */
export function isRegular({ mode }: FileVersion): boolean {
  return (mode & 0o170000) === 0o100000;
}
