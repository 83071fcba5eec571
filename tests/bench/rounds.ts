/**
 * Measuring several ways to do one thing, in turn: a machine that is slower for a while is slower for
 * all of them, so the ratios hold where the times do not.
 *
 * @module
 */

import type { Comparison, Limit, Timed } from "./results.ts";
import { StallWatch } from "./stall_watch.ts";

/** One way to do it. */
export interface Contender {
  /** What is called, for the table. */
  readonly what: string;
  /** Brings the files into the state that a round starts from; not timed. */
  readonly prepare?: () => unknown;
  readonly run: () => unknown;
  /** Takes back what the round made; not timed. */
  readonly tidy?: () => unknown;
  /** How often `run` does it; 1 where it is left out. */
  readonly times?: number;
  /** In how many rounds it takes part at most, none of them to warm up: for what takes very long. */
  readonly rounds?: number;
}

/** Somebody who does it. */
export type Entrant = readonly [who: string, contender: Contender];

/** One thing that AgentFS does, and others that do it. */
export interface Row {
  readonly name: string;
  /** AgentFS comes first. */
  readonly entrants: readonly [Entrant, ...Entrant[]];
  readonly limits?: readonly Limit[];
  /** Whether a round takes seconds: then there are fewer, and none to warm up. */
  readonly slow?: boolean;
  /** Whether the times are so close that it takes more rounds to tell them apart. */
  readonly close?: boolean;
  /** Whether a call is over before the event loop has a turn, so that a round of many tells no stall. */
  readonly short?: boolean;
}

/** How it is measured. */
export interface Course {
  readonly rounds: number;
  /** Whether each warms up first, and the disk comes to rest before each call. */
  readonly settle: boolean;
}

/** Measures one row. */
export async function measure(row: Row, { rounds, settle }: Course): Promise<Comparison> {
  const { name, entrants, limits = [], slow = false, close = false, short = false } = row;
  const sides = entrants.map(([who, { what, times = 1 }]): Timed => {
    return { who, what, times, rounds: [] };
  }) as [Timed, ...Timed[]];
  const stalls: number[] = [];
  const count = Math.ceil(rounds * (slow ? 1 / 2 : close ? 3 : 1));
  for (let round = slow || !settle ? 0 : -1; round < count; round++) {
    for (const index of inTurn(entrants.length, round)) {
      const { rounds: most = count, ...contender } = entrants[index]![1];
      const side = sides[index]!;
      if (side.failure !== undefined || round >= most || round < 0 && most < count) continue;
      try {
        const { time, stall } = await timed(contender, settle);
        if (round < 0) continue;
        side.rounds.push(time);
        if (index === 0 && !short) stalls.push(stall);
      } catch (error) {
        // What others cannot do is a result, too.
        if (index === 0) throw error;
        side.failure = `${error}`;
      }
    }
  }
  return { name, sides, stalls, limits };
}

/** The numbers below `count`; who is first in one round is later in the next. */
function inTurn(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + round + count) % count);
}

async function timed(
  { prepare, run, tidy }: Contender,
  settle: boolean,
): Promise<{ time: number; stall: number }> {
  await prepare?.();
  // Else one round would pay for what the one before left in the page cache.
  if (settle) await new Deno.Command("sync").output();
  using watch = new StallWatch();
  const start = performance.now();
  await run();
  const time = performance.now() - start;
  const stall = watch.stop();
  await tidy?.();
  return { time, stall };
}
