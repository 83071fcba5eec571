/**
 * What is done with whole trees, and how fast AgentFS means to be.
 *
 * @module
 */

import type { Limit } from "../results.ts";
import type { Contender, Entrant, Row } from "../rounds.ts";
import { FEW } from "./grounds.ts";

/** What each side can do; what it cannot is left out. */
export type Side = { readonly [Doing in keyof typeof DOINGS]?: Contender };

/** The sides by their names; AgentFS's own is the first. */
export type Sides = readonly [readonly [string, Side], ...(readonly [string, Side])[]];

/** The name of AgentFS on a tree of half the size. */
export const HALF = "half the files";

/** Who has a tree that is twice as large may wait twice as long. */
const MOST_GROWTH = 2;

/** What is asked of trees of up to these sizes; nothing is of larger ones. */
const SIZES = [3_000, 10_000, 50_000] as const;

interface Doing {
  readonly name: string;
  /** Whether it takes seconds. */
  readonly slow?: boolean;
  /** The most of git's time that it is to take, by size. */
  readonly most?: readonly [number, number, number];
  /** The same for real packages. */
  readonly mostOfPackages?: number;
}

/** All that is done, in an order in which nothing spoils the next. */
const DOINGS = {
  create: { name: "create a workspace", slow: true, most: [1, 1, 1] },
  status: { name: "status, clean", most: [1.6, 3, 3.5] },
  openAndStatus: { name: "open, status, close" },
  diff: { name: `diff of ${FEW} changed files`, most: [0.3, 0.5, 0.5] },
  diffStored: { name: `diff of two snapshots, ${FEW} files` },
  snapshot: { name: `snapshot after ${FEW} changed files`, most: [1, 1.3, 2.2] },
  commit: { name: `commit of ${FEW} changed files` },
  restoreFew: { name: `restore of ${FEW} files`, most: [2, 2, 3] },
  restoreGone: { name: "restore of all files, gone", slow: true, most: [0.7, 0.8, 1] },
  restoreEdited: { name: "restore of all files, edited", slow: true, most: [0.7, 0.8, 1] },
  first: {
    name: "first snapshot of all files",
    slow: true,
    most: [0.5, 0.5, 0.6],
    mostOfPackages: 0.7,
  },
  createFromPlain: { name: "create a workspace of a plain directory", slow: true },
} satisfies Record<string, Doing>;

/** The names of all rows of a tree. */
export const TREE_ROWS: readonly string[] = Object.values(DOINGS).map(({ name }) => name);

/** The rows of a tree: made up, of so many files, or of packages. */
export function treeRows(sides: Sides, files: number | "packages"): Row[] {
  return Object.entries<Doing>(DOINGS).map(([key, doing]): Row => {
    const entrants = sides.flatMap(([who, side]): Entrant[] => {
      const contender = side[key as keyof Side];
      return contender === undefined ? [] : [[who, contender]];
    }) as [Entrant, ...Entrant[]];
    const { name, slow = false } = doing;
    return { name, slow, entrants, limits: limits(doing, files) };
  });
}

function limits({ most, mostOfPackages }: Doing, files: number | "packages"): Limit[] {
  const ofGit = files === "packages"
    ? mostOfPackages
    : most?.[SIZES.findIndex((size) => files <= size)];
  const growth = files === "packages" ? [] : [{ against: HALF, most: MOST_GROWTH }];
  return ofGit === undefined ? growth : [{ against: "git", most: ofGit }, ...growth];
}
