/**
 * What killed processes leave behind, which must be gone once somebody has opened and closed the base.
 *
 * @module
 */

import assert from "node:assert/strict";
import { nameToId } from "../../src/names.ts";
import { git } from "../git.ts";

/** Where a base keeps its workspaces and its store. */
export interface Places {
  readonly base: string;
  /** Git's common directory. */
  readonly store: string;
}

/** Checks a base that nobody has open and that has these workspaces. */
export async function checkRemains(places: Places, workspaces: readonly string[]): Promise<void> {
  assert.deepEqual(leftovers(places), []);
  await checkParts(places, workspaces);
  assert.equal(
    await git(places.store, "fsck", "--strict", "--full", "--no-dangling", "--no-progress"),
    "",
  );
}

/** Temporary files, sessions and journals of ours; git's locks, held packs and halves of packs. */
function leftovers({ base, store }: Places): string[] {
  const unfinished = [
    ...["tmp", "batches"].map((name) => `${base}/.agentfs/${name}`),
    ...["tmp", "journal", "sessions"].map((name) => `${store}/agentfs/${name}`),
  ].flatMap((directory) => namesIn(directory).map((name) => `${directory}/${name}`));
  const packs = namesIn(`${store}/objects/pack`);
  const isWhole = (name: string): boolean =>
    /\.(pack|idx)$/.test(name) && packs.includes(name.replace(/\w+$/, "idx"));
  const locks = [...filesBelow(store)].filter((path) => path.endsWith(".lock"));
  return [...unfinished, ...packs.filter((name) => !isWhole(name)), ...locks];
}

/** Every part of a workspace is there for those that exist, and for no others. */
async function checkParts(
  { base, store }: Places,
  workspaces: readonly string[],
): Promise<void> {
  const refs = await git(store, "for-each-ref", "--format=%(refname)", "refs/heads/agentfs");
  const ids = workspaces.map(nameToId).sort();
  assert.deepEqual({
    files: namesIn(`${base}/.agentfs/workspaces`),
    admin: namesIn(`${store}/worktrees`).filter((name) => name.startsWith("agentfs-")),
    records: namesIn(`${store}/agentfs/workspaces`),
    branches: refs.split("\n").slice(0, -1),
  }, {
    files: ids,
    admin: ids.map((id) => `agentfs-${id}`),
    records: ids.map((id) => `${id}.json`),
    branches: workspaces.map((name) => `refs/heads/agentfs/${name}`).sort(),
  });
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function* filesBelow(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (isDirectory) yield* filesBelow(`${directory}/${name}`);
    else yield `${directory}/${name}`;
  }
}
