/**
 * What of the log is wanted, checked and made ready for the search.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import { Selection } from "../worktree/patterns.ts";
import type { AuditFilter } from "./types.ts";

/** What the path of an entry must be. */
export interface PathTest {
  /** The only paths that fit; `null` where they must be tried. */
  readonly exact: readonly string[] | null;
  /** Whether a path fits. */
  fits(path: string): boolean;
}

/** A filter that was checked; `null` stands for anything. */
export interface Criteria {
  readonly operations: readonly string[] | null;
  readonly path: PathTest | null;
  readonly agentId: string | null;
  /** The earliest and the latest moment, in ms; `null` where every moment is fine. */
  readonly times: readonly [from: number, to: number] | null;
  readonly limit: number | null;
  /** The last id that is not wanted any more. */
  readonly after: number | null;
}

const EVER = 8.64e15;

/**
 * Checks a filter, for a call that `action` names.
 *
 * @throws {TypeError} where there is no such option, or one is of the wrong type.
 * @throws {RangeError} where a number makes no sense.
 */
export function readFilter(action: string, filter: AuditFilter): Criteria {
  checkOptions<AuditFilter>(action, filter, {
    operation: "stringOrStrings",
    path: "string",
    from: "date",
    to: "date",
    agentId: "string",
    limit: "number",
    after: "number",
  });
  const { operation, path, from, to, agentId, limit, after } = filter;
  if (limit !== undefined) checkWhole(action, "limit", limit, 1);
  if (after !== undefined) checkWhole(action, "after", after, 0);
  return {
    operations: operation === undefined ? null : [...new Set([operation].flat())],
    path: path === undefined ? null : pathTest(path),
    agentId: agentId ?? null,
    times: from === undefined && to === undefined
      ? null
      : [from?.getTime() ?? -EVER, to?.getTime() ?? EVER],
    limit: limit ?? null,
    after: after ?? null,
  };
}

function checkWhole(action: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot ${action}: ${name} is a whole number of at least ${least}, not ${value}`,
  );
}

/** A path as it was given counts as well: one that was refused is in the log as it was given. */
function pathTest(path: string): PathTest {
  const absolute = `/${path.split("/").filter((part) => part !== "" && part !== ".").join("/")}`;
  const exact = [...new Set([path, absolute])];
  if (!/[*?[\\]/.test(path)) return { exact, fits: (other) => exact.includes(other) };
  const selection = new Selection({ include: [path] });
  return {
    exact: null,
    fits: (other) => exact.includes(other) || (other !== "/" && selection.has(other)),
  };
}
