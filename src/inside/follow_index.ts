/**
 * What an agent has added by force, untracked or left out inside is so for the workspace, too: its own index
 * follows the one inside, as far as that is safe to believe.
 *
 * @module
 */

import { isRefusal } from "../platform/failure.ts";
import { readInsideNote, writeInsideNote } from "../worktree/inside_note.ts";
import type { Worktree } from "../worktree/worktree.ts";
import type { PrivateRepository } from "./private_repository.ts";
import { stamp } from "./stamp.ts";

/** Brings the workspace's index up to date. No command runs; what cannot be read changes nothing. */
export async function followIndex(
  worktree: Worktree,
  repository: PrivateRepository,
): Promise<void> {
  try {
    using _ = await worktree.holdWriter("following the index inside");
    await follow(worktree, repository);
  } catch (error) {
    // The next command tries again.
    if (!isRefusal(error)) throw error;
  }
}

async function follow(worktree: Worktree, repository: PrivateRepository): Promise<void> {
  const { base, name, gitDirectory } = worktree;
  const own = (): string => stamp(`${gitDirectory}/index`);
  const note = readInsideNote(base, name);
  const index = repository.indexMark();
  // Where the host's has changed, it is that one which is brought inside.
  if (note === null || note.index === index || note.host.index !== own()) return;
  const bytes = repository.readIndex();
  if (bytes !== null) await worktree.followIndex(bytes);
  writeInsideNote(base, name, { ...note, index, host: { ...note.host, index: own() } });
}
