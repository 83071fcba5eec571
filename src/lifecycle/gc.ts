/**
 * Clears the store up: drops the refs that have had their time, makes one pack of the many that we wrote
 * and, in a store of our own, lets go of what nothing leads to any more.
 *
 * In the owner's repository no object goes: whether anybody needs it is for the owner's git to say.
 *
 * @module
 */

import { checkOptions, type OptionKinds } from "../arguments.ts";
import { BusyError } from "../errors.ts";
import { isGitAtWork } from "../git/fold.ts";
import type { PackFile } from "../git/pack_files.ts";
import { pause } from "../platform/patience.ts";
import { Slices } from "../platform/slices.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { collect, ourLooseObjects, ourPacks } from "./collect.ts";
import { dropExpiredRefs } from "./expired_refs.ts";

const POLL_MS = 20;
const UNDO_DAYS = 30;

/** How a store is cleared up. */
export interface GcOptions {
  /** How long undo points stay, in days; 30 by default. The newest of each workspace always does. */
  undoDays?: number;
  /** Only says what would go. */
  dryRun?: boolean;
  /** Stops the work; the store is whole at any moment. */
  signal?: AbortSignal;
}

/** What objects take on disk; in your repository, those that this library wrote. */
export interface StoreSize {
  /** The number of packs. */
  readonly packs: number;
  /** The number of objects that are in no pack. */
  readonly loose: number;
  /** The size of both, in bytes, without the indexes of packs. */
  readonly bytes: number;
}

/** What became of a store. */
export interface GcResult {
  /** What there was. */
  readonly before: StoreSize;
  /** What there is now. */
  readonly after: StoreSize;
  /** The refs that went, of deleted workspaces and old undo points. */
  readonly refs: string[];
  /** How many objects went since nothing led to them: none, ever, in your repository. */
  readonly pruned: number;
}

const OPTIONS: OptionKinds<GcOptions> = { undoDays: "number", dryRun: "boolean", signal: "signal" };

/**
 * Clears the store up.
 *
 * @throws {RangeError} where `undoDays` is negative or no number.
 * @throws {BusyError} where somebody else is clearing it up, the owner's `git gc` for example.
 * @throws {StoreError} where an object is damaged; nothing has gone then.
 */
export async function collectGarbage(base: OpenBase, options: GcOptions = {}): Promise<GcResult> {
  checkOptions("clear up the store", options, OPTIONS);
  const { undoDays = UNDO_DAYS, dryRun = false, signal } = options;
  if (!(undoDays >= 0)) {
    throw new RangeError(`Cannot clear up the store: undoDays is ${undoDays}, which is no time`);
  }
  signal?.throwIfAborted();
  using _ = await base.lockPacks("clearing up the store", signal);
  await waitForGit(base, signal);
  const slices = new Slices(signal);
  const packs = ourPacks(base);
  const before = sizeOf(base, packs);
  await slices.rest();
  const dropped = await dropExpiredRefs(base, { undoDays, dryRun }, slices);
  const pruned = await collect(base, packs, { dropped, dryRun, signal });
  const after = dryRun ? before : sizeOf(base, ourPacks(base));
  return { before, after, refs: dropped.map(({ ref }) => ref), pruned };
}

function sizeOf(base: OpenBase, packs: readonly PackFile[]): StoreSize {
  const loose = ourLooseObjects(base);
  const bytes = [...packs, ...loose].reduce((sum, { bytes }) => sum + bytes, 0);
  return { packs: packs.length, loose: loose.length, bytes };
}

/** The owner's `git gc` reads packs that we would take away. */
async function waitForGit({ layout, settings }: OpenBase, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + settings.lockTimeout;
  while (isGitAtWork(layout.objects)) {
    signal?.throwIfAborted();
    if (performance.now() >= deadline) {
      throw new BusyError(
        `Cannot clear up the store: a \`git gc\` has run there for over ${settings.lockTimeout} ms; ` +
          `wait for its end, or delete ${layout.commonDirectory}/gc.pid if none is running`,
        "git gc",
      );
    }
    await pause(POLL_MS);
  }
}
