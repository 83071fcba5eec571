/**
 * The order in which `git log` shows commits.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { readTextFile } from "../platform/fs.ts";
import type { ObjectStore } from "./store.ts";

/** What the order of commits depends on. */
interface Waiting {
  readonly oid: string;
  readonly parents: readonly string[];
  /** When it was committed, seconds since 1970. */
  readonly date: number;
}

/**
 * The ids of the commits that `from` leads to: always the newest of those whose child has been, and of
 * several as new the one that was met first.
 *
 * @param shallow the commits of a shallow clone whose parents are not there.
 * @throws {StoreError} where a commit is missing or damaged.
 */
export function* walkHistory(
  store: ObjectStore,
  from: string,
  shallow: ReadonlySet<string>,
): Iterable<string> {
  const met = new Set([from]);
  const waiting = [readWaiting(store, from)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next.oid;
    if (shallow.has(next.oid)) continue;
    for (const parent of next.parents) {
      if (met.has(parent)) continue;
      met.add(parent);
      insert(waiting, readWaiting(store, parent));
    }
  }
}

/** The commits whose parents a shallow clone does not have. */
export function readShallow(commonDirectory: string): ReadonlySet<string> {
  const text = readTextFile(`${commonDirectory}/shallow`) ?? "";
  return new Set(text.split("\n").filter((line) => line !== ""));
}

/** Keeps the newest at the end, and of several as new the first that came. */
function insert(waiting: Waiting[], commit: Waiting): void {
  let [low, high] = [0, waiting.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (waiting[middle]!.date < commit.date) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, commit);
}

const PARENTS = /^tree [0-9a-f]{40}\n((?:parent [0-9a-f]{40}\n)*)/;
const DATE = /\ncommitter [^\n]*> *(\d+)/;

/** Reads only what the order needs, since most commits of a long queue are never shown. */
function readWaiting(store: ObjectStore, oid: string): Waiting {
  const { type, data } = store.read(oid);
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
  const parents = PARENTS.exec(text)?.[1];
  if (type !== "commit" || parents === undefined) {
    throw new StoreError(`Cannot read the commit ${oid}: it is a ${type}, or damaged`);
  }
  return {
    oid,
    parents: parents.split("\n").filter((line) => line !== "").map((line) => line.slice(7)),
    date: Number(DATE.exec(text)?.[1] ?? 0),
  };
}
