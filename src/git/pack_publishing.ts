/**
 * Making a pack that was written visible: whole, or not at all.
 *
 * @module
 */

import { NewFile, writeAtomic } from "../platform/atomic.ts";
import { removeFile, rename, syncDirectoryAside } from "../platform/fs.ts";
import type { Slices } from "../platform/slices.ts";
import { allOf } from "../platform/together.ts";
import { keepText } from "./keeps.ts";
import { giveTo, makeOwnedDirectory, ownerOf } from "./owner.ts";
import { newPackName } from "./pack_files.ts";
import { serializePackIndex } from "./pack_index_writer.ts";
import type { PackWriter } from "./pack_writer.ts";
import { finish } from "./steps.ts";

/** What a pack gets besides its objects. */
export interface Publication {
  readonly slices: Slices;
  /** Whose `.keep` file holds the pack. */
  readonly session: string;
  /** A name for files that are not whole yet. */
  readonly temporary: string;
}

/**
 * Finishes a pack and moves it to its place among the objects; returns its path without `.pack`. Its
 * `.keep` file holds it until somebody removes that.
 */
export async function publishPack(
  objectsDirectory: string,
  pack: PackWriter,
  { session, temporary, slices }: Publication,
): Promise<string> {
  const checksum = await pack.finish();
  const index = await finish(serializePackIndex(pack.objects, checksum), slices);
  const owner = ownerOf(objectsDirectory);
  const directory = `${objectsDirectory}/pack`;
  makeOwnedDirectory(owner, directory);
  const path = `${directory}/${newPackName()}`;
  try {
    const keep = new TextEncoder().encode(keepText(session));
    writeAtomic(`${path}.keep`, keep, { temporary, durable: false });
    using indexFile = new NewFile(temporary, index, 0o444);
    await allOf([pack.syncAside(), indexFile.syncAside()]);
    rename(pack.path, `${path}.pack`);
    // git sees a pack once it has an index.
    indexFile.place(`${path}.idx`);
    for (const file of ["keep", "pack", "idx"]) giveTo(owner, `${path}.${file}`);
    await syncDirectoryAside(directory);
  } catch (error) {
    for (const file of ["idx", "pack", "keep"]) removeFile(`${path}.${file}`);
    throw error;
  }
  return path;
}
