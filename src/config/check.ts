/**
 * Checks settings against the table, and finds all that is wrong with them.
 *
 * @module
 */

import type { ConfigProblem } from "../errors.ts";
import { resolve } from "@std/path/posix";
import {
  ALL_KEYS,
  type AnyEntry,
  type AnyTable,
  COMBINATIONS,
  pathsOf,
  type Setting,
} from "./keys.ts";
import { nearest } from "./suggestion.ts";
import type { Place } from "./toml_positions.ts";
import type { ConfigInput } from "./types.ts";

/** Who writes the settings, and how. */
export interface Source {
  /** The names of settings there. */
  readonly spell: (name: string) => string;
  /** What a table of settings is called there. */
  readonly table: string;
  /** Where relative paths start; `null`: nowhere, and they are refused. */
  readonly directory: string | null;
  /** Finds where the keys are; `null`: in code. */
  readonly places: (() => Place) | null;
}

/** Settings from code. */
export const CODE: Source = {
  spell: (name) => name,
  table: "an object",
  directory: null,
  places: null,
};

/** More are noise, and looking for what was meant takes its time. */
const MAX_PROBLEMS = 100;

/** The settings that are right, copied, under their names in TypeScript; and what is wrong. */
export function check(
  values: object,
  source: Source,
): { readonly values: ConfigInput; readonly problems: readonly ConfigProblem[] } {
  const walk = new Walk(source);
  const right = walk.table(values, ALL_KEYS, []) as ConfigInput;
  const wrong = new Set(walk.problems.map(({ key }) => key?.split(".")[0]));
  for (const { path, message, holds } of COMBINATIONS) {
    if (wrong.has(source.spell(path[0]!)) || !holds(right)) continue;
    walk.report(path.map(source.spell), message);
  }
  return { values: right, problems: walk.problems.sort(byPlace) };
}

/** The order of the file; what comes from code is in its order already. */
function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** Whether a value is what holds settings: a date, which TOML has too, is none. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

class Walk {
  readonly problems: ConfigProblem[] = [];
  readonly #source: Source;
  #places: Place | null = null;

  constructor(source: Source) {
    this.#source = source;
  }

  /** What is right of a table, which has the names `path` as they are written. */
  table(values: object, keys: AnyTable, path: readonly string[]): Record<string, unknown> {
    const names = new Map(Object.keys(keys).map((name) => [this.#source.spell(name), name]));
    const right: Record<string, unknown> = {};
    for (const [written, value] of Object.entries(values)) {
      if (this.problems.length >= MAX_PROBLEMS) break;
      if (value === undefined) continue;
      const name = names.get(written);
      if (name === undefined) this.#unknown(keys, [...path, written]);
      else {
        const settled = this.#entry(value, keys[name]!, [...path, written]);
        if (settled !== undefined) right[name] = settled;
      }
    }
    return right;
  }

  report(path: readonly string[], message: string): void {
    let place = this.#place();
    for (const name of path) place = place?.keys.get(name) ?? null;
    const { line = null, column = null } = place ?? {};
    this.problems.push({ key: path.map(shown).join("."), line, column, message });
  }

  /** They are looked for once something is wrong. */
  #place(): Place | null {
    return this.#places ??= this.#source.places?.() ?? null;
  }

  /** The value where it is right; else `undefined`. */
  #entry(value: unknown, entry: AnyEntry, path: readonly string[]): unknown {
    if ("keys" in entry) {
      if (isTable(value)) return this.table(value, entry.keys, path);
      const names = Object.keys(entry.keys).map(this.#source.spell).join(", ");
      this.report(path, `it must be ${this.#source.table} of ${names}, not ${kindOf(value)}`);
      return undefined;
    }
    const copy = this.#resolved(Array.isArray(value) ? Array.from(value) : value, entry);
    if (entry.accepts(copy)) return copy;
    this.report(path, `it must be ${this.#expected(entry)}, not ${this.#fault(copy, entry)}`);
    return undefined;
  }

  #resolved(value: unknown, { paths }: Setting<unknown>): unknown {
    const { directory } = this.#source;
    if (!paths || directory === null) return value;
    if (Array.isArray(value)) return value.map((item) => fromDirectory(directory, item));
    return fromDirectory(directory, value);
  }

  #expected({ expected, paths }: Setting<unknown>): string {
    return paths && this.#source.directory !== null
      ? expected.replace(/absolute (paths?)/, "absolute or relative $1 without ~")
      : expected;
  }

  /** What a wrong value is, without quoting it. */
  #fault(value: unknown, { accepts }: Setting<unknown>): string {
    if (!Array.isArray(value) || !accepts([])) return kindOf(value);
    const wrong = value.findIndex((item) => !accepts([item]));
    const kind = kindOf(value[wrong]).replace(/^this (?=s)/, "an unusable ").replace(
      /^this /,
      "a ",
    );
    return `one whose item ${wrong + 1} is ${kind}`;
  }

  #unknown(keys: AnyTable, path: readonly string[]): void {
    const { spell } = this.#source;
    const written = path.at(-1)!;
    const sibling = nearest(written, Object.keys(keys).map(spell));
    const remedy = sibling !== null
      ? `did you mean ${[...path.slice(0, -1), sibling].join(".")}?`
      : this.#elsewhere(written) ?? `there are ${Object.keys(keys).map(spell).join(", ")}`;
    this.report(path, `there is no such setting; ${remedy}`);
  }

  /** A setting of another table: in TOML, what is written below the header of a table is in that. */
  #elsewhere(written: string): string | null {
    const paths = new Map<string, string>();
    for (const path of pathsOf(ALL_KEYS)) {
      const name = this.#source.spell(path.at(-1)!);
      if (!paths.has(name)) paths.set(name, path.map(this.#source.spell).join("."));
    }
    const name = nearest(written, paths.keys());
    if (name === null) return null;
    const path = paths.get(name)!;
    const where = path === name && this.#source.places !== null ? ", above the first table" : "";
    return `did you mean ${path}${where}?`;
  }
}

/** A path that starts with `~` stays as it is, and is refused: no shell is there to know whose home. */
function fromDirectory(directory: string, path: unknown): unknown {
  if (typeof path !== "string" || path === "" || /^~(\/|$)/.test(path)) return path;
  return resolve(directory, path);
}

/** What a value is; not what it says. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return `${value}`;
  if (value === "") return "an empty string";
  if (value instanceof Date) return "a date";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return "this string";
  if (typeof value === "boolean") return "a boolean";
  if (typeof value !== "number") {
    return typeof value === "object" ? "an object" : `a ${typeof value}`;
  }
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return "an infinite one";
  return value === 0 ? "0" : value < 0 ? "a negative number" : "this number";
}

const MAX_SHOWN = 60;

/** One name of a key as it can be shown: it can hold anything where it is quoted. */
function shown(name: string): string {
  const cut = name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name;
  if (/^[\w-]+…?$/.test(cut)) return cut;
  return JSON.stringify(cut.toWellFormed()).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
