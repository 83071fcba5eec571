/**
 * Trees to work on. Made-up sources are the same for the same seed: 50 files a directory, some
 * directories deep below others, sizes as real sources have them. Real ones are npm packages.
 *
 * @module
 */

import { Random } from "../../random.ts";
import { installPackages } from "../packages.ts";

const FILES_PER_DIRECTORY = 50;
const LEAST_BYTES = 300;
const MOST_BYTES = 8_000;
const VOCABULARY = 2_000;
const WORDS_PER_FILE = 40;

/** The directory that a tree is. */
export const TREE = "src";

/** Makes a tree of `count` files in `directory` and returns their paths in it. */
export function makeSources(directory: string, count: number, seed: number): string[] {
  const random = new Random(seed);
  const words = Array.from({ length: VOCABULARY }, () => word(random));
  const paths: string[] = [];
  for (const folder of folders(random, Math.ceil(count / FILES_PER_DIRECTORY))) {
    Deno.mkdirSync(`${directory}/${folder}`, { recursive: true });
    for (let i = 0; i < FILES_PER_DIRECTORY && paths.length < count; i++) {
      const path = `${folder}/${random.pick(words)}_${i}.ts`;
      Deno.writeTextFileSync(`${directory}/${path}`, source(random, words));
      paths.push(path);
    }
  }
  return paths;
}

const PACKAGES = ["typescript@7.0.2", "vite@8.3.8", "react@19.3.1", "eslint@10.15.0"];

/** What {@linkcode installSources} installs, with all that it depends on. */
export const PACKAGE_NAMES: string = PACKAGES.map((name) => name.replace(/@.*/, "")).join(", ");

/** Installs packages as a tree in `directory` and returns the paths of their files, or why it could not. */
export async function installSources(directory: string): Promise<string[] | string> {
  const failure = await installPackages(`${directory}/installed`, PACKAGES);
  if (failure !== null) return failure;
  Deno.renameSync(`${directory}/installed/node_modules`, `${directory}/${TREE}`);
  return [...filesBelow(directory, TREE)].sort();
}

/** The paths in `directory` of all files below one of its directories, links left out. */
function* filesBelow(directory: string, path: string): Iterable<string> {
  for (const { name, isFile, isDirectory } of Deno.readDirSync(`${directory}/${path}`)) {
    if (isFile) yield `${path}/${name}`;
    if (isDirectory) yield* filesBelow(directory, `${path}/${name}`);
  }
}

/** How large files are together, in bytes. */
export function bytesOf(directory: string, paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + Deno.statSync(`${directory}/${path}`).size, 0);
}

const SOURCE = /\.([cm]?[jt]s|json|md)$/;

/** Every so manieth text among `paths`, `count` in all: files that lie far apart. */
export function spread(paths: readonly string[], count: number): string[] {
  const sources = paths.filter((path) => SOURCE.test(path));
  const step = Math.max(1, Math.floor(sources.length / count));
  return sources.filter((_, index) => index % step === 0).slice(0, count);
}

/** Writes a line that says `mark` behind each of the files. */
export function edit(directory: string, paths: readonly string[], mark: string): void {
  const line = new TextEncoder().encode(`// ${mark}\n`);
  for (const path of paths) Deno.writeFileSync(`${directory}/${path}`, line, { append: true });
}

/** Directories, each below one that came before or at the top. */
function folders(random: Random, count: number): string[] {
  const made: string[] = [];
  for (let i = 0; i < count; i++) {
    const parent = random.below(3) === 0 && made.length > 0 ? random.pick(made) : TREE;
    made.push(`${parent}/part${i}`);
  }
  return made;
}

/** Many short files, few long ones; each says again and again the same few words, as sources do. */
function source(random: Random, vocabulary: readonly string[]): string {
  const share = random.below(1_000) / 1_000;
  const size = LEAST_BYTES + (MOST_BYTES - LEAST_BYTES) * share ** 2;
  const words = Array.from({ length: WORDS_PER_FILE }, () => random.pick(vocabulary));
  let text = "";
  while (text.length < size) {
    const [a, b, c] = [random.pick(words), random.pick(words), random.pick(words)];
    text += random.pick([
      `import { ${a} } from "./${b}.ts";\n`,
      `\n/** The ${a} of a ${b}, without its ${c}. */\n`,
      `export function ${a}(${b}: string, ${c}: number): string {\n`,
      `  const ${a} = ${b}(${c}, ${random.below(1_000)});\n`,
      `  if (${a}.${b} === null) return ${c};\n`,
      `  for (const ${a} of ${b}.${c}) ${a}.push(${random.below(1_000)});\n`,
      "}\n",
    ]);
  }
  return text;
}

function word(random: Random): string {
  const length = 3 + random.below(8);
  return String.fromCharCode(...Array.from({ length }, () => 97 + random.below(26)));
}
