/**
 * Long loops of synchronous calls, cut into slices so that the event loop is never held for long.
 *
 * @module
 */

import { setImmediate } from "node:timers";

const SLICE_MS = 9;
/** Every so manieth rest is a long one. */
const SHORT_RESTS = 4;

/**
 * Says when a loop has run long enough, and lets everything else run for a moment.
 *
 * @example
 * ```ts
 * const slices = new Slices();
 * for (const file of ["a", "b"]) {
 *   file.toUpperCase();
 *   if (slices.due) await slices.rest();
 * }
 * ```
 */
export class Slices {
  #start = performance.now();
  #rests = 0;
  readonly #signal: AbortSignal | undefined;

  /** Starts the first slice; `signal` makes {@linkcode rest} throw its reason. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether this slice has lasted long enough. */
  get due(): boolean {
    return performance.now() - this.#start > SLICE_MS;
  }

  /** Gives the event loop a turn, then starts the next slice. */
  async rest(): Promise<void> {
    await (++this.#rests % SHORT_RESTS === 0 ? longRest() : shortRest());
    this.#signal?.throwIfAborted();
    this.#start = performance.now();
  }
}

/** Lets timers run, and what has been waiting. It takes microseconds. */
function shortRest(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Lets files, sockets and processes be heard as well. It takes a timer, which is a millisecond or two. */
function longRest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
