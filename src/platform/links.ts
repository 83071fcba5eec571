/**
 * Making symbolic links where Deno does not: it allows that only under unscoped `--allow-read` and
 * `--allow-write`. Under scoped ones bubblewrap, where it may be run, makes them, all at once.
 *
 * @module
 */

import { hardLink, makeNewDirectory, maySymlink, removeTree, symlink } from "./fs.ts";

/** Why there is no {@linkcode LinkMaker}, and what to do about it. */
export const NO_LINKS =
  "Deno makes them only under --allow-read and --allow-write without paths, and " +
  "bubblewrap only where it is installed and --allow-run=bwrap is given; give the one or the other";

/** Makes links, those fast whose targets were told before. */
export interface LinkMaker extends Disposable {
  /** Makes a link at a path where nothing is. */
  make(target: string, path: string): void;
}

/**
 * Prepares the making of links to `targets`; `directory` is a path on their file system that nothing is
 * at. `null` where neither Deno nor bubblewrap makes links for this process.
 */
export async function prepareLinks(
  targets: Iterable<string> | AsyncIterable<string>,
  directory: string,
): Promise<LinkMaker | null> {
  if (maySymlink()) return { make: symlink, [Symbol.dispose]() {} };
  const numbers = new Map<string, number>();
  for await (const target of targets) {
    if (!numbers.has(target)) numbers.set(target, numbers.size);
  }
  if (numbers.size === 0) return { make: makeOne, [Symbol.dispose]() {} };
  makeNewDirectory(directory, 0o700);
  if (!await extract(archiveOf(numbers), directory)) {
    removeTree(directory);
    return null;
  }
  return {
    make(target, path) {
      const number = numbers.get(target);
      if (number === undefined) return makeOne(target, path);
      // A link is never changed, so that one with two names is as good as two.
      hardLink(`${directory}/${number}`, path);
    },
    [Symbol.dispose]: () => removeTree(directory),
  };
}

const RUN = ["--dev-bind", "/", "/", "--die-with-parent", "--"];

/** Makes one link while everybody waits. */
function makeOne(target: string, path: string): void {
  const args = [...RUN, "ln", "-s", "-T", "--", target, path];
  const { success } = new Deno.Command("bwrap", { args, clearEnv: true }).outputSync();
  if (!success) throw new Deno.errors.AlreadyExists(`Cannot make the link ${path}`);
}

/** Has `tar` make what the archive holds. */
async function extract(archive: Uint8Array, directory: string): Promise<boolean> {
  try {
    const child = new Deno.Command("bwrap", {
      args: [...RUN, "tar", "-x", "-C", directory],
      clearEnv: true,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(archive).then(() => writer.close()).catch(() => {});
    return (await child.status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) {
      return false;
    }
    throw error;
  }
}

const BLOCK_BYTES = 512;
const MAX_NAME_BYTES = 100;
const MODE = "0000777";
const LINK = "2";
/** GNU's way to tell a longer target: a file of this type before the link. */
const LONG_TARGET = "K";

/** A tar archive (POSIX.1-1988, `ustar`) of links whose names are numbers. */
function archiveOf(targets: ReadonlyMap<string, number>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [target, number] of targets) {
    const bytes = new TextEncoder().encode(target);
    if (bytes.length > MAX_NAME_BYTES) {
      const content = new Uint8Array(Math.ceil((bytes.length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
      content.set(bytes);
      parts.push(header("././@LongLink", LONG_TARGET, bytes.length + 1, new Uint8Array()), content);
    }
    parts.push(header(String(number), LINK, 0, bytes.subarray(0, MAX_NAME_BYTES)));
  }
  parts.push(new Uint8Array(2 * BLOCK_BYTES));
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function header(name: string, type: string, size: number, target: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const text = (at: number, value: string): void => block.set(new TextEncoder().encode(value), at);
  text(0, name);
  text(100, MODE);
  text(108, "0000000");
  text(116, "0000000");
  text(124, size.toString(8).padStart(11, "0"));
  text(136, "00000000000");
  text(148, " ".repeat(8));
  text(156, type);
  block.set(target, 157);
  text(257, type === LINK ? "ustar\x0000" : "ustar  ");
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}
