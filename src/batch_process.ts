/**
 * Many items worked on side by side, their results in order.
 *
 * @module
 */

import { checkOptions, typeName } from "./arguments.ts";

/** How {@linkcode Workspace.batchProcess} works. */
export interface BatchProcessOptions {
  /** How many callbacks may run at a time; from 1. @default {4} */
  concurrency?: number;
  /** Ends the loop with its reason. */
  signal?: AbortSignal;
}

/** What became of one item. */
export interface Processed<T, R> {
  /** The item. */
  item: T;
  /** The item itself where it is a string, or its `path` where that is one; else `null`. */
  path: string | null;
  /** What the callback returned, unless it threw. */
  value?: R;
  /** What the callback threw; what is no `Error` is the `cause` of one. */
  error?: Error;
}

const CONCURRENCY = 4;

/** How many items, for each callback that may run, are begun before the first of them is handed out. */
const LOOK_AHEAD = 4;

/**
 * Calls `callback` with each item and gives the results in the order of the items. Nothing starts
 * before the first result is asked for; items are pulled as callbacks become free, and no more than
 * four times `concurrency` of them are begun whose results have not been taken.
 *
 * @throws {RangeError} where `concurrency` is no integer from 1.
 */
export function batchProcess<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  callback: (item: T) => R | Promise<R>,
  options: BatchProcessOptions = {},
): AsyncIterable<Processed<T, R>> {
  checkOptions(ACTION, options, { concurrency: "number", signal: "signal" });
  const { concurrency = CONCURRENCY, signal } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `Cannot ${ACTION}: concurrency is an integer from 1, not ${concurrency}`,
    );
  }
  if (!isIterable(items)) {
    throw new TypeError(`Cannot ${ACTION}: they are an iterable, not ${typeName(items)}`);
  }
  if (typeof callback !== "function") {
    throw new TypeError(`Cannot ${ACTION}: the callback is a function, not ${typeName(callback)}`);
  }
  return results(() => new Processing(items, callback, concurrency), signal);
}

const ACTION = "process a batch of items";

function isIterable(items: unknown): boolean {
  if (typeof items === "string") return true;
  if (typeof items !== "object" || items === null) return false;
  const { [Symbol.asyncIterator]: own, [Symbol.iterator]: other } = items as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return typeof (Symbol.asyncIterator in items ? own : other) === "function";
}

function checkObject(value: unknown, what: string): void {
  if (Object(value) === value) return;
  throw new TypeError(`Cannot ${ACTION}: ${what} is an object, not ${typeName(value)}`);
}

async function* results<T, R>(
  begin: () => Processing<T, R>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Processed<T, R>> {
  signal?.throwIfAborted();
  const processing = begin();
  const stop = (): void => processing.stop();
  signal?.addEventListener("abort", stop);
  try {
    for (;;) {
      const result = await processing.next();
      signal?.throwIfAborted();
      if (result === null) return;
      yield result;
      signal?.throwIfAborted();
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    processing.stop();
  }
}

/** An item whose callback has been called; the result is there once that has ended. */
interface Begun<T, R> {
  result: Processed<T, R> | null;
}

/** The items that are being worked on. */
class Processing<T, R> {
  readonly #items: Iterator<T> | AsyncIterator<T>;
  readonly #callback: (item: T) => R | Promise<R>;
  readonly #concurrency: number;
  /** The items whose results have not been taken, in order. */
  readonly #begun: Begun<T, R>[] = [];
  #running = 0;
  #pulling = false;
  /** Whether no item comes any more: they have ended, or nobody wants them. */
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  /** Tells who waits in {@linkcode next} that something has happened. */
  #wake = (): void => {};

  constructor(
    items: Iterable<T> | AsyncIterable<T>,
    callback: (item: T) => R | Promise<R>,
    concurrency: number,
  ) {
    this.#items = Symbol.asyncIterator in Object(items)
      ? (items as AsyncIterable<T>)[Symbol.asyncIterator]()
      : (items as Iterable<T>)[Symbol.iterator]();
    checkObject(this.#items, "the iterator of the items");
    this.#callback = callback;
    this.#concurrency = concurrency;
  }

  /** The next result; `null` after the last one, and after {@linkcode stop}. */
  async next(): Promise<Processed<T, R> | null> {
    for (;;) {
      this.#pull();
      const result = this.#begun[0]?.result ?? null;
      if (result !== null) {
        this.#begun.shift();
        this.#pull();
        return result;
      }
      if (this.#ended && this.#begun.length === 0) {
        if (this.#failure !== null) throw this.#failure.error;
        return null;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Takes no more items, and waits for nothing that is under way. */
  stop(): void {
    this.#begun.length = 0;
    this.#wake();
    if (this.#ended) return;
    this.#ended = true;
    // Nobody is there any more to hear of an error in it.
    Promise.try(() => this.#items.return?.()).catch(() => {});
  }

  /** Takes the next item if a callback may be called with it. */
  #pull(): void {
    const isFull = this.#running >= this.#concurrency ||
      this.#begun.length >= LOOK_AHEAD * this.#concurrency;
    if (this.#pulling || this.#ended || isFull) return;
    this.#pulling = true;
    Promise.try(() => this.#items.next())
      .then((next) => {
        if (this.#ended) return;
        // Without this, what has no `done` would never end.
        checkObject(next, "what next() of the items gives");
        if (next.done) this.#ended = true;
        else this.#begin(next.value);
      })
      .catch((error) => {
        if (this.#ended) return;
        this.#ended = true;
        this.#failure = { error };
      })
      .finally(() => {
        this.#pulling = false;
        this.#pull();
        this.#wake();
      });
  }

  #begin(item: T): void {
    const begun: Begun<T, R> = { result: null };
    const path = pathOf(item);
    this.#begun.push(begun);
    this.#running++;
    Promise.try(this.#callback, item).then(
      (value) => begun.result = { item, path, value },
      (thrown) => begun.result = { item, path, error: asError(thrown) },
    ).finally(() => {
      this.#running--;
      this.#pull();
      this.#wake();
    });
  }
}

function pathOf(item: unknown): string | null {
  if (typeof item === "string") return item;
  const hasPath = typeof item === "object" && item !== null && "path" in item;
  return hasPath && typeof item.path === "string" ? item.path : null;
}

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const shown = typeof thrown === "string" ? JSON.stringify(thrown) : typeName(thrown);
  return new Error(`The callback threw ${shown}, which is no Error`, { cause: thrown });
}
