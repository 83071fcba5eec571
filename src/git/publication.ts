/**
 * What becomes visible once the objects that it names are in the store: refs, and what tells of them.
 *
 * @module
 */

import { allOf } from "../platform/together.ts";
import type { ObjectWriter } from "./object_writer.ts";

/** Something that is written and that nobody sees yet; disposing takes back what was not placed. */
export interface Staged extends Disposable {
  /** Brings its content onto the disk, on another thread. */
  syncAside(): Promise<void>;
  /** Makes it visible, in one step. */
  place(): void;
  /** Brings the name that it was placed at onto the disk, on another thread. */
  syncNameAside(): Promise<void>;
}

/**
 * Finishes a writer and places what refers to its objects, in this order. What is staged is disposed of
 * in any case, also where staging the next one fails.
 *
 * To bring something onto the disk is to wait for it, so all that may wait together does. There are
 * three waits, and the order of them is what a loss of power must not change:
 *
 * 1. the contents of the pack, of its index, and of what is staged. None of it has a name;
 * 2. the names of the pack and its index. From here on the objects are in the store;
 * 3. the names of what was staged. So no ref has a name on the disk before its objects do.
 *
 * A process that is killed leaves what it has placed, which is as true as it is on the disk.
 */
export async function publish(
  writer: ObjectWriter,
  staged: Iterable<Staged | null>,
): Promise<void> {
  using stack = new DisposableStack();
  const all: Staged[] = [];
  for (const one of staged) if (one !== null) all.push(stack.use(one));
  await allOf([writer.finish(), ...all.map((one) => one.syncAside())]);
  for (const one of all) one.place();
  await allOf(all.map((one) => one.syncNameAside()));
  writer.release();
}
