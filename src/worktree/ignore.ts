/**
 * Which files git ignores, asked directory by directory on the way down.
 *
 * Every pattern comes to questions about base names. One without a slash asks in every directory;
 * one with slashes takes a step whenever a directory that fits is entered, and asks where only its
 * last step is left. So a name costs a look into a map and a few comparisons, however deep it lies.
 *
 * @module
 */

import { type NameGlob, parsePattern, type Pattern } from "./glob.ts";

/** The ignore rules as they stand inside one directory. */
export class IgnoreRules {
  /** No rules: nothing is ignored. */
  static readonly none: IgnoreRules = new IgnoreRules([]);

  /** One for each list of patterns that has a say here, the strongest first. */
  readonly #layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** The rules at the root by files such as `core.excludesFile` and `info/exclude`, weakest first. */
  static from(texts: Iterable<{ text: string }>): IgnoreRules {
    let rules = IgnoreRules.none;
    for (const { text } of texts) rules = rules.withGitignore(text);
    return rules;
  }

  /** The rules at the root by one list of patterns, of which the last that fits decides. */
  static fromPatterns(patterns: readonly Pattern[]): IgnoreRules {
    return IgnoreRules.none.#with(patterns);
  }

  /** These rules with those of this directory's own `.gitignore` on top. */
  withGitignore(text: string): IgnoreRules {
    return this.#with(parseGitignore(text));
  }

