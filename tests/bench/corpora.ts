/**
 * Trees of made-up sources, the same for the same seed: 50 files a directory, some directories deep
 * below others, sizes as real sources have them.
 *
 * @module
 */

import { Random } from "../random.ts";

const FILES_PER_DIRECTORY = 50;
const LEAST_BYTES = 300;
const MOST_BYTES = 8_000;
const VOCABULARY = 2_000;
const WORDS_PER_FILE = 40;

/** Makes a tree of `count` files in `directory` and returns their paths in it. */
export function makeCorpus(directory: string, count: number, seed: number): string[] {
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

/** Every so manieth of `paths`, `count` in all: files that lie far apart. */
export function spread(paths: readonly string[], count: number): string[] {
  const step = Math.max(1, Math.floor(paths.length / count));
  return paths.filter((_, index) => index % step === 0).slice(0, count);
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
    const parent = random.below(3) === 0 && made.length > 0 ? `${random.pick(made)}/` : "src/";
    made.push(`${parent}part${i}`);
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
