/**
 * Measuring two ways to do one thing, in turn: a machine that is slower for a while is slower for
 * both, so the ratio holds where the times do not.
 *
 * @module
 */

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
}

/** One thing that AgentFS does, and something else that does it. */
export interface Comparison {
  readonly name: string;
  readonly ours: Contender;
  readonly theirs: Contender;
  /** How often a round does it; 1 where it is left out. */
  readonly times?: number;
  /** Whether a round takes seconds: then there are fewer, and none to warm up. */
  readonly slow?: boolean;
}

/** What was measured, in ms, round by round. */
export interface Measured {
  readonly comparison: Comparison;
  readonly ours: number[];
  readonly theirs: number[];
  /** The longest that each of our rounds held the event loop, in ms. */
  readonly stalls: number[];
}

/** Measures one comparison. */
export async function measure(comparison: Comparison, rounds: number): Promise<Measured> {
  const { ours, theirs, slow = false } = comparison;
  const measured: Measured = { comparison, ours: [], theirs: [], stalls: [] };
  const count = slow ? Math.ceil(rounds / 2) : rounds;
  for (let round = slow ? 0 : -1; round < count; round++) {
    const turns = [
      async () => {
        const { time, stall } = await timed(ours);
        if (round < 0) return;
        measured.ours.push(time);
        measured.stalls.push(stall);
      },
      async () => {
        const { time } = await timed(theirs);
        if (round >= 0) measured.theirs.push(time);
      },
    ];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
  }
  return measured;
}

async function timed(
  { prepare, run, tidy }: Contender,
): Promise<{ time: number; stall: number }> {
  await prepare?.();
  // Else one round would pay for what the one before left in the page cache.
  await new Deno.Command("sync").output();
  const watch = new StallWatch();
  const start = performance.now();
  await run();
  const time = performance.now() - start;
  const stall = watch.stop();
  await tidy?.();
  return { time, stall };
}

/** The value in the middle; between the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Our time as a part of theirs, round by round. */
export function ratios({ ours, theirs }: Measured): number[] {
  return ours.map((time, round) => time / (theirs[round] ?? NaN));
}
