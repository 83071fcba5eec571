/**
 * Counts a ref up, for tests of many processes: `<common directory> <session> <ref> <times>`. The
 * ref's value is one of the ids in `<common directory>/counts`, and its line is the count.
 *
 * @module
 */

import { StoreError } from "../../../src/errors.ts";
import { RefStore } from "../../../src/git/refs.ts";

const [commonDirectory, session, ref, times] = Deno.args as [string, string, string, string];
const temporaryDirectory = `${commonDirectory}/agentfs/tmp`;
const refs = new RefStore(commonDirectory, { temporaryDirectory, session });
const counts = Deno.readTextFileSync(`${commonDirectory}/counts`).split("\n");

for (let count = 0; count < Number(times);) {
  const before = refs.read(ref);
  const after = counts[before === null ? 0 : counts.indexOf(before) + 1]!;
  try {
    refs.update(ref, after, before);
    count++;
  } catch (error) {
    // Another was first, or kept the lock for long, as happens on a machine with much to do.
    const isExpected = error instanceof StoreError &&
      /ref conflict|another process has held/.test(error.message);
    if (!isExpected) throw error;
  }
}
