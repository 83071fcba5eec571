/**
 * Checks what callers hand in. TypeScript knows only what was written by hand: what comes out of JSON,
 * or out of a model's tool call, can be anything, and a misspelt option must not be ignored in silence.
 *
 * @module
 */

const KINDS = {
  boolean: {
    expected: "true or false",
    accepts: (value: unknown) => typeof value === "boolean",
  },
  number: {
    expected: "a number",
    accepts: (value: unknown) => typeof value === "number",
  },
  string: {
    expected: "a string",
    accepts: (value: unknown) => typeof value === "string",
  },
  strings: {
    expected: "an array of strings",
    accepts: (value: unknown) =>
      Array.isArray(value) && value.every((item) => typeof item === "string"),
  },
  texts: {
    expected: "an object whose values are strings",
    accepts: (value: unknown) =>
      typeName(value) === "object" &&
      Object.values(value as object).every((item) => typeof item === "string"),
  },
  stringOrStrings: {
    expected: "a string or an array of strings",
    accepts: (value: unknown) => KINDS.string.accepts(value) || KINDS.strings.accepts(value),
  },
  date: {
    expected: "a Date that is a moment",
    accepts: (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime()),
  },
  signal: {
    expected: "an AbortSignal",
    accepts: (value: unknown) => value instanceof AbortSignal,
  },
};

/** What each option of a call is. */
export type OptionKinds<Options> = {
  readonly [Name in keyof Required<Options>]: keyof typeof KINDS;
};

/**
 * Checks the options of a call, which `action` names: `commit`, `list the workspaces`.
 *
 * @throws {TypeError} where they are no object, where there is no option of a name, or where one is
 * of the wrong type. One that is `undefined` is left out.
 */
export function checkOptions<Options extends object>(
  action: string,
  options: Options,
  kinds: OptionKinds<Options>,
): void {
  const cannot = `Cannot ${action}:`;
  if (typeName(options) !== "object") {
    throw new TypeError(`${cannot} its options are an object, not ${typeName(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) {
      throw new TypeError(
        `${cannot} there is no option ${JSON.stringify(name)}; there are ` +
          Object.keys(kinds).join(", "),
      );
    }
    const { expected, accepts } = KINDS[kinds[name as keyof Options]];
    if (value !== undefined && !accepts(value)) {
      throw new TypeError(`${cannot} ${name} is ${expected}, not ${typeName(value)}`);
    }
  }
}

/** The type of a value as people say it: to them neither `null` nor an array is an object. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** The options as they are now, whatever their giver does to them later; right or wrong. */
export function ownCopy<Options extends object>(options: Options): Options {
  if (typeName(options) !== "object") return options;
  const copies = Object.entries(options).map(([name, value]) => [
    name,
    Array.isArray(value) ? [...value] : value,
  ]);
  return Object.fromEntries(copies) as Options;
}
