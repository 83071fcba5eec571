/**
 * The files of packs: which of them this library wrote, and taking them away.
 *
 * A pack of ours is told by its name, of which the second part follows from the first. So nothing has to
 * be written down about it, and neither a crash nor a copy of the repository can lose it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { randomId } from "../names.ts";
import { nodeCrypto } from "../platform/builtin.ts";
import { lstat, readDirectory, readFile, removeFile } from "../platform/fs.ts";

const RANDOM_DIGITS = 24;
const NAME = /^pack-([0-9a-f]{24})([0-9a-f]{16})$/;
/** What can stand beside a pack; the index comes first, for without it git sees no pack. */
const EXTENSIONS = ["idx", "rev", "bitmap", "mtimes", "promisor", "pack"];

/** A pack as its directory shows it. */
export interface PackFile {
  /** Without `.pack` or `.idx`. */
  readonly path: string;
  readonly bytes: number;
  /** When it was written or freshened, ms since 1970. */
  readonly mtime: number;
  /** Whether something else than its index needs it to stay: a `.keep`, or an index of many packs. */
  readonly isHeld: boolean;
}

/** A new name for a pack, which nobody else has: random, where git takes a checksum. */
export function newPackName(): string {
  const random = randomId(RANDOM_DIGITS);
  return `pack-${random}${follower(random)}`;
}

/** Whether a pack of this name, `pack-…`, is one that this library wrote. */
export function isOurPack(name: string): boolean {
  const [, random, end] = NAME.exec(name) ?? [];
  return random !== undefined && follower(random) === end;
}

function follower(random: string): string {
  return nodeCrypto().createHash("sha1").update(`agentfs ${random}`).digest("hex").slice(0, 16);
}

/** The names of the packs in a directory of objects that have an index: `pack-…`. */
export function packNames(objectsDirectory: string): string[] {
  const files = readDirectory(`${objectsDirectory}/pack`) ?? [];
  return namesAmong(files.map(({ name }) => name));
}

function namesAmong(files: Iterable<string>): string[] {
  return [...files]
    .filter((name) => name.startsWith("pack-") && name.endsWith(".idx"))
    .map((name) => name.slice(0, -".idx".length));
}

/** The packs in a directory of objects of which `isWanted` takes the name. */
export function listPacks(
  objectsDirectory: string,
  isWanted: (name: string) => boolean,
): PackFile[] {
  const directory = `${objectsDirectory}/pack`;
  const files = new Set((readDirectory(directory) ?? []).map(({ name }) => name));
  const multiple = Buffer.from(readFile(`${directory}/multi-pack-index`) ?? []);
  const isHeld = (name: string): boolean =>
    // Asked for, not looked up in the list: it may be younger than that.
    lstat(`${directory}/${name}.keep`) !== null || files.has(`${name}.promisor`) ||
    multiple.includes(`${name}.idx`) || files.has("multi-pack-index.d");
  return namesAmong(files).filter(isWanted).flatMap((name) => {
    const path = `${directory}/${name}`;
    const held = isHeld(name);
    const stat = lstat(`${path}.pack`);
    if (stat === null) return [];
    return [{ path, bytes: stat.size, mtime: stat.mtime, isHeld: held }];
  });
}

/** Takes a pack away, unless somebody has freshened or held it since it was listed; says whether. */
export function removePack({ path, mtime }: PackFile): boolean {
  const stat = lstat(`${path}.pack`);
  if (stat?.mtime !== mtime || lstat(`${path}.keep`) !== null) return false;
  for (const extension of EXTENSIONS) removeFile(`${path}.${extension}`);
  return true;
}

/** Removes packs of ours that lost their index to somebody who was killed while taking them away. */
export function sweepHalfRemoved(objectsDirectory: string): void {
  const directory = `${objectsDirectory}/pack`;
  for (const { name } of readDirectory(directory) ?? []) {
    const pack = name.replace(/\.pack$/, "");
    if (pack === name || !isOurPack(pack)) continue;
    // In this order: a pack that is being written has the one, and then has the other before it goes.
    const isWhole = lstat(`${directory}/${pack}.keep`) ?? lstat(`${directory}/${pack}.idx`);
    if (isWhole === null) removeFile(`${directory}/${name}`);
  }
}
