/**
 * Random TOML: every form of keys, tables and values, and texts that are nearly TOML.
 *
 * @module
 */

import type { Random } from "../random.ts";

const NAMES = [
  "a",
  "b",
  "cache_size",
  "run",
  "x-1",
  "0",
  "a.b",
  "é",
  "",
  "=",
  "#",
  "]",
  '"',
  "\\",
  "\n",
];
const BLANKS = ["", "", " ", "\t ", "  "];
const SCALARS = [
  ...["1", "-0", "0x1F", "1_000", "+1.5e-3", "inf", "-nan", "true", "false"],
  ...["1979-05-27", "1979-05-27 07:32:00", "1979-05-27T00:32:00.999-07:00", "07:32:00"],
  ...['""', "''", '"a"', "'a'", '"# [x] = \\" \\\\"', "'\\'", '"{"', "'}'", '"\\u00e9\\e\\x41"'],
  ...['""""""', "''''''", '"""\na = 1\n[b]\n"""', "'''\n[[c]]\r\na = \"\"\"'''", '"""a\\"""b"""'],
  ...[
    '""""a"""""',
    "''''a''''",
    '"""\\\n   \\\r\n\t"""',
    '"""\\\\"""',
    '"""a""b"c\\""""',
    "'''a''b'''",
  ],
];

const DATE = /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:-\d\d:\d\d)?)?|\d\d:\d\d:\d\d/g;

/** Whether there can be a date that is none in TOML: the parser takes some, line ends in them too. */
export const hasSloppyDate = (text: string): boolean => /\d[-:]/.test(text.replace(DATE, ""));

/** Makes one text after the other. */
export class TomlTexts {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A text that can be TOML, unless it sets a key twice. */
  text(): string {
    const lines: string[] = [];
    for (let count = this.#random.below(8); count >= 0; count--) {
      const [before, after, comment] = [this.#blank(), this.#blank(), this.#comment()];
      lines.push(`${before}${this.#line()}${after}${comment}`);
    }
    const bom = this.#random.rarely(10, "\uFEFF", "");
    return bom + lines.map((line) => line + this.#random.rarely(4, "\r\n", "\n")).join("");
  }

  /** The same with some characters more, fewer or others. */
  damaged(text: string): string {
    for (let count = this.#random.below(3); count >= 0; count--) {
      const at = this.#random.below(text.length + 1);
      const piece = this.#random.pick([..."\"'\\[]{}=,.#\n\r a1", '"""', "'''", "[["]);
      text = text.slice(0, at) + this.#random.pick(["", piece]) +
        text.slice(at + this.#random.below(3));
    }
    return text;
  }

  #line(): string {
    switch (this.#random.below(8)) {
      case 0:
        return "";
      case 1:
        return `[${this.#blank()}${this.#key()}${this.#blank()}]`;
      case 2:
        return `[[${this.#blank()}${this.#key()}${this.#blank()}]]`;
      default:
        return this.#assignment(3);
    }
  }

  #assignment(depth: number): string {
    return `${this.#key()}${this.#blank()}=${this.#blank()}${this.#value(depth)}`;
  }

  #key(): string {
    const parts = Array.from({ length: 1 + this.#random.rarely(3, 2, 0) }, () => this.#name());
    return parts.join(`${this.#blank()}.${this.#blank()}`);
  }

  #name(): string {
    const name = this.#random.pick(NAMES);
    if (/^[\w-]+$/.test(name) && this.#random.below(3) > 0) return name;
    if (/^[^'\n]*$/.test(name) && this.#random.below(2) > 0) return `'${name}'`;
    return JSON.stringify(name).replace(
      /é/,
      () => this.#random.pick(["\\u00e9", "\\U000000E9", "é"]),
    );
  }

  #value(depth: number): string {
    const kind = depth === 0 ? 2 : this.#random.below(6);
    if (kind > 1) return this.#random.pick(SCALARS);
    const items = Array.from(
      { length: this.#random.below(4) },
      () => kind === 0 ? this.#value(depth - 1) : this.#assignment(depth - 1),
    );
    const list = items.map((item) => `${this.#gap()}${item}${this.#gap()}`).join(",");
    const comma = items.length > 0 ? this.#random.rarely(3, `,${this.#gap()}`, "") : "";
    return kind === 0 ? `[${list}${comma}]` : `{${list}${comma}}`;
  }

  #gap(): string {
    return this.#random.rarely(4, `${this.#comment()}\n`, this.#blank());
  }

  #blank(): string {
    return this.#random.pick(BLANKS);
  }

  #comment(): string {
    return this.#random.pick(["", "", "# a = 1", '# "', "#'''[{"]);
  }
}
