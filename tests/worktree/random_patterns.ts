/**
 * Made-up ignore patterns, the same for the same seed, and the tree that they are tried on.
 *
 * @module
 */

import type { Random } from "../random.ts";

/** Names of directories: each is in the root, and has each of them inside. */
const DIRECTORIES = ["a", "ab", "é", "#b", "foo.d"];

/** Names of files, which are in every directory. */
const FILES = [
  ..."b ba foo foo.o bar.o.o .b b.c x-y ] a*b a? [ab] \\ a\\b - !a #a A 7".split(" "),
  ...["b ", " b", "b\t", "b\r", "b\nb", "aé", "日本.o", "éa", "\u{1f600}", "\ufeffb"],
];

const PIECES = [
  ..."a b ab foo . .o o é 日 0 ! # - \\a \\* \\[ \\\\ \\? \\ * * * ** *** ? ? ??".split(" "),
  ..."[ab] [!a] [^b] [a-f] [!a-f] [é] [日-é] [] []a] [!]a] [a-] [-a] [--0] [c-a]".split(" "),
  ..."[a-c-e] [a-\\c] [\\]] [\\a] [a [ ] [a/b] [!/] [[:alpha:]] [[:upper:][:digit:]]".split(" "),
  ..."[^[:alnum:]] [[:bogus:]] [[:alpha:] [[:alpha] [[a:]] [a-[:digit:]]".split(" "),
  ...[" ", "\\ ", "\t", "[ ]", "[\t-\r]"],
];

/** One pattern, without the end of a line. */
export function randomPattern(random: Random): string {
  for (;;) {
    const start = random.pick(["", "", "", "", "", "/", "/", "!", "!", "!/", "//", "**/"]);
    const end = random.pick(["", "", "", "", "/", "/", "//", "/**", "\\/"]);
    const pattern = start + randomPath(random) + end;
    if (!isReadDifferently(pattern)) return pattern;
  }
}

/** Pieces in a row, or names of the tree with parts of them made general. */
function randomPath(random: Random): string {
  const isLikeTree = random.below(3) > 0;
  let path = "";
  for (let rest = random.below(4); rest >= 0; rest--) {
    const name = random.pick(rest > 0 ? DIRECTORIES : FILES);
    const pieces = Array.from({ length: 1 + random.below(3) }, () => random.pick(PIECES));
    path += random.rarely(6, "**", isLikeTree ? generalize(name, random) : pieces.join(""));
    if (rest > 0) path += random.pick(["/", "/", "/", "/", "/", "/", "/", "\\/", "//"]);
  }
  return path;
}

function generalize(name: string, random: Random): string {
  if (random.below(2) === 0) return name;
  const generalized = [...name].map((character) =>
    random.pick([
      ...[character, character, character, `\\${character}`, `[${character}]`, `[!${character}]`],
      ...["?", "*", random.pick(PIECES)],
    ])
  );
  return generalized.join("");
}

/**
 * Whether git up to 2.51 reads a pattern with slashes otherwise than later ones and gitignore(5) do:
 * it let `**` cross slashes where that was the first wildcard and stood right behind a literal.
 */
function isReadDifferently(pattern: string): boolean {
  const body = pattern.replace(/^!/, "");
  return /^[^*?[\\]*[^*?[\\/]\*\*/.test(body) && body.includes("/");
}

/** The text of a `.gitignore` of a few lines. */
export function randomGitignore(random: Random): string {
  let text = random.rarely(12, "\ufeff", "");
  for (let rest = random.below(6); rest >= 0; rest--) {
    const pattern = random.pick(["", "", "", "", "", "", "#", " ", "\\#", "\\!"]) +
      randomPattern(random);
    const spaces = random.pick([" ", "   ", "\\ ", "\\  ", "\\\\ ", "\t", " \t ", "\r", "\0a"]);
    text += (isReadDifferently(pattern) ? "" : pattern) + random.rarely(2, spaces, "");
    text += random.pick(["\n", "\n", "\n\n", "\r\n", rest === 0 ? "" : "\n"]);
  }
  return text;
}

/** Makes the tree at `root`; gives the paths of its directories, the root as "", and its files. */
export async function plantTree(root: string): Promise<{ directories: string[]; files: string[] }> {
  const directories = directoriesBelow("", 2);
  const files = directories.flatMap((directory) => FILES.map((name) => join(directory, name)));
  for (const path of directories) await Deno.mkdir(join(root, path), { recursive: true });
  for (const path of files) await Deno.writeTextFile(join(root, path), "");
  return { directories, files };
}

function directoriesBelow(directory: string, levels: number): string[] {
  const children = levels === 0 ? [] : DIRECTORIES.map((name) => join(directory, name));
  return [directory, ...children.flatMap((child) => directoriesBelow(child, levels - 1))];
}

function join(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
