/**
 * One pattern of a `.gitignore`, compiled: which names it fits, as gitignore(5) and git's `wildmatch`
 * have it.
 *
 * A pattern is a list of steps, one for each component of a path, and a step is matched against one
 * name. A star takes as little as it can, which is always enough, so nothing is tried twice: a name
 * costs at most its own length times the pattern's, and so does a path.
 *
 * @module
 */

import { parseByteClass } from "./byte_class.ts";

// Why not npm's: they make back-tracking regular expressions, and agents choose the patterns. Against
// 40 times "a/", `ignore` 7.0.16 takes 0.2 s for 6 times "/a/**" and then "/b", and 3.5 s for 8 times;
// on 60 times "a", `picomatch` 4.0.7 takes 2 s for 7 times "a*" and then "b". Here none takes 5 ms,
// and 30 rules of the usual kind take 0.2 µs a name, where `ignore` takes 1.8.

/** What one byte of a name is compared with: a byte, or a table that holds 1 for each that fits. */
type Token = number | Uint8Array;

/** Stands for `*` among tokens. */
const STAR = -1;
const ANY_BYTE = new Uint8Array(256).fill(1);

/** How often each byte of a name may be looked at before the looks count as effort. */
const FREE_LOOKS = 2;

/** Is told how many comparisons a name took beyond an ordinary number; may throw to stop. */
export type Effort = (comparisons: number) => void;

/** A pattern, read. */
export interface Pattern {
  /** Whether it starts with `!`, which takes back what earlier patterns said. */
  readonly negated: boolean;
  /** Whether it ends with `/`, which fits directories only. */
  readonly directoryOnly: boolean;
  /** From the pattern's own directory down; at least one. */
  readonly steps: readonly Step[];
  /** Is told of the work that the pattern makes. */
  readonly effort: Effort | undefined;
}

/** What a pattern asks of one component of a path. */
export interface Step {
  /** Whether any number of directories, also none, may lie before it. */
  readonly anyDepth: boolean;
  /** What the name must fit. */
  readonly name: NameGlob;
  /** How the pattern says that, as bytes of UTF-8. */
  readonly text: string;
}

/** Reads one pattern; `null` where it can never fit, as with a class that is not closed. */
export function parsePattern(text: string, effort?: Effort): Pattern | null {
  const negated = text.startsWith("!");
  const body = negated ? text.slice(1) : text;
  const directoryOnly = body.endsWith("/");
  const source = utf8(directoryOnly ? body.slice(0, -1) : body);
  const components = parseComponents(source.startsWith("/") ? source.slice(1) : source);
  if (components === null) return null;
  const steps = source.includes("/")
    ? toSteps(components, effort)
    : [{ anyDepth: true, name: new NameGlob(components[0]!.tokens, effort), text: source }];
  return { negated, directoryOnly, steps, effort };
}

/** What stands between two slashes of a pattern. */
interface Component {
  tokens: Token[];
  text: string;
  /** Whether the slash behind it is written `\/`: a `**` before that takes at least one name. */
  slashEscaped: boolean;
}

function parseComponents(source: string): Component[] | null {
  const components: Component[] = [];
  let tokens: Token[] = [];
  let start = 0;
  for (let at = 0; at < source.length; at++) {
    if (source[at] === "*") {
      tokens.push(STAR);
    } else if (source[at] === "?") {
      tokens.push(ANY_BYTE);
    } else if (source[at] === "[") {
      const parsed = parseByteClass(source, at);
      if (parsed === null) return null;
      tokens.push(parsed.table);
      at = parsed.end;
    } else {
      const escaped = source[at] === "\\";
      if (escaped && ++at === source.length) return null;
      if (source[at] !== "/") {
        tokens.push(source.charCodeAt(at));
      } else {
        const text = source.slice(start, escaped ? at - 1 : at);
        components.push({ tokens, text, slashEscaped: escaped });
        tokens = [];
        start = at + 1;
      }
    }
  }
  components.push({ tokens, text: source.slice(start), slashEscaped: false });
  return components.every(({ tokens }) => tokens.length > 0) ? components : null;
}

