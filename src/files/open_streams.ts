/**
 * The streams of a workspace that are open: nobody may ever close one, and then it would keep a file
 * open, or leave a draft behind.
 *
 * @module
 */

/** Something under way that can be ended from outside. */
export interface Endable {
  /** Resolves when it is over, however it ended. */
  readonly closed: Promise<void>;
  /** Ends it, so that nothing is left of it; whoever goes on using it is told the reason. */
  end(reason: Error): Promise<void>;
}

/** What is open until it is closed, or all of it is ended. */
export class OpenStreams {
  readonly #open = new Set<Endable>();
  #reason: Error | null = null;

  /**
   * Takes a stream in.
   *
   * @throws the reason where all were ended meanwhile; this one then is, too.
   */
  async add(stream: Endable): Promise<void> {
    if (this.#reason !== null) {
      await stream.end(this.#reason);
      throw this.#reason;
    }
    this.#open.add(stream);
    void stream.closed.then(() => this.#open.delete(stream));
  }

  /** Ends them all, and those that come later. */
  async end(reason: Error): Promise<void> {
    this.#reason = reason;
    await Promise.all([...this.#open].map((stream) => stream.end(reason)));
  }
}
