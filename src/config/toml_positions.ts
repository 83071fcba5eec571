/**
 * Where a TOML file sets its keys: the parser tells the values, and nothing of their places.
 *
 * This reads what the parser has taken already, so it looks for the ends of things only. Tables inside
 * of arrays have no places: no setting is in one.
 *
 * @module
 */

/** Where a key is written first, and where the keys below it are. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** By name. */
  readonly keys: ReadonlyMap<string, Place>;
}

/** The places of all keys of a TOML text that has no errors; that of the text itself is its start. */
export function tomlPositions(text: string): Place {
  return new Scanner(text).document();
}

/** A place that is being filled. */
interface Node extends Place {
  readonly keys: Map<string, Node>;
  /** What is below the last table of an array of tables, `[[…]]`. */
  last?: Node;
}

/** One part of a key, decoded, and its index in the text. */
interface Part {
  readonly name: string;
  readonly start: number;
}

const BARE_KEY = /[A-Za-z0-9_-]+/y;
const BLANKS = /[ \t]*/y;
/** Blanks, line ends and comments. */
const VOID = /(?:[ \t\r\n]|#[^\n]*)*/y;
const LINE = /[^\n]*/y;
/** A number, a date or a word: some dates have a blank in them. */
const SCALAR = /[^,\]}#\r\n]*/y;
/** A string's whole text; four or five quotes at the end of a long one are its end and content. */
const STRINGS: Readonly<Record<string, RegExp>> = {
  '"""': /"""(?:[^"\\]|\\[^]|"{1,2}(?!"))*"{3,5}/y,
  "'''": /'''(?:[^']|'{1,2}(?!'))*'{3,5}/y,
  '"': /"(?:[^"\\]|\\[^])*"/y,
  "'": /'[^']*'/y,
};

/** Here is no TOML: the parser takes dates with anything in them. The next line is TOML again. */
class Lost extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;
  /** Places are made in the order of the text, so that lines are counted once. */
  #line = 1;
  #lineStart = 0;
  #lineEnd: number;

  constructor(text: string) {
    this.#text = text;
    this.#lineEnd = text.indexOf("\n");
    if (text.startsWith("\uFEFF")) this.#at = 1;
  }

  document(): Place {
    const root: Node = { line: 1, column: 1, keys: new Map() };
    let table = root;
    for (this.#take(VOID); this.#at < this.#text.length; this.#take(VOID)) {
      try {
        if (this.#next === "[") table = this.#header(root);
        else this.#assignment(table);
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        this.#take(LINE);
      }
    }
    return root;
  }

  get #next(): string | undefined {
    return this.#text[this.#at];
  }

  /** Goes behind what the pattern finds here, and returns that. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  /** `[a.b]` or `[[a.b]]`. */
  #header(root: Node): Node {
    const brackets = this.#text.startsWith("[[", this.#at) ? 2 : 1;
    this.#at += brackets;
    const table = this.#descend(root, this.#key());
    this.#at += brackets;
    return brackets === 2 ? table.last = { ...table, keys: new Map() } : table;
  }

  /** `a.b = …` */
  #assignment(table: Node): void {
    const key = this.#key();
    if (this.#next !== "=") throw new Lost();
    this.#at++;
    const node = this.#descend(table, key);
    this.#take(BLANKS);
    this.#value(node);
  }

  /** The node of a key; the parts of it that are new get their places. */
  #descend(table: Node, key: readonly Part[]): Node {
    let node = table;
    for (const { name, start } of key) {
      node = node.last ?? node;
      let next = node.keys.get(name);
      if (next === undefined) node.keys.set(name, next = this.#node(start));
      node = next;
    }
    return node;
  }

  #node(start: number): Node {
    while (this.#lineEnd >= 0 && this.#lineEnd < start) {
      this.#line++;
      this.#lineStart = this.#lineEnd + 1;
      this.#lineEnd = this.#text.indexOf("\n", this.#lineStart);
    }
    return { line: this.#line, column: start - this.#lineStart + 1, keys: new Map() };
  }

  /** The parts of a key, up to the `=` or `]` behind it. */
  #key(): Part[] {
    const parts: Part[] = [];
    do {
      if (parts.length > 0) this.#at++;
      this.#take(BLANKS);
      const start = this.#at;
      const quote = this.#next;
      const name = quote === '"' || quote === "'"
        ? unquoted(this.#take(STRINGS[quote]!))
        : this.#take(BARE_KEY);
      if (this.#at === start) throw new Lost();
      parts.push({ name, start });
      this.#take(BLANKS);
    } while (this.#next === ".");
    return parts;
  }

  /** Goes behind a value; the keys of an inline table are those of `node`. */
  #value(node: Node): void {
    const first = this.#next;
    if (first === "{") this.#list("}", () => this.#assignment(node));
    else if (first === "[") this.#list("]", () => this.#value({ ...node, keys: new Map() }));
    else if (first === '"' || first === "'") this.#string(first);
    else this.#take(SCALAR);
  }

  #list(end: "]" | "}", item: () => void): void {
    this.#at++;
    for (this.#take(VOID); this.#next !== end; this.#take(VOID)) {
      const start = this.#at;
      item();
      this.#take(VOID);
      if (this.#next === ",") this.#at++;
      if (this.#at === start) throw new Lost();
    }
    this.#at++;
  }

  #string(quote: '"' | "'"): void {
    const long = quote.repeat(3);
    this.#take(STRINGS[this.#text.startsWith(long, this.#at) ? long : quote]!);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** What a quoted key says. */
function unquoted(key: string): string {
  const inside = key.slice(1, -1);
  if (key.startsWith("'")) return inside;
  return inside.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g,
    (_, ...[x, u, long, letter]) => {
      const digits = x ?? u ?? long;
      return digits === undefined
        ? ESCAPES[letter] ?? letter
        : String.fromCodePoint(parseInt(digits, 16));
    },
  );
}