function toSteps(components: Component[], effort: Effort | undefined): Step[] {
  const steps: Step[] = [];
  let anyDepth = false;
  for (const [index, { tokens, text, slashEscaped }] of components.entries()) {
    const isGlobStar = tokens.length > 1 && tokens.every((token) => token === STAR);
    anyDepth ||= isGlobStar;
    // Between slashes, `**` is only the freedom of the step behind it.
    if (isGlobStar && !slashEscaped && index < components.length - 1) continue;
    steps.push({ anyDepth, name: new NameGlob(tokens, effort), text });
    anyDepth = false;
  }
  return steps;
}

/** What one name must be like: a pattern between two slashes. */
export class NameGlob {
  /** The only name that fits; `null` where there are wildcards. */
  readonly literal: string | null;
  /** What a name must end with, where that is all, as in `*.md`. */
  readonly #suffix: string | null;
  /** What stands before, between and behind the stars. */
  readonly #chunks: readonly (readonly Token[])[];
  /** How long a name must be at least. */
  readonly #length: number;
  /** Whether names are compared as UTF-8, since `?` and a class fit one byte, not one character. */
  readonly #bytewise: boolean;
  readonly #effort: Effort | undefined;

  /** Makes the pattern of what stands between two slashes. */
  constructor(tokens: readonly Token[], effort?: Effort) {
    const chunks: Token[][] = [[]];
    for (const [index, token] of tokens.entries()) {
      if (token !== STAR) chunks.at(-1)!.push(token);
      else if (tokens[index - 1] !== STAR) chunks.push([]);
    }
    this.#bytewise = tokens.some((token) => typeof token !== "number");
    const texts = this.#bytewise ? [] : chunks.map(toText);
    this.literal = texts.length === 1 ? texts[0]! : null;
    this.#suffix = texts.length === 2 && texts[0] === "" ? texts[1]! : null;
    this.#chunks = this.#bytewise ? chunks : texts.map(toCodeUnits);
    this.#length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#effort = effort;
  }

  /** Whether `name` fits. */
  matches(name: string): boolean {
    if (this.#suffix !== null) return name.endsWith(this.#suffix);
    if (this.literal !== null) return name === this.literal;
    const text = this.#bytewise ? utf8(name) : name;
    if (text.length < this.#length) return false;
    const chunks = this.#chunks;
    const head = chunks[0]!;
    if (chunks.length === 1) return text.length === this.#length && fits(head, text, 0);
    const tail = chunks[chunks.length - 1]!;
    const end = text.length - tail.length;
    return fits(head, text, 0) && fits(tail, text, end) &&
      (chunks.length === 2 || this.#hasMiddle(text, head.length, end));
  }

  /** Whether the chunks between stars come one after another from `start` to `end`. */
  #hasMiddle(text: string, start: number, end: number): boolean {
    let looks = 0;
    let at = start;
    let found = 1;
    while (found < this.#chunks.length - 1) {
      const chunk = this.#chunks[found]!;
      if (at + chunk.length > end) break;
      let seen = 0;
      while (seen < chunk.length && accepts(chunk[seen]!, text.charCodeAt(at + seen))) seen++;
      looks += seen + 1;
      if (seen < chunk.length) {
        at++;
      } else {
        at += seen;
        found++;
      }
    }
    const free = FREE_LOOKS * text.length;
    if (looks > free) this.#effort?.(looks - free);
    return found === this.#chunks.length - 1;
  }
}

function fits(chunk: readonly Token[], text: string, at: number): boolean {
  for (let i = 0; i < chunk.length; i++) {
    if (!accepts(chunk[i]!, text.charCodeAt(at + i))) return false;
  }
  return true;
}

function accepts(token: Token, code: number): boolean {
  return typeof token === "number" ? token === code : token[code] === 1;
}

/** The UTF-8 of `text` as a string with one character for each byte, which ASCII is already. */
function utf8(text: string): string {
  let ascii = 0;
  while (ascii < text.length && text.charCodeAt(ascii) < 0x80) ascii++;
  if (ascii === text.length) return text;
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** The text whose UTF-8 the tokens are. */
function toText(bytes: readonly Token[]): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(Uint8Array.from(bytes as readonly number[]));
}

function toCodeUnits(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}
