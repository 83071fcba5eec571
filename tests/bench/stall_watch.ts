/**
 * How long the event loop was held at a time: as long as a timer that is due every millisecond had
 * to wait for its turn.
 *
 * @module
 */

/** Watches the event loop from its making to {@linkcode StallWatch.stop}; disposing ends it as well. */
export class StallWatch implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();
  #longest = 0;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  /** Ends the watch; returns the longest time between two turns, in ms. */
  stop(): number {
    clearInterval(this.#timer);
    this.#tick();
    return this.#longest;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }
}
