/**
 * What a misspelt setting was meant to be.
 *
 * @module
 */

/** What is longer was not meant to be any setting. */
const MAX_LENGTH = 40;

/** The first of the names that is nearest to `written`; `null` where none is near. */
export function nearest(written: string, names: Iterable<string>): string | null {
  if (written.length > MAX_LENGTH) return null;
  const wanted = folded(written);
  let found: string | null = null;
  // Half of a short name is another name.
  let most = Math.min(2, Math.floor(wanted.length / 3));
  for (const name of names) {
    const edits = editsBetween(wanted, folded(name));
    if (edits > most || (edits === most && found !== null)) continue;
    [found, most] = [name, edits];
  }
  return found;
}

/** The name as it is in camel case, in snake case, in kebab case and in any other. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, "");
}

/** How many letters must be put in, taken out, changed or swapped with the next one. */
function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
      }
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
