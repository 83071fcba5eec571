/**
 * The paths that lists of patterns choose: `include`, `exclude` and `paths` of the public calls.
 *
 * A list is read as the lines of a `.gitignore` at the root of the workspace are, so that a pattern
 * means one thing everywhere; what a `.gitignore` would ignore is what the list chooses.
 *
 * @module
 */

import { typeName } from "../arguments.ts";
import { byteLength, nameOf, parentOf } from "../paths.ts";
import { type Effort, parsePattern } from "./glob.ts";
import { IgnoreRules } from "./ignore.ts";

const MAX_PATTERN_BYTES = 4096;

/** What one pattern may cost over all paths, in comparisons of bytes: some 50 to 100 ms. */
const MAX_COMPARISONS = 20_000_000;

/** The paths that are included and not excluded. */
export class Selection {
  readonly #include: PatternList | null;
  readonly #exclude: PatternList | null;

  /**
   * Reads the lists; without anything in `include`, everything is included.
   *
   * @throws {TypeError} where a pattern is no string, holds a NUL or has over 4096 bytes.
   */
  constructor(
    lists: { include?: readonly string[] | undefined; exclude?: readonly string[] | undefined },
  ) {
    this.#include = PatternList.from(lists.include);
    this.#exclude = PatternList.from(lists.exclude);
  }

  /**
   * Whether the file at `path`, from the root of the workspace, is chosen.
   *
   * @throws {RangeError} where a pattern costs too much on the paths that were asked for.
   */
  has(path: string): boolean {
    const relative = path.startsWith("/") ? path.slice(1) : path;
    return (this.#include === null || this.#include.fits(relative)) &&
      !(this.#exclude !== null && this.#exclude.fits(relative));
  }
}

/** One list of patterns. */
class PatternList {
  /** The rules inside each directory that was asked about; `null` where all of it is chosen. */
  readonly #directories = new Map<string, IgnoreRules | null>();

  private constructor(texts: readonly string[]) {
    const patterns = texts.map((text) => parsePattern(checked(text), allowance(text)));
    const root = IgnoreRules.fromPatterns(patterns.filter((pattern) => pattern !== null));
    this.#directories.set("", root);
  }

  static from(texts: readonly string[] | undefined): PatternList | null {
    if (texts !== undefined && !Array.isArray(texts)) {
      throw new TypeError(`Cannot use ${typeName(texts)} as patterns: they are a list of strings`);
    }
    return texts === undefined || texts.length === 0 ? null : new PatternList(texts);
  }

  /** Whether the list chooses the file at `path`. */
  fits(path: string): boolean {
    const rules = this.#inside(parentOf(path));
    return rules === null || rules.ignores(nameOf(path), false);
  }

  /** The rules inside a directory, from the root down. */
  #inside(directory: string): IgnoreRules | null {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const parent = this.#inside(parentOf(directory));
    const name = nameOf(directory);
    const rules = parent === null || parent.ignores(name, true) ? null : parent.enter(name, null);
    this.#directories.set(directory, rules);
    return rules;
  }
}

function checked(text: unknown): string {
  if (typeof text !== "string") {
    throw new TypeError(
      `Cannot use ${typeName(text)} as a pattern: a pattern is a string`,
    );
  }
  if (text.includes("\0")) throw new TypeError(refusal(text, "a pattern holds no NUL"));
  if (byteLength(text) > MAX_PATTERN_BYTES) {
    throw new TypeError(refusal(text, `a pattern has at most ${MAX_PATTERN_BYTES} bytes`));
  }
  return text;
}

/** Lets one pattern cost so much and no more, over all the paths that it is asked about. */
function allowance(text: string): Effort {
  let left = MAX_COMPARISONS;
  return (comparisons) => {
    left -= comparisons;
    if (left < 0) {
      throw new RangeError(refusal(text, "it costs over 100 ms on these paths; use a simpler one"));
    }
  };
}

function refusal(pattern: string, rule: string): string {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern;
  return `Cannot use the pattern ${JSON.stringify(shown)}: ${rule}`;
}
