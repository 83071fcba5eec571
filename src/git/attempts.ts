/**
 * Asking several places for one thing: a place that fails does not end the search, but if no other
 * place has an answer, its failure is the reason.
 *
 * @module
 */

/** The failures of the places that were asked so far. */
export class Attempts {
  #failures: unknown[] = [];

  /** What `action` returns, or `null` where it fails. */
  make<T>(action: () => T): T | null {
    try {
      return action();
    } catch (error) {
      this.#failures.push(error);
      return null;
    }
  }

  /** What failed first; `null` where nothing did. */
  get firstFailure(): unknown {
    return this.#failures[0] ?? null;
  }

  /** Begins anew. */
  forget(): void {
    this.#failures = [];
  }
}
