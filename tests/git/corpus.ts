/**
 * Repositories full of made-up objects, and what real git says is in them.
 *
 * @module
 */

import { ObjectStore } from "../../src/git/store.ts";
import type { GitObject, ObjectType } from "../../src/git/object.ts";
import { git, tryGit } from "../git.ts";
import type { Random } from "../random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text or bytes of up to `limit` bytes; the same for the same state of `random`. */
export function randomContent(random: Random, limit: number): Uint8Array {
  const length = random.below(limit + 1);
  const spread = random.pick([2, 30, 256]);
  return Uint8Array.from({ length }, () => random.below(spread));
}

/** Makes a repository whose files change a little in each of many commits, all in one pack. */
export async function makeHistory(
  path: string,
  random: Random,
  { commits, files }: { commits: number; files: number },
): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await git(path, "init", "--quiet");
  const contents = Array.from({ length: files }, () => randomLines(random, 100));
  const stream: Uint8Array[] = [];
  for (let commit = 0; commit < commits; commit++) {
    const head = `commit refs/heads/main\ncommitter O <o@example.com> ${1e9 + commit} +0000\n`;
    stream.push(encoder.encode(`${head}data 4\nnext\n`));
    for (const [file, lines] of contents.entries()) {
      if (commit > 0 && random.below(3) > 0) continue;
      lines.splice(random.below(lines.length), random.below(5), ...randomLines(random, 3));
      const data = encoder.encode(lines.join(""));
      const name = `d${file % 5}/${file % 7}/file ${file}`;
      stream.push(encoder.encode(`M 100644 inline "${name}"\ndata ${data.length}\n`), data);
      stream.push(encoder.encode("\n"));
    }
  }
  const stdin = new Uint8Array(await new Blob(stream as BlobPart[]).arrayBuffer());
  const args = ["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet"];
  const { code, stderr } = await tryGit(path, args, { stdin });
  if (code !== 0) throw new Error(stderr);
  await git(path, "tag", "--annotate", "--message", "a tag", "v1", "main");
  await git(path, "repack", "-adq");
}

function randomLines(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => `${random.below(1e9)} some words that repeat\n`);
}

/** Every object of the repository, as `git cat-file` prints it. */
export async function allObjects(path: string): Promise<Map<string, GitObject>> {
  const { bytes } = await tryGit(path, ["cat-file", "--batch-all-objects", "--batch"]);
  const objects = new Map<string, GitObject>();
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const [oid, type, size] = decoder.decode(bytes.subarray(at, end)).split(" ");
    const data = bytes.subarray(end + 1, end + 1 + Number(size));
    objects.set(oid!, { type: type as ObjectType, data });
    at = end + 1 + Number(size) + 1;
  }
  return objects;
}

/** The objects of the repository at `path`, in our store. */
export function openStore(path: string, cacheBytes = 1 << 20): ObjectStore {
  const temporaryDirectory = `${path}/.git/agentfs/tmp`;
  Deno.mkdirSync(temporaryDirectory, { recursive: true });
  return new ObjectStore(`${path}/.git/objects`, {
    temporaryDirectory,
    session: "session",
    cacheBytes,
  });
}

/** The paths of the files in `objects/pack` that end in `extension`. */
export function packFiles(path: string, extension: string): string[] {
  const directory = `${path}/.git/objects/pack`;
  return [...Deno.readDirSync(directory)]
    .filter(({ name }) => name.endsWith(extension))
    .map(({ name }) => `${directory}/${name}`);
}

/** Turns all objects of the repository into loose ones. */
export async function unpackAll(path: string): Promise<void> {
  for (const pack of packFiles(path, ".pack")) {
    const stdin = await Deno.readFile(pack);
    const base = pack.slice(0, -".pack".length);
    for (const { name } of [...Deno.readDirSync(`${path}/.git/objects/pack`)]) {
      const file = `${path}/.git/objects/pack/${name}`;
      if (file.startsWith(base)) await Deno.remove(file);
    }
    await tryGit(path, ["unpack-objects", "-q"], { stdin });
  }
}
