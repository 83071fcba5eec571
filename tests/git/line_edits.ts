/**
 * Random edits of real source files, as people and agents make them.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Random } from "../random.ts";

const FOLDERS = ["../../src/", "../../src/git/", "../../tests/worktree/"]
  .map((folder) => new URL(folder, import.meta.url))
  .concat(
    ["dist/", "src/", "hooks/src/", "compat/src/"].map((folder) =>
      new URL(folder, import.meta.resolve("preact/package.json"))
    ),
  );

const MOST_EDITS = 12;
const LONGEST = [3, 10, 40];
const FILLERS = ["}\n", "\n", "  });\n", "\t\n", "{\n", "\r\n"];

/** The lines of our own sources and of preact's. */
export function sourceFiles(): string[][] {
  return FOLDERS.flatMap((folder) =>
    [...Deno.readDirSync(folder)]
      .filter(({ isFile, name }) => isFile && /\.(ts|js|tsx|jsx)$/.test(name))
      .map(({ name }) => linesOf(Deno.readTextFileSync(fileURLToPath(new URL(name, folder)))))
  );
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/** A text and what became of it. */
export function randomPair(random: Random, sources: readonly string[][]): [string, string] {
  const [old, now] = randomLines(random, sources);
  return [old.join(""), random.rarely(10, now.join("").replace(/\n$/, ""), now.join(""))];
}

function randomLines(random: Random, sources: readonly string[][]): [string[], string[]] {
  const some = (count: number): string[] =>
    Array.from({ length: count }, () => random.pick(sources)).flat();
  switch (random.below(10)) {
    case 0: {
      // Lines that come again and again.
      const kinds = random.pick([2, 4, 30, 300]);
      const length = random.below(random.pick([30, 2000]));
      const lines = () => Array.from({ length }, () => `word ${random.below(kinds)}\n`);
      const old = lines();
      return [old, random.below(2) === 0 ? lines() : edited(random, old, sources)];
    }
    case 1:
      // Files with little in common, large enough for every short cut.
      return [some(15), some(15)];
    case 2: {
      const old = some(6);
      let now = old;
      for (let round = 0; round < 15; round++) now = edited(random, now, sources);
      return [old, now];
    }
    default: {
      const old = random.pick(sources);
      return [old, edited(random, old, sources)];
    }
  }
}

function edited(random: Random, lines: readonly string[], sources: readonly string[][]): string[] {
  const result = [...lines];
  for (let edits = random.below(MOST_EDITS); edits >= 0; edits--) {
    const at = random.below(result.length + 1);
    const length = random.below(random.pick(LONGEST));
    const change = (edit: (line: string) => string): void => {
      for (let line = at; line < Math.min(result.length, at + length); line++) {
        result[line] = random.rarely(2, result[line]!, edit(result[line]!));
      }
    };
    const elsewhere = random.below(result.length + 1);
    const edit = random.pick([
      () => result.splice(at, length),
      () => result.splice(elsewhere, 0, ...result.splice(at, length)),
      () => result.splice(at, 0, ...result.slice(elsewhere, elsewhere + length)),
      () => result.splice(at, 0, ...random.pick(sources).slice(0, length)),
      () => result.splice(at, 0, ...Array<string>(length % 5).fill(random.pick(FILLERS))),
      () => change((line) => `  ${line}`),
      () => change((line) => line.replace(/^\s+/, "\t")),
      () => change((line) => line.replace(/\w+/, "changed")),
      () => change(() => ""),
    ]);
    edit();
  }
  return result.filter((line) => line !== "");
}
