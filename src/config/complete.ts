/**
 * Fills in what was not set.
 *
 * @module
 */

import type { AnyTable } from "./keys.ts";

/** The values with the defaults of the table beside them; nobody can change any of it. */
export function complete(
  values: Readonly<Record<string, unknown>>,
  keys: AnyTable,
): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(keys)) {
    const value = values[name];
    if ("keys" in entry) {
      const inner = complete((value ?? {}) as Record<string, unknown>, entry.keys);
      if (value !== undefined || Object.keys(inner).length > 0) all[name] = inner;
    } else {
      const settled = value === undefined ? entry.default : value;
      if (settled !== undefined) all[name] = Array.isArray(settled) ? frozen(settled) : settled;
    }
  }
  return Object.freeze(all);
}

function frozen(list: readonly unknown[]): readonly unknown[] {
  return Object.freeze([...list]);
}
