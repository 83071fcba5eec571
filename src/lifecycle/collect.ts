/**
 * Which objects stay in the store, and in which packs.
 *
 * What refs lead to comes into one pack. What nothing leads to comes into others by its age, so that it
 * does not get younger. In a store of our own the old among it goes, unless a file there names it, and
 * with what that leads to: an index, a log, a note, something in an agent's own repository.
 *
 * Others write meanwhile. What is new since the packs were listed is in other packs; what these and new
 * refs lead to is looked up once more before anything goes, and a pack that somebody freshens stays.
 *
 * @module
 */

import { isOurPack, listPacks, type PackFile } from "../git/pack_files.ts";
import { listLoose, type LooseFile } from "../git/loose.ts";
import { Mentions } from "../git/mentions.ts";
import { AT_ONCE_BYTES } from "../git/object.ts";
import type { PackSource } from "../git/pack_source.ts";
import { Reachable } from "../git/reachable.ts";
import type { Ref } from "../git/refs.ts";
import { Repack } from "../git/repack.ts";
import { finish } from "../git/steps.ts";
import { lstat, readDirectory, removeFile } from "../platform/fs.ts";
import { acquireLockSoon } from "../platform/lock.ts";
import { Slices } from "../platform/slices.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { readRecords } from "../registry/record.ts";

const WEEK_MS = 7 * 86_400_000;
/** As long as git waits: who writes may rely on what nothing leads to yet. */
const GRACE_MS = 2 * WEEK_MS;

/** How objects are collected. */
export interface CollectOptions {
  /** Refs that lead nowhere any more, whether or not they are still there. */
  readonly dropped: readonly Ref[];
  /** Whether nothing is written, and nothing goes. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The packs that are ours to write anew. */
export function ourPacks({ layout, ownsStore }: OpenBase): PackFile[] {
  return listPacks(layout.objects, ownsStore ? () => true : isOurPack);
}

/** The loose objects that are ours to pack. */
export function ourLooseObjects({ layout, ownsStore }: OpenBase): LooseFile[] {
  return ownsStore ? listLoose(layout.objects) : [];
}

/** Puts the store's objects in order, of which `packs` are ours; returns how many are gone, or would be. */
export async function collect(
  base: OpenBase,
  packs: readonly PackFile[],
  options: CollectOptions,
): Promise<number> {
  using repack = new Repack(base.layout.objects, packs.filter(({ isHeld }) => !isHeld), {
    temporaryDirectory: base.layout.storeTemporary,
    session: base.session.id,
    signal: options.signal,
  });
  await repack.load();
  const collection = new Collection(base, repack, packs, options);
  return base.ownsStore ? await collection.prune() : await collection.putTogether();
}

class Collection {
  readonly #base: OpenBase;
  readonly #repack: Repack;
  readonly #packs: readonly PackFile[];
  readonly #loose: readonly LooseFile[];
  readonly #options: CollectOptions;
  readonly #slices: Slices;
  /** What refs lead to. */
  readonly #reachable: Reachable;
  /** What else stays, and what that leads to. */
  readonly #spared: Reachable;
  /** The objects that are in packs which stay. */
  readonly #placed = new Set<string>();
  /** The packs that are as they should be. */
  readonly #staying = new Set<PackSource>();
  /** When what nothing leads to was last written or freshened. */
  readonly #times = new Map<string, number>();

  constructor(
    base: OpenBase,
    repack: Repack,
    packs: readonly PackFile[],
    options: CollectOptions,
  ) {
    this.#base = base;
    this.#repack = repack;
    this.#packs = packs;
    this.#loose = ourLooseObjects(base);
    this.#options = options;
    this.#slices = new Slices(options.signal);
    const isOurs = base.ownsStore ? () => true : (oid: string) => repack.has(oid);
    this.#reachable = new Reachable(base.objects, isOurs);
    this.#spared = new Reachable(base.objects, (oid) => !this.#reachable.has(oid));
  }

