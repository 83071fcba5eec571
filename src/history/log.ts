/**
 * The commits of a workspace.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import { PathError } from "../errors.ts";
import type { CommitObject } from "../git/commit.ts";
import { readShallow, walkCommits, type WalkedCommit } from "../git/history_walk.ts";
import { pathComponents, refusal } from "../paths.ts";
import { storeFailure } from "../platform/failure.ts";
import { Slices } from "../platform/slices.ts";
import type { Worktree } from "../worktree/worktree.ts";
import type { Commit } from "./types.ts";

/** Which commits are wanted. */
export interface LogOptions {
  /** How many at most. Default: all. */
  limit?: number;
  /** Only those that changed this file, or what is in this directory. */
  path?: string;
}

/** So many commits are read ahead of a loop. */
const BATCH = 64;

/**
 * The commits that HEAD leads to, newest first, as `git log` orders them: awaited it is all of them, a
 * loop over it reads on as it goes. Nothing is read before, and nothing fails before.
 */
export class CommitLog implements Promise<Commit[]>, AsyncIterable<Commit> {
  readonly [Symbol.toStringTag] = "CommitLog";
  readonly #worktree: () => Worktree;
  readonly #options: LogOptions;
  readonly #begun: () => Promise<void>;
  #all: Promise<Commit[]> | undefined;

  /** `worktree` throws where the workspace cannot be used any more; `begun` hears of each reading. */
  constructor(
    worktree: () => Worktree,
    options: LogOptions = {},
    begun: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#worktree = worktree;
    this.#options = options;
    this.#begun = begun;
  }

  /** Takes all of them. */
  then<Value = Commit[], Other = never>(
    onfulfilled?: ((commits: Commit[]) => Value | PromiseLike<Value>) | null,
    onrejected?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    this.#all ??= Array.fromAsync(this.#batches()).then((batches) => batches.flat());
    return this.#all.then(onfulfilled, onrejected);
  }

  /** As a promise's. */
  catch<Other = never>(
    onrejected?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Commit[] | Other> {
    return this.then(null, onrejected);
  }

  /** As a promise's. */
  finally(onfinally?: (() => void) | null): Promise<Commit[]> {
    return this.then().finally(onfinally);
  }

  /** Takes one after the other. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Commit> {
    for await (const batch of this.#batches()) yield* batch;
  }

  async *#batches(): AsyncGenerator<Commit[]> {
    try {
      const { limit, path } = checked(this.#options);
      await this.#begun();
      const slices = new Slices();
      let walk: Iterator<WalkedCommit> | undefined;
      let left = limit;
      while (left > 0) {
        const batch: Commit[] = [];
        {
          // Nothing is kept open meanwhile by who stops in the middle of a loop.
          const worktree = this.#worktree();
          using _ = worktree.use();
          walk ??= walkFrom(worktree, path);
          const size = Math.min(left, BATCH);
          left = read(walk, batch, size, slices) ? left - batch.length : 0;
        }
        yield batch;
        if (slices.due) await slices.rest();
      }
    } catch (error) {
      throw storeFailure("list commits", error);
    }
  }
}

/** Puts up to `size` commits into `batch`, for one slice at most; returns whether there are more. */
function read(
  walk: Iterator<WalkedCommit>,
  batch: Commit[],
  size: number,
  slices: Slices,
): boolean {
  while (batch.length < size && !slices.due) {
    const { done, value } = walk.next();
    if (done) return false;
    if (value.isShown) batch.push(toCommit(value.commit));
  }
  return true;
}

function walkFrom(worktree: Worktree, path: readonly string[] | undefined): Iterator<WalkedCommit> {
  const { objects, layout } = worktree.base;
  const shallow = readShallow(layout.commonDirectory);
  return walkCommits(objects, [worktree.head().oid], { shallow, path });
}

function checked(options: LogOptions): { limit: number; path: string[] | undefined } {
  checkOptions("list commits", options, { limit: "number", path: "string" });
  const { limit = Infinity, path } = options;
  if (options.limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new RangeError(`Cannot list commits: limit is a whole number above 0, not ${limit}`);
  }
  const components = path === undefined ? undefined : pathComponents(path);
  if (components?.includes("..")) {
    throw new PathError(refusal(path!, "a path into the history has no .."), path!);
  }
  return { limit, path: components };
}

/** A commit as people see it. */
export function toCommit({ oid, tree, parents, message, author }: CommitObject): Commit {
  const { name, email, timestamp } = author;
  return { oid, tree, parents, message, author: { name, email, date: new Date(timestamp * 1000) } };
}
