/**
 * The text of a git config file, read as git reads it.
 *
 * A repository is opened far more often than isomorphic-git is needed, whose import alone costs 65
 * ms; so what opening needs of the config is read here. Lines that git would die of are passed over,
 * and `include.path` is not followed: it leads into the user's own configuration.
 *
 * @module
 */

/** The settings of one or more config files; the last value of a key wins. */
export class GitConfig {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** Reads the texts in order, as if they were one file. */
  constructor(...texts: readonly string[]) {
    const values = new Map<string, string[]>();
    for (const text of texts) {
      for (const [key, value] of parseConfig(text)) {
        const known = values.get(key);
        if (known === undefined) values.set(key, [value]);
        else known.push(value);
      }
    }
    this.#values = values;
  }

  /** The last value of a key such as `user.name` or `remote.origin.url`; `null` where it has none. */
  get(key: string): string | null {
    return this.#values.get(canonicalKey(key))?.at(-1) ?? null;
  }

  /** The last value of a key as git reads a boolean; `null` where it has none, or no such value. */
  getBoolean(key: string): boolean | null {
    const value = this.get(key)?.toLowerCase();
    if (value === undefined) return null;
    if (/^(true|yes|on|[+-]?0*[1-9][0-9]*[kmg]?)$/.test(value)) return true;
    return /^(false|no|off|[+-]?0+|)$/.test(value) ? false : null;
  }

  /** The keys there are, each once, in the order of their first appearance. */
  keys(): string[] {
    return [...this.#values.keys()];
  }
}

/** Section and key are case-insensitive, a subsection between them is not. */
function canonicalKey(key: string): string {
  const first = key.indexOf(".");
  const last = key.lastIndexOf(".");
  return key.slice(0, first).toLowerCase() + key.slice(first, last) +
    key.slice(last).toLowerCase();
}

const SECTION = /\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]/y;
const KEY = /([A-Za-z][A-Za-z0-9-]*)[ \t]*(?:(=)|(?=\n)|$)/y;
const BLANK = /(?:[ \t\r\n]|[#;][^\n]*)*/y;
const REST_OF_LINE = /[^\n]*\n?/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", b: "\b" };

/** The settings in the order of the file, keys in their canonical form; a bare key means `true`. */
export function parseConfig(text: string): [key: string, value: string][] {
  const source = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  const settings: [string, string][] = [];
  let section: string | null = null;
  let position = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const found = pattern.exec(source);
    if (found !== null) position = pattern.lastIndex;
    return found;
  };
  for (match(BLANK); position < source.length; match(BLANK)) {
    const header = match(SECTION);
    if (header !== null) {
      const subsection = header[2]?.replace(/\\(.)/g, "$1");
      section = header[1]!.toLowerCase() + (subsection === undefined ? "" : `.${subsection}`);
      continue;
    }
    const key = section === null ? null : match(KEY);
    if (key === null) {
      match(REST_OF_LINE);
      continue;
    }
    const [value, end] = key[2] === "=" ? readValue(source, position) : ["true", position];
    position = end;
    settings.push([`${section}.${key[1]!.toLowerCase()}`, value]);
  }
  return settings;
}

/** The value that starts at `start`, and where its line ends. */
function readValue(source: string, start: number): [value: string, end: number] {
  let value = "";
  let kept = 0; // The length up to which nothing is trimmed: the rest may be blanks at the end.
  let quoted = false;
  let at = start;
  for (; at < source.length && source[at] !== "\n"; at++) {
    const char = source[at]!;
    if (char === "\\") {
      const escaped = source[++at] ?? "";
      if (escaped === "\n") continue;
      value += ESCAPES[escaped] ?? escaped;
      kept = value.length;
    } else if (char === '"') {
      quoted = !quoted;
      kept = value.length;
    } else if (!quoted && (char === "#" || char === ";")) {
      const end = source.indexOf("\n", at);
      return [value.slice(0, kept), end < 0 ? source.length : end];
    } else if (quoted || !/[ \t\r]/.test(char)) {
      value += char;
      kept = value.length;
    } else if (value !== "") {
      value += char;
    }
  }
  return [value.slice(0, kept), at];
}