  /** Makes few packs of many; everything stays. */
  async putTogether(): Promise<number> {
    await this.#lookAtRefs();
    if (this.#options.dryRun) return 0;
    await this.#place(this.#reachable.oids());
    await this.#placeByAge(this.#unreachable());
    await this.#removePacks(new Set());
    return 0;
  }

  /** The same, but what is old and leads nowhere goes. */
  async prune(): Promise<number> {
    await this.#lookAtRefs();
    const held = this.#packs.filter(({ isHeld }) => isHeld);
    const young = this.#unreachable().filter((oid) => this.#isYoung(oid));
    await this.#spare([...young, ...await this.#objectsIn(held)]);
    const { dryRun } = this.#options;
    if (!dryRun) {
      await this.#place(this.#reachable.oids());
      await this.#placeByAge(this.#unreachable().filter((oid) => this.#spared.has(oid)));
    }
    using locks = new DisposableStack();
    if (await this.#keepCommandsOut(locks)) await this.#spareWhatIsNamed();
    else await this.#spare(this.#doomed());
    const doomed = this.#doomed();
    if (dryRun) return doomed.size;
    await this.#placeByAge(this.#unreachable().filter((oid) => !doomed.has(oid)));
    for (const oid of this.#placed) doomed.delete(oid);
    await this.#removePacks(doomed);
    await this.#removeLoose(doomed);
    return doomed.size;
  }

  async #lookAtRefs(): Promise<void> {
    const tips = this.#tips();
    await this.#slices.rest();
    await finish(this.#reachable.add(tips), this.#slices);
  }

  /** What the refs hold that stay. */
  #tips(): string[] {
    const dropped = new Set(this.#options.dropped.map(({ ref }) => ref));
    return this.#base.refs.list("refs/").filter(({ ref }) => !dropped.has(ref))
      .map(({ oid }) => oid);
  }

  async #spare(oids: Iterable<string>): Promise<void> {
    await finish(this.#spared.add(oids), this.#slices);
  }

  /** What is in the packs, or loose, and no ref leads to. */
  #unreachable(): string[] {
    if (this.#times.size === 0) {
      const note = (oid: string, mtime: number): void => {
        const other = this.#times.get(oid) ?? 0;
        if (!this.#reachable.has(oid)) this.#times.set(oid, Math.max(other, mtime));
      };
      for (const { file, oids } of this.#repack.sources) {
        for (const oid of oids) note(oid, file.mtime);
      }
      for (const { oid, mtime } of this.#loose) note(oid, mtime);
    }
    return [...this.#times.keys()];
  }

  #isYoung(oid: string): boolean {
    return Date.now() - (this.#times.get(oid) ?? 0) < GRACE_MS;
  }

  /** What is to go, as far as is known by now. */
  #doomed(): Set<string> {
    return new Set(this.#unreachable().filter((oid) => !this.#spared.has(oid)));
  }

  /** Keeps commands from beginning, which could move what they know from one file to another. */
  async #keepCommandsOut(locks: DisposableStack): Promise<boolean> {
    const base = this.#base;
    for (const { name } of readRecords(base)) {
      const lock = await acquireLockSoon(base.layout.insideLock(name), "clearing up the store");
      if (lock === null) return false;
      locks.use(lock);
    }
    // What a workspace is about to start from is written down nowhere yet.
    return !base.journal.pending().some((entry) => {
      return entry.operation === "create" && entry.commit === null;
    });
  }

  /** Spares what has come since the packs were listed, and what files in the store name. */
  async #spareWhatIsNamed(): Promise<void> {
    const known = new Set(this.#packs.map(({ path }) => path));
    const since = ourPacks(this.#base).filter(({ path }) => !known.has(path));
    await this.#slices.rest();
    await this.#spare(await this.#objectsIn(since));
    await this.#spare(await this.#mentioned());
    // One ref may hold what another one held before, and be missed on its way.
    for (let before = "", now; (now = this.#tips()).join() !== before; before = now.join()) {
      await this.#spare(now);
    }
  }

  async #objectsIn(packs: readonly PackFile[]): Promise<string[]> {
    const { layout, session } = this.#base;
    using others = new Repack(layout.objects, packs, {
      temporaryDirectory: layout.storeTemporary,
      session: session.id,
      signal: this.#options.signal,
    });
    await others.load();
    return [...others.oids];
  }

  async #mentioned(): Promise<ReadonlySet<string>> {
    const { layout } = this.#base;
    const { commonDirectory, objects, storeTemporary } = layout;
    const mentions = new Mentions(this.#doomed());
    // Which refs count is known; in a dry run those that do not are still there.
    const refs = ["refs", "packed-refs", "logs"].map((name) => `${commonDirectory}/${name}`);
    // The audit log tells what was, and keeps nothing.
    const log = ["", "-wal", "-shm"].map((end) => `${layout.database}${end}`);
    const omitted = new Set([
      objects,
      storeTemporary,
      ...log,
      ...this.#options.dryRun ? refs : [],
    ]);
    for (const { name } of readDirectory(layout.insides) ?? []) {
      const borrowing = `${layout.insides}/${name}/repository/objects`;
      omitted.add(borrowing);
      await finish(mentions.lookIntoObjects(borrowing), this.#slices);
    }
    await finish(mentions.lookBelow(commonDirectory, (path) => omitted.has(path)), this.#slices);
    return mentions.found;
  }

  async #placeByAge(oids: readonly string[]): Promise<void> {
    const weeks = new Map<number, string[]>();
    const timeOf = (oid: string): number => this.#times.get(oid) ?? 0;
    for (const oid of oids) {
      const week = Math.floor(Math.max(timeOf(oid), Date.now() - GRACE_MS) / WEEK_MS);
      const group = weeks.get(week) ?? [];
      group.push(oid);
      weeks.set(week, group);
    }
    for (const group of weeks.values()) {
      await this.#place(group, group.reduce((latest, oid) => Math.max(latest, timeOf(oid)), 0));
    }
  }

  /** Writes objects into a pack of their own, unless they have one. */
  async #place(oids: Iterable<string>, mtime?: number): Promise<void> {
    const isToPlace = (oid: string): boolean => this.#repack.has(oid) && !this.#placed.has(oid);
    const group = [...oids].filter(isToPlace);
    if (group.length === 0) return;
    const { later } = mtime === undefined ? this.#reachable : this.#spared;
    const same = this.#repack.sources.find((source) => {
      return source.count === group.length && (source.hasDeltas || later.size === 0) &&
        group.every((oid) => source.find(oid) !== undefined);
    });
    if (same !== undefined) this.#staying.add(same);
    const placed = same?.oids ??
      await this.#repack.write(group, mtime === undefined ? { later } : { mtime });
    for (const oid of placed) this.#placed.add(oid);
  }

  /** Takes away the packs of which everything is in others by now, or gone. */
  async #removePacks(gone: ReadonlySet<string>): Promise<void> {
    const isDone = (source: PackSource): boolean =>
      !this.#staying.has(source) &&
      source.oids.every((oid) => this.#placed.has(oid) || gone.has(oid));
    await this.#repack.remove(this.#repack.sources.filter(isDone));
    this.#base.objects.refresh();
  }

  /** Takes away the loose objects that are gone or in packs, where they are put if a ref leads to them. */
  async #removeLoose(gone: ReadonlySet<string>): Promise<void> {
    const { objects } = this.#base;
    using writer = objects.writer();
    for (const { oid } of this.#loose) {
      if (!this.#reachable.has(oid) || this.#placed.has(oid)) continue;
      const { type, size } = objects.header(oid) ?? { type: "blob", size: 0 };
      if (size > AT_ONCE_BYTES) await writer.writeStream(type, size, objects.readChunks(oid));
      else writer.write(type, objects.read(oid).data);
      if (this.#slices.due) await this.#slices.rest();
    }
    await writer.finish();
    for (const { oid, path, mtime } of this.#loose) {
      const isDone = gone.has(oid) || this.#placed.has(oid) || writer.has(oid);
      if (isDone && lstat(path)?.mtime === mtime) removeFile(path);
      if (this.#slices.due) await this.#slices.rest();
    }
    writer.release();
  }
}
