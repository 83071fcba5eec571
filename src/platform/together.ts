/**
 * Work that goes on at the same time on other threads.
 *
 * @module
 */

/**
 * Waits for all of it, also where one fails: nothing is under way any more when this is done.
 *
 * @throws what the first of them that failed was rejected with.
 */
export async function allOf(work: Iterable<Promise<void>>): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === "rejected") throw result.reason;
  }
}
