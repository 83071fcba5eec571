/**
 * How many digits of an id git shows: so many that two objects of the repository hardly share them, and
 * more where two do.
 *
 * @module
 */

import type { ObjectStore } from "./store.ts";

const LEAST_DIGITS = 7;

/** Makes the function that shortens ids as `git diff` does in this repository. */
export function abbreviator(
  store: Pick<ObjectStore, "packedCount" | "resolvePrefix">,
): (oid: string) => string {
  // Among 2^n objects two are likely to share n/2 hexadecimal digits, which is 2n bits.
  const bits = Math.floor(Math.log2(Math.max(1, store.packedCount()))) + 1;
  const usual = Math.max(LEAST_DIGITS, Math.ceil(bits / 2));
  return (oid) => {
    const rivals = store.resolvePrefix(oid.slice(0, usual)).filter((other) => other !== oid);
    const digits = Math.max(usual, ...rivals.map((other) => commonDigits(oid, other) + 1));
    return oid.slice(0, digits);
  };
}

function commonDigits(a: string, b: string): number {
  let digits = 0;
  while (digits < a.length && a[digits] === b[digits]) digits++;
  return digits;
}
