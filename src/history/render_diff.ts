/**
 * A diff for people at a terminal, in the colours of git.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import { showsColor } from "../platform/terminal.ts";

const BOLD = "\x1b[1m";
const RED = "\x1b[31m";
const GREEN = "\x1b[32m";
const CYAN = "\x1b[36m";
const RESET = "\x1b[m";

/** Control characters, and those that turn the direction of text: what is shown is not what is there. */
const DECEPTIVE = /(?!\t)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * What `git diff --color` prints: bold headers, red and green lines.
 *
 * Characters that a terminal would obey are shown as `<U+001B>`, so that no file can hide from a review
 * what is in it.
 *
 * @param options `color`: whether to use colours. Default: where standard output is a terminal and
 * `NO_COLOR` is not set.
 *
 * @example
 * ```ts
 * import { renderDiff } from "@agentfs/sdk";
 * import { TemporaryWorkspace } from "@agentfs/sdk/testing";
 *
 * await using temporary = await TemporaryWorkspace.create({ files: { "a.txt": "one\n" } });
 * const { workspace } = temporary;
 * await workspace.writeFile("/a.txt", "two\n");
 * console.log(renderDiff(await workspace.diff()));
 * ```
 */
export function renderDiff(
  diff: { readonly text: string },
  options: { color?: boolean } = {},
): string {
  checkOptions("render a diff", options, { color: "boolean" });
  const { color = showsColor() } = options;
  const painter = new Painter(color);
  return diff.text.split("\n").map((line) => painter.line(line)).join("\n");
}

/** Tells lines apart by where they stand: a deleted line may look like a header. */
class Painter {
  readonly #color: boolean;
  /** How many lines of the hunk are still to come, of either side. */
  #old = 0;
  #now = 0;

  constructor(color: boolean) {
    this.#color = color;
  }

  line(line: string): string {
    const end = line.endsWith("\r") ? "\r" : "";
    const shown = (end === "" ? line : line.slice(0, -1)).replace(DECEPTIVE, visible);
    if (this.#old > 0 || this.#now > 0) return this.#inHunk(shown) + end;
    const hunk = /^(@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@)( ?)(.*)$/.exec(shown);
    if (hunk !== null) {
      const [, range = "", old = "1", now = "1", space = "", heading = ""] = hunk;
      [this.#old, this.#now] = [Number(old), Number(now)];
      const tail = space === "" ? "" : this.#paint("", space) + this.#paint("", heading);
      return this.#paint(CYAN, range) + tail + end;
    }
    if (shown.startsWith("\\")) return this.#paint("", shown);
    if (shown === "" || shown.startsWith("Binary files ")) return shown;
    const [, header = "", tab = ""] = /^(.*?)(\t?)$/.exec(shown) ?? [];
    return this.#paint(BOLD, header) + tab;
  }

  #inHunk(line: string): string {
    if (line.startsWith("\\")) return this.#paint("", line);
    if (!line.startsWith("+")) this.#old--;
    if (!line.startsWith("-")) this.#now--;
    const colors: Record<string, string> = { "+": GREEN, "-": RED };
    return this.#paint(colors[line.charAt(0)] ?? "", line);
  }

  #paint(color: string, text: string): string {
    return this.#color ? color + text + RESET : text;
  }
}

function visible(character: string): string {
  return `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
