/**
 * A stream that is pushed into: it tells who pushes when its reader wants more.
 *
 * @module
 */

/** Hands items from a command to whoever reads `readable`. */
export class Outlet<Item> {
  /** The reader's end. */
  readonly readable: ReadableStream<Item>;
  #controller: ReadableStreamDefaultController<Item> | null = null;
  #wanted: PromiseWithResolvers<void> = Promise.withResolvers();
  #paced = true;

  /** `onCancel` is called when the reader wants no more; the reader waits for it. */
  constructor(onCancel?: () => Promise<void>) {
    this.readable = new ReadableStream<Item>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#wanted.resolve(),
      cancel: async () => {
        this.discard();
        await onCancel?.();
      },
    }, { highWaterMark: 0 });
  }

  /** Hands over `items`; resolves when the reader wants more, with `false` if it never will. */
  async push(items: readonly Item[]): Promise<boolean> {
    if (this.#controller !== null && items.length > 0) {
      this.#wanted = Promise.withResolvers();
      for (const item of items) this.#controller.enqueue(item);
      if (this.#paced) await this.#wanted.promise;
    }
    return this.#controller !== null;
  }

  /** Lets everything through from now on, whether the reader wants it yet or not. */
  release(): void {
    this.#paced = false;
    this.#wanted.resolve();
  }

  /** Drops what will be pushed from now on: nobody is going to read it. */
  discard(): void {
    this.#controller = null;
    this.release();
  }

  /** Ends the stream behind the items that were pushed. */
  close(): void {
    this.#controller?.close();
    this.discard();
  }
}