  #with(patterns: readonly Pattern[]): IgnoreRules {
    const layer = Layer.from(patterns);
    return layer === null ? this : new IgnoreRules([layer, ...this.#layers]);
  }

  /** The rules inside the child directory `name`; `gitignore` is the text of its own `.gitignore`. */
  enter(name: string, gitignore: string | null): IgnoreRules {
    const layers = this.#layers.map((layer) => layer.enter(name));
    const same = layers.every((layer, index) => layer === this.#layers[index]);
    const rules = same ? this : new IgnoreRules(layers.filter((layer) => layer !== null));
    return gitignore === null ? rules : rules.withGitignore(gitignore);
  }

  /**
   * Whether this directory's child `name` is ignored. What lies below an ignored directory is
   * ignored too, whatever other patterns say: nobody asks there.
   */
  ignores(name: string, isDirectory: boolean): boolean {
    for (const layer of this.#layers) {
      const rule = layer.decide(name, isDirectory);
      if (rule !== null) return !rule.pattern.negated;
    }
    return false;
  }

  /** The same rules as the text of a `.gitignore` of this directory. */
  toGitignore(): string {
    return this.#layers.toReversed().flatMap((layer) => layer.lines()).join("");
  }
}

/** The patterns in the text of a `.gitignore`. */
function parseGitignore(text: string): Pattern[] {
  return text.replace(/^\uFEFF/, "").split("\n")
    .filter((line) => !line.startsWith("#"))
    // Git is written in C: to it, a NUL ends the line.
    .map((line) => line.replace(/\r$/, "").replace(/\0.*$/s, ""))
    .map((line) => parsePattern(trimTrailingSpaces(line)))
    .filter((pattern) => pattern !== null);
}

/** The line without the spaces at its end; a backslash keeps the one behind it. */
function trimTrailingSpaces(line: string): string {
  let end = line.length;
  while (line[end - 1] === " ") end--;
  let backslashes = 0;
  while (line[end - 1 - backslashes] === "\\") backslashes++;
  return line.slice(0, end + backslashes % 2);
}

/** A pattern and its place in its list. */
interface Rule {
  readonly pattern: Pattern;
  readonly order: number;
}

/** A rule on its way down. */
interface Progress {
  readonly rule: Rule;
  /** The steps that a child of this directory may fit; ascending, and none twice. */
  readonly steps: readonly number[];
}

/** What one list of patterns says inside one directory. */
class Layer {
  /** The rules that ask in every directory. */
  readonly #everywhere: NameRules;
  /** The others, as far as they have come. */
  readonly #underway: readonly Progress[];
  /** Those of them that ask here. */
  readonly #here: NameRules | null;

  private constructor(everywhere: NameRules, underway: readonly Progress[]) {
    this.#everywhere = everywhere;
    this.#underway = underway;
    const here = underway.filter(({ rule, steps }) => isLastStep(rule, steps.at(-1)!));
    this.#here = here.length === 0 ? null : new NameRules(here.map(({ rule }) => rule));
  }

  static from(patterns: readonly Pattern[]): Layer | null {
    if (patterns.length === 0) return null;
    const everywhere: Rule[] = [];
    const underway: Progress[] = [];
    for (const [order, pattern] of patterns.entries()) {
      const rule = { pattern, order };
      if (pattern.steps[0]!.anyDepth && isLastStep(rule, 0)) everywhere.push(rule);
      else underway.push({ rule, steps: [0] });
    }
    return new Layer(new NameRules(everywhere), underway);
  }

  /** What the list says inside the child directory `name`; `null` where that is nothing. */
  enter(name: string): Layer | null {
    if (this.#underway.length === 0) return this;
    const underway = this.#underway
      .map((progress) => advance(progress, name))
      .filter((progress) => progress !== null);
    if (underway.length === 0 && this.#everywhere.isEmpty) return null;
    const same = underway.length === this.#underway.length &&
      underway.every((progress, index) => progress === this.#underway[index]);
    return same ? this : new Layer(this.#everywhere, underway);
  }

  /** The list as lines of text, as far as it can still decide. */
  lines(): string[] {
    const everywhere = this.#everywhere.rules.map((rule) => ({ rule, steps: [0] }));
    return [...everywhere, ...this.#underway]
      .sort((a, b) => a.rule.order - b.rule.order)
      .flatMap(({ rule, steps }) => steps.map((step) => toLine(rule.pattern, step)));
  }

  /** The rule that decides about the child `name`, if one does. */
  decide(name: string, isDirectory: boolean): Rule | null {
    const here = this.#here === null ? null : this.#here.last(name, isDirectory, -1);
    const after = here === null ? -1 : here.order;
    return this.#everywhere.last(name, isDirectory, after) ?? here;
  }
}

function isLastStep({ pattern }: Rule, step: number): boolean {
  return step === pattern.steps.length - 1;
}

/** What is left of a pattern from one of its steps on, as a line. */
function toLine({ negated, directoryOnly, steps }: Pattern, from: number): string {
  const rest = steps.slice(from).map(({ anyDepth, text }) =>
    anyDepth && !/^\*\*+$/.test(text) ? `/**/${text}` : `/${text}`
  );
  const bytes = `${negated ? "!" : ""}${rest.join("")}${directoryOnly ? "/" : ""}`;
  return `${new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))}\n`;
}

/** What looking at one step costs, in comparisons of two bytes. */
const COMPARISONS_PER_STEP = 20;

/** How far a rule is inside the child directory `name`; `null` where it cannot match there. */
function advance(progress: Progress, name: string): Progress | null {
  const { rule, steps } = progress;
  const { pattern } = rule;
  if (steps.length > 1) pattern.effort?.((steps.length - 1) * COMPARISONS_PER_STEP);
  const next: number[] = [];
  for (const step of steps) {
    const { anyDepth, name: glob } = pattern.steps[step]!;
    if (anyDepth) next.push(step);
    if (isLastStep(rule, step) || !glob.matches(name)) continue;
    // A step that waits at any depth makes up for every step before it.
    if (pattern.steps[step + 1]!.anyDepth) next.length = 0;
    next.push(step + 1);
  }
  if (next.length === 0) return null;
  return next.length === 1 && next[0] === steps[0] && steps.length === 1
    ? progress
    : { rule, steps: next };
}

/** Rules by the base names that their last steps ask for. */
class NameRules {
  /** By name, those without a wildcard; the latest first. */
  readonly #literals = new Map<string, Rule[]>();
  /** The others; the latest first. */
  readonly #globs: { rule: Rule; glob: NameGlob }[] = [];

  /** All of them, the earliest first. */
  readonly rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    for (const rule of rules.toReversed()) {
      const glob = rule.pattern.steps.at(-1)!.name;
      const { literal } = glob;
      if (literal === null) {
        this.#globs.push({ rule, glob });
      } else {
        const namesakes = this.#literals.get(literal);
        if (namesakes === undefined) this.#literals.set(literal, [rule]);
        else namesakes.push(rule);
      }
    }
  }

  get isEmpty(): boolean {
    return this.#literals.size === 0 && this.#globs.length === 0;
  }

  /** The last rule that fits `name`, if it comes after `order`. */
  last(name: string, isDirectory: boolean, order: number): Rule | null {
    let last: Rule | null = null;
    const namesakes = this.#literals.get(name);
    if (namesakes !== undefined) {
      last = namesakes.find(({ pattern }) => isDirectory || !pattern.directoryOnly) ?? null;
      if (last !== null && last.order <= order) last = null;
    }
    const after = last === null ? order : last.order;
    for (const { rule, glob } of this.#globs) {
      if (rule.order <= after) break;
      if ((isDirectory || !rule.pattern.directoryOnly) && glob.matches(name)) return rule;
    }
    return last;
  }
}
