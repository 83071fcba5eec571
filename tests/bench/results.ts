/**
 * What a run of the benchmark found, as plain data: what `--json` prints, and what a report tells.
 *
 * @module
 */

/** One way to do something, and how long it took. */
export interface Timed {
  /** Who did it: `"AgentFS"`, `"git"`. */
  readonly who: string;
  /** What was called. */
  readonly what: string;
  /** How often each round did it. */
  readonly times: number;
  /** How long each round took, ms. */
  readonly rounds: number[];
  /** Why it took part in no more of them. */
  failure?: string;
}

/** What AgentFS's time is to be at most, as a multiple of somebody else's. */
export interface Limit {
  readonly against: string;
  readonly most: number;
}

/** One thing, done in several ways in turn. */
export interface Comparison {
  readonly name: string;
  /** AgentFS comes first. */
  readonly sides: readonly [Timed, ...Timed[]];
  /** The longest that AgentFS held the event loop in each round, ms; empty where it was not watched. */
  readonly stalls: number[];
  readonly limits: readonly Limit[];
}

/** One number. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "MB";
  /** What it is to be at most; `null` where nothing is asked. */
  readonly most: number | null;
}

/** What was measured in one place. */
export interface Section {
  readonly title: string;
  /** Whether it is of a whole tree; then it has the same comparisons as others of its kind. */
  readonly isTree: boolean;
  readonly comparisons: Comparison[];
  readonly figures: Figure[];
  /** What is to be known of it: what could not be measured, and why. */
  readonly notes: string[];
}

/** A whole run. */
export interface Results {
  readonly machine: string;
  readonly sections: readonly Section[];
}

/** AgentFS's time for one call as a multiple of somebody else's: the median of the rounds, the least, the most. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** How AgentFS compares with `who`, over the rounds that both took part in; `null` where there is none. */
export function ratioTo(who: string, { sides }: Comparison): Ratio | null {
  const [ours] = sides;
  const theirs = sides.find((side) => side.who === who);
  if (theirs === undefined) return null;
  const ratios = theirs.rounds.flatMap((time, round) => {
    const own = ours.rounds[round];
    return own === undefined ? [] : [own / ours.times / (time / theirs.times)];
  });
  if (ratios.length === 0) return null;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** The time of one call, in the round in the middle, ms. */
export function timeOf({ rounds, times }: Timed): number {
  return median(rounds) / times;
}

/** The value in the middle; between the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
