/**
 * Long computations that can pause: generators that yield where they may, a few milliseconds apart.
 * What they compute stays plain code, and whoever drives them decides when the event loop gets a turn.
 *
 * @module
 */

import type { Slices } from "../platform/slices.ts";

/** Work that can pause, and what it comes to. */
export type Steps<Result> = Generator<undefined, Result>;

/** Does the work in slices. */
export async function finish<Result>(steps: Steps<Result>, slices: Slices): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (slices.due) await slices.rest();
  }
}

/** Does the work at once: for what is known to be little. */
export function finishAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
