/**
 * The operations that a batch is given, checked as soon as they are.
 *
 * @module
 */

import { checkOptions, typeName } from "../arguments.ts";
import { AgentFSError, ClosedError, EncodingError, PathError } from "../errors.ts";
import { messageOf } from "../platform/failure.ts";
import { pathComponents } from "../paths.ts";
import { rooted } from "../worktree/beneath.ts";
import { cannot } from "../worktree/path_failure.ts";
import { checkMode } from "./mode.ts";
import type { Batch, BatchOperation, DeleteOptions } from "./types.ts";

/** What a batch is given: operations, or what notes them. */
export type BatchWork = readonly BatchOperation[] | ((batch: Batch) => void | Promise<void>);

/** The operations of a batch. Nothing of them is the caller's any more. */
export async function operationsOf(work: BatchWork): Promise<readonly BatchOperation[]> {
  const collector = new Collector();
  if (typeof work === "function") {
    try {
      await work(collector);
    } finally {
      collector.close();
    }
  } else if (Array.isArray(work)) collector.addAll(work);
  else {
    throw new TypeError(
      "Cannot do the batch: it is a function, or an array of operations, not " + typeName(work),
    );
  }
  return collector.operations;
}

class Collector implements Batch {
  readonly operations: BatchOperation[] = [];
  #closed = false;

  writeFile(
    path: string,
    data: string | Uint8Array,
    options: { append?: boolean; mode?: number } = {},
  ): void {
    this.#requireOpen();
    checkOptions("write a file", options, { append: "boolean", mode: "number" });
    if (options.mode !== undefined) checkMode(options.mode);
    pathComponents(path);
    this.operations.push({ ...options, type: "write", path, content: contentOf(path, data) });
  }

  delete(path: string, options: DeleteOptions = {}): void {
    this.#requireOpen();
    checkOptions("delete", options, { recursive: "boolean" });
    pathComponents(path);
    this.operations.push({ ...options, type: "delete", path });
  }

  copy(from: string, to: string): void {
    this.#addTwo("copy", from, to);
  }

  move(from: string, to: string): void {
    this.#addTwo("move", from, to);
  }

  #addTwo(type: "copy" | "move", from: string, to: string): void {
    this.#requireOpen();
    pathComponents(from);
    pathComponents(to);
    this.operations.push({ type, from, to });
  }

  mkdir(path: string): void {
    this.#requireOpen();
    pathComponents(path);
    this.operations.push({ type: "mkdir", path });
  }

  /** Notes operations that are given as data. */
  addAll(operations: readonly BatchOperation[]): void {
    for (let index = 0; index < operations.length; index++) {
      try {
        this.#add(operations[index] as BatchOperation);
      } catch (error) {
        throw failureOf(index, operations.length, error);
      }
    }
  }

  #add(operation: BatchOperation): void {
    if (typeName(operation) !== "object") {
      throw new TypeError(`Cannot be done: an operation is an object, not ${typeName(operation)}`);
    }
    switch (operation.type) {
      case "write": {
        const { type: _, path, content, ...options } = operation;
        return this.writeFile(path, content, options);
      }
      case "delete": {
        const { type: _, path, ...options } = operation;
        return this.delete(path, options);
      }
      case "copy":
      case "move": {
        const { type, from, to, ...more } = operation;
        requireNone(type, more);
        return this.#addTwo(type, from, to);
      }
      case "mkdir": {
        const { type, path, ...more } = operation;
        requireNone(type, more);
        return this.mkdir(path);
      }
      default: {
        const { type } = operation as { type: unknown };
        const shown = typeof type === "string" ? JSON.stringify(type) : typeName(type);
        throw new TypeError(
          `Cannot be done: its type is "write", "delete", "copy", "move" or "mkdir", not ${shown}`,
        );
      }
    }
  }

  /** Takes no more operations. */
  close(): void {
    this.#closed = true;
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new ClosedError(
      "Cannot add to the batch: its function has ended; await in it all that it waits for",
    );
  }
}

function contentOf(path: string, data: string | Uint8Array): string | Uint8Array {
  // Not `slice`, which for a `Buffer` gives the same memory.
  if (data instanceof Uint8Array) return new Uint8Array(data);
  if (typeof data !== "string") {
    const rule = `in a batch the data must be text or a Uint8Array, not ${typeName(data)}`;
    throw new TypeError(cannot("write", rooted(path), rule));
  }
  if (data.isWellFormed()) return data;
  const rule = "the text holds half of a surrogate pair, which has no UTF-8";
  throw new EncodingError(cannot("write", rooted(path), rule), rooted(path));
}

function requireNone(type: string, options: object): void {
  const [name] = Object.keys(options);
  if (name === undefined) return;
  throw new TypeError(`Cannot ${type}: there is no option ${JSON.stringify(name)}`);
}

/** The error of a batch that one of its operations stopped; of the same class as that one's. */
export function failureOf(index: number, count: number, cause: unknown): unknown {
  const said = messageOf(cause).replace(/^Cannot /, "cannot ");
  const message = `Cannot do the batch: operation ${index + 1} of ${count} ${said}`;
  const options = { cause };
  if (cause instanceof PathError) {
    const Failure = cause.constructor as typeof PathError;
    return new Failure(message, cause.path, options);
  }
  const isPlain = cause instanceof AgentFSError || cause instanceof TypeError ||
    cause instanceof RangeError;
  if (!isPlain) return cause;
  return new (cause.constructor as ErrorConstructor)(message, options);
}
