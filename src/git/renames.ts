/**
 * Which of the added files were others before: the pairs, and the similarity, that `git diff -M` finds
 * (git 2.39, its defaults: 50 % at least, 1,000 files a side, no copies).
 *
 * Git looks three times: for equal contents; for the only file of a name, which may have changed its
 * directory and a quarter of its text; and then at every old file beside every new one.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { nameOf } from "../paths.ts";
import { Slices } from "../platform/slices.ts";
import { type Contents, type FileVersion, isRegular, Resemblance } from "./resemblance.ts";
import { MAX_SCORE } from "./similarity.ts";

export type { Contents, FileVersion };

/** A change, and for a rename how much of the old file is in the new one. */
export interface ScoredChange {
  readonly change: Change;
  /** Percent, rounded down, as git prints it; `null` where nothing was renamed. */
  readonly similarity: number | null;
}

const MINIMUM = MAX_SCORE / 2;
/** Files of one name must be more alike: halfway between the minimum and equality. */
const MINIMUM_FOR_NAMESAKES = MINIMUM + (MAX_SCORE - MINIMUM) / 2;
/** Every old file is compared with every new one unless that is more than the square of this. */
const LIMIT = 1000;
/** For each new file so many old ones are remembered. */
const CANDIDATES = 4;
/** Among equal files, so many are asked for their name. */
const NAMES_ASKED = 100;

/**
 * Makes one `renamed` change of an added and a deleted file wherever git does.
 *
 * @param changes sorted by path, as the result is.
 * @param contents are asked only for what equal ids do not settle.
 */
export async function detectRenames(
  changes: readonly Change[],
  contents: Contents,
  signal?: AbortSignal,
): Promise<ScoredChange[]> {
  const types = new Set(changes.map(({ type }) => type));
  if (!types.has("added") || !types.has("deleted")) {
    return changes.map((change) => ({ change, similarity: null }));
  }
  const search = new RenameSearch(changes, contents, signal);
  await search.matchEqual();
  await search.matchNamesakes();
  await search.matchAll();
  return changes.flatMap((change) => search.told(change));
}

/** What of a new file's origin is known. */
interface Origin {
  readonly source: FileVersion;
  readonly score: number;
}

/** How similar an old and a new file are. */
interface Candidate extends Origin {
  readonly target: FileVersion;
  readonly isNamesake: boolean;
}

class RenameSearch {
  /** The old files that nothing has come of. */
  readonly #sources: Set<FileVersion>;
  /** The new files that have come of nothing. */
  readonly #targets: Set<FileVersion>;
  readonly #origins = new Map<string, Origin>();
  readonly #gone = new Set<string>();
  readonly #resemblance: Resemblance;
  readonly #slices: Slices;

  constructor(changes: readonly Change[], contents: Contents, signal: AbortSignal | undefined) {
    this.#sources = new Set(changes.flatMap(oldVersion));
    this.#targets = new Set(changes.flatMap(newVersion));
    this.#slices = new Slices(signal);
    this.#resemblance = new Resemblance(contents, this.#slices);
  }

