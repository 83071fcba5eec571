/**
 * How numbers and tables are written.
 *
 * @module
 */

/** Two digits that count, or all of a larger number. */
export function number(value: number): string {
  return Math.abs(value) >= 10 ? `${Math.round(value)}` : value.toPrecision(2);
}

/** What something is to be at most: as exact as it was meant. */
export function limit(most: number): string {
  return `${Number(most.toPrecision(3))}`;
}

/** Whether it is. */
export function mark(isMet: boolean): string {
  return isMet ? "✓" : "✗";
}

/** A time, in the unit that suits it. */
export function duration(ms: number): string {
  if (ms < 1) return `${number(ms * 1000)} µs`;
  return ms < 10_000 ? `${number(ms)} ms` : `${number(ms / 1000)} s`;
}

/** A table in Markdown; numbers are to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(head.map((_, index) => index === 0 ? "---" : "---:"));
  return [line(head), rule, ...rows.map(line)].join("\n");
}
