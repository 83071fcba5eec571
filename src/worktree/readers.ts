/**
 * The calls of this process that look at a workspace's files, kept apart from a change of many files
 * that is to be seen whole or not at all.
 *
 * @module
 */

/** Counts those who look, and keeps them out. */
export class Readers {
  #count = 0;
  #left: (() => void) | null = null;
  #barred: Promise<void> | null = null;

  /** Settles when the files may be looked at again; `null` where they may. Look again after it. */
  get barred(): Promise<void> | null {
    return this.#barred;
  }

  /** Begins a look, at a moment at which nobody is barred. */
  begin(): void {
    this.#count++;
  }

  /** Ends a look. */
  end(): void {
    if (--this.#count === 0) this.#left?.();
  }

  /**
   * Waits for the looks that have begun, and lets no other begin until it is disposed of. Who calls has
   * the workspace alone, and none of the looks waits for that.
   */
  async bar(): Promise<Disposable> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#barred = promise;
    if (this.#count > 0) await new Promise<void>((left) => this.#left = left);
    this.#left = null;
    return {
      [Symbol.dispose]: () => {
        this.#barred = null;
        resolve();
      },
    };
  }
}
