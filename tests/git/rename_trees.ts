/**
 * Random pairs of trees between which files are moved about and edited, in one repository.
 *
 * @module
 */

import { git, tryGit } from "../git.ts";
import type { Random } from "../random.ts";

/** A file, a link or a submodule. */
export interface Entry {
  /** As git writes it: `100644`. */
  readonly mode: string;
  /** The content; for a submodule its commit. */
  readonly content: Uint8Array | string;
}

/** What a tree holds, by path. */
export type Tree = Map<string, Entry>;

/** Makes a repository with two commits for each pair of trees; gives the ids of the later ones. */
export async function commitPairs(
  path: string,
  pairs: readonly (readonly [Tree, Tree])[],
): Promise<string[]> {
  await Deno.mkdir(path, { recursive: true });
  await git(path, "init", "--quiet");
  const stream: Uint8Array<ArrayBuffer>[] = [];
  const say = (text: string): void => void stream.push(bytesOf(text));
  for (const [index, pair] of pairs.entries()) {
    for (const tree of pair) {
      say(`commit refs/heads/pair-${index}\ncommitter A <a@b> 1000 +0000\ndata 0\ndeleteall\n`);
      for (const [name, { mode, content }] of tree) {
        if (mode === "160000") {
          say(`M ${mode} ${content} ${name}\n`);
          continue;
        }
        const data = bytesOf(content);
        say(`M ${mode} inline ${name}\ndata ${data.length}\n`);
        stream.push(data);
        say("\n");
      }
    }
  }
  const stdin = await new Blob(stream).bytes();
  const { code, stderr } = await tryGit(path, ["fast-import", "--quiet"], { stdin });
  if (code !== 0) throw new Error(stderr);
  const names = pairs.map((_, index) => `pair-${index}`);
  return (await git(path, "rev-parse", ...names)).trim().split("\n");
}

/** Files in few directories under few names, of contents that resemble each other. */
export function randomPair(random: Random): [Tree, Tree] {
  const before: Tree = new Map();
  const families = Array.from({ length: 1 + random.below(5) }, () => randomText(random));
  const count = 1 + random.below(25);
  for (let n = 0; n < count; n++) {
    before.set(randomPath(random), randomEntry(random, random.pick(families)));
  }
  const after: Tree = new Map(before);
  for (const [path, entry] of before) {
    const fate = random.below(8);
    if (fate > 4) continue;
    if (fate > 0) after.delete(path);
    if (fate > 1) {
      after.set(randomPath(random), random.rarely(3, entry, editedEntry(random, entry)));
    }
    if (fate === 0) after.set(path, editedEntry(random, entry));
  }
  const moved = random.pick(DIRECTORIES);
  if (random.below(3) === 0) {
    for (const [path, entry] of [...after]) {
      if (!path.startsWith(moved)) continue;
      after.delete(path);
      after.set(`moved/${path.slice(moved.length)}`, entry);
    }
  }
  return [before, after];
}

const DIRECTORIES = ["a/", "a/b/", "src/", "src/deep/er/", "z/", ""];
const NAMES = ["x.ts", "y.ts", "mod.ts", "a.txt", "Ü.md", "index"];

function randomPath(random: Random): string {
  const name = random.rarely(3, `${random.below(40)}.ts`, random.pick(NAMES));
  return `${random.pick(DIRECTORIES)}${name}`;
}

/** Sometimes one without a newline at the end, with long lines, or of equal lines. */
function randomText(random: Random): string {
  const lines = Array.from(
    { length: random.rarely(6, 0, 1 + random.below(40)) },
    () => `${random.below(random.pick([3, 1000]))} ${"word ".repeat(random.below(20))}\n`,
  );
  return lines.join("") + random.rarely(3, "no newline at the end of this one", "");
}

function randomEntry(random: Random, family: string): Entry {
  const kind = random.below(30);
  if (kind === 0) return { mode: "160000", content: `${1 + random.below(2)}`.repeat(40) };
  if (kind === 1) return { mode: "120000", content: random.pick(["x", "../y", "z/x.ts"]) };
  if (kind === 2) return { mode: "100644", content: "" };
  const content = random.rarely(2, family, editedText(random, family));
  return { mode: random.rarely(5, "100755", "100644"), content };
}

function editedEntry(random: Random, { mode, content }: Entry): Entry {
  if (typeof content !== "string" || !mode.startsWith("100")) return { mode, content };
  return {
    mode: random.rarely(6, mode === "100755" ? "100644" : "100755", mode),
    content: editedText(random, content),
  };
}

function editedText(random: Random, text: string): string {
  const kind = random.below(12);
  if (kind === 0) return text.replaceAll("\n", "\r\n");
  if (kind === 1) return text.replaceAll("\r\n", "\n");
  if (kind === 2) return `\0${text}`;
  if (kind === 3) return text.repeat(2);
  const lines = text.split("\n");
  for (let edits = random.below(12); edits > 0; edits--) {
    const added = Array.from({ length: random.below(3) }, () => `${random.below(1000)} is new`);
    lines.splice(random.below(lines.length + 1), random.below(3), ...added);
  }
  return lines.join("\n");
}

function bytesOf(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
}
