/**
 * Whether AgentFS is as fast as it means to be, and where it is slower than others.
 *
 * @module
 */

import { number } from "./notation.ts";
import { type Comparison, type Figure, ratioTo, type Results, type Section } from "./results.ts";

/** A target, and whether it was met in this run. */
export interface Verdict {
  readonly section: Section;
  readonly name: string;
  /** Who the measure is; `null` for a figure. */
  readonly against: string | null;
  /** A ratio, or a number of the unit; `null` where it could not be measured. */
  readonly value: number | null;
  readonly unit: "" | " ms" | " MB";
  readonly most: number;
  readonly isMet: boolean;
}

/** Who does the same things; neither the floor nor AgentFS itself in another state. */
const OTHERS = ["git", "isomorphic-git", "agentfs-sdk"];

/** All targets of a run. */
export function verdicts({ sections }: Results): Verdict[] {
  return sections.flatMap((section) => [
    ...section.comparisons.flatMap((comparison) => ofComparison(section, comparison)),
    ...section.figures.flatMap((figure) => ofFigure(section, figure)),
  ]);
}

function ofComparison(section: Section, comparison: Comparison): Verdict[] {
  const { name, limits } = comparison;
  return limits.map(({ against, most }): Verdict => {
    const value = ratioTo(against, comparison)?.median ?? null;
    return {
      section,
      name,
      against,
      value,
      unit: "",
      most,
      isMet: value !== null && value <= most,
    };
  });
}

function ofFigure(section: Section, { name, value, unit, most }: Figure): Verdict[] {
  if (most === null) return [];
  return [{ section, name, against: null, value, unit: ` ${unit}`, most, isMet: value <= most }];
}

/** Less is noise. */
const SLOWER = 1.05;

/** A sentence for everything that takes AgentFS longer than somebody else who does it. */
export function losses({ sections }: Results): string[] {
  return sections.flatMap((section) =>
    section.comparisons.flatMap((comparison) =>
      OTHERS.flatMap((who) => {
        const ratio = ratioTo(who, comparison);
        if (ratio === null || ratio.median < SLOWER) return [];
        return [
          `${section.title}, ${comparison.name}: ${number(ratio.median)} times ${who}'s time`,
        ];
      })
    )
  );
}
