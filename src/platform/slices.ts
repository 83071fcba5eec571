/**
 * Long loops of synchronous calls, cut into slices so that the event loop is never held for long.
 *
 * @module
 */

const SLICE_MS = 12;

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
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#signal?.throwIfAborted();
    this.#start = performance.now();
  }
}
