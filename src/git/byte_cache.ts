/**
 * A map that forgets what was used least recently once its values weigh too much together.
 *
 * @module
 */

/** Keeps at most `bound` bytes of values, as their owner counts them. */
export class ByteCache<Value> {
  /** In the order of use, the latest last. */
  readonly #entries = new Map<string, { value: Value; bytes: number }>();
  readonly #bound: number;
  #bytes = 0;

  /** Makes an empty cache. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** The value, which this makes the last to be forgotten. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value, unless it would push out too many others: over an eighth of the bound. */
  set(key: string, value: Value, bytes: number): void {
    this.delete(key);
    if (bytes > this.#bound / 8) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bound) break;
      this.delete(oldest);
    }
  }

  /** Forgets one value. */
  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