  /** The change as it is now known: none for a file that went elsewhere. */
  told(change: Change): ScoredChange[] {
    if (change.type === "deleted" && this.#gone.has(change.path)) return [];
    const origin = change.type === "added" ? this.#origins.get(change.path) : undefined;
    if (origin === undefined) return [{ change, similarity: null }];
    const { source: { path: oldPath, oid: oldOid, mode: oldMode }, score } = origin;
    const renamed: Change = { ...change, type: "renamed", oldPath, oldOid, oldMode };
    return [{ change: renamed, similarity: Math.floor(score * 100 / MAX_SCORE) }];
  }

  /** Matches files with the same content; of several old ones, the first with the new file's name. */
  async matchEqual(): Promise<void> {
    if (!await this.#hasWork()) return;
    const bySame = Map.groupBy(this.#sources, ({ oid }) => oid);
    for (const target of this.#targets) {
      const equal = bySame.get(target.oid);
      const source = equal && firstNamesake(equal, target);
      if (source === undefined) continue;
      equal!.splice(equal!.indexOf(source), 1);
      this.#record({ source, target, score: MAX_SCORE });
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  /** Matches files whose name no other old file has, and no other new one. */
  async matchNamesakes(): Promise<void> {
    if (!await this.#hasWork()) return;
    const sources = Map.groupBy(this.#sources, ({ path }) => nameOf(path));
    const targets = Map.groupBy(this.#targets, ({ path }) => nameOf(path));
    for (const [name, [source, ...more]] of sources) {
      const [target, ...others] = targets.get(name) ?? [];
      if (source === undefined || more.length > 0) continue;
      if (target === undefined || others.length > 0) continue;
      if (!this.#resemblance.mayReach(MINIMUM_FOR_NAMESAKES, source, target)) continue;
      const score = await this.#resemblance.score(source, target);
      if (score >= MINIMUM_FOR_NAMESAKES) this.#record({ source, target, score });
      if (this.#slices.due) await this.#slices.rest();
    }
  }

  /** Compares all that is left, and matches the most similar first. */
  async matchAll(): Promise<void> {
    if (!await this.#hasWork() || this.#sources.size * this.#targets.size > LIMIT ** 2) return;
    const candidates: Candidate[] = [];
    for (const target of this.#targets) {
      for (const candidate of await this.#best(target)) candidates.push(candidate);
    }
    if (this.#resemblance.isExhausted) return;
    for (const candidate of candidates.sort(bestFirst)) {
      if (candidate.score < MINIMUM) break;
      const { source, target } = candidate;
      if (this.#sources.has(source) && this.#targets.has(target)) this.#record(candidate);
    }
  }

  /** The old files that a new one is most similar to, in the order that git has them in. */
  async #best(target: FileVersion): Promise<Candidate[]> {
    const best: Candidate[] = [];
    for (const source of this.#sources) {
      if (this.#slices.due) await this.#slices.rest();
      const score = this.#resemblance.mayReach(MINIMUM, source, target)
        ? await this.#resemblance.score(source, target)
        : 0;
      const candidate = { source, target, score, isNamesake: areNamesakes(source, target) };
      if (best.length < CANDIDATES) {
        best.push(candidate);
        continue;
      }
      const worst = best.reduce((worst, each) => bestFirst(each, worst) > 0 ? each : worst);
      if (bestFirst(worst, candidate) > 0) best[best.indexOf(worst)] = candidate;
    }
    return best;
  }

  #record({ source, target, score }: Origin & { target: FileVersion }): void {
    this.#sources.delete(source);
    this.#targets.delete(target);
    this.#gone.add(source.path);
    this.#origins.set(target.path, { source, score });
  }

  /** Whether there is anything left to match; where there is, others come first. */
  async #hasWork(): Promise<boolean> {
    const hasWork = this.#sources.size > 0 && this.#targets.size > 0;
    if (hasWork && this.#slices.due) await this.#slices.rest();
    return hasWork;
  }
}

function oldVersion({ type, path, oldOid, oldMode }: Change): FileVersion[] {
  if (type !== "deleted" || oldOid === null || oldMode === null) return [];
  return [{ side: "old", path, oid: oldOid, mode: oldMode }];
}

function newVersion({ type, path, newOid, newMode }: Change): FileVersion[] {
  if (type !== "added" || newOid === null || newMode === null) return [];
  return [{ side: "new", path, oid: newOid, mode: newMode }];
}

/** Of old files with the content of `target`, one of its kind, with its name if there is one. */
function firstNamesake(
  equal: readonly FileVersion[],
  target: FileVersion,
): FileVersion | undefined {
  let first: FileVersion | undefined;
  let asked = 0;
  for (const source of equal) {
    if (!areOfOneKind(source, target)) continue;
    if (areNamesakes(source, target)) return source;
    first ??= source;
    if (++asked === NAMES_ASKED) break;
  }
  return first;
}

/** A file may become executable by the way; links and submodules stay what they are. */
function areOfOneKind(source: FileVersion, target: FileVersion): boolean {
  return source.mode === target.mode || (isRegular(source) && isRegular(target));
}

function areNamesakes(source: FileVersion, target: FileVersion): boolean {
  return nameOf(source.path) === nameOf(target.path);
}

function bestFirst(a: Candidate, b: Candidate): number {
  return b.score - a.score || Number(b.isNamesake) - Number(a.isNamesake);
}
