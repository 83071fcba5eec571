/**
 * What was measured, in Markdown: first what was meant and whether it came true, then where AgentFS is
 * slower than others, then everything.
 *
 * @module
 */

import { losses, type Verdict, verdicts } from "./judgement.ts";
import { duration, limit, mark, number, table } from "./notation.ts";
import {
  type Comparison,
  type Figure,
  type Ratio,
  ratioTo,
  type Results,
  type Section,
  type Timed,
  timeOf,
} from "./results.ts";

const HEADER = `# AgentFS beside others

AgentFS: the time inside this process, which has the base open. git: the whole process, or processes,
as whoever calls it has to wait for. Deno: its synchronous calls that cannot be spared, the floor
without native code. Half the files: AgentFS on such a tree. All in turn, \`sync\` before each;
medians. A ratio is AgentFS's time over the other's, so less is better: the median of the rounds'
ratios, with the least and the greatest, and what it is to be at most. A stall is the longest that one
call held the event loop: the median of the rounds, and the longest.`;

/** In what order others are told of; AgentFS itself in another state comes before them. */
const COLUMNS = ["git", "isomorphic-git", "agentfs-sdk", "Deno", "bubblewrap"];

/** The results as Markdown. */
export function toMarkdown(results: Results): string {
  const { machine, sections } = results;
  const all = verdicts(results);
  const met = all.filter((verdict) => verdict.isMet).length;
  const lost = losses(results);
  return [
    HEADER,
    `${machine}.`,
    "## At a glance",
    `${met} of ${all.length} targets met (✓).`,
    ...glances(all, sections),
    "## Where AgentFS is slower than others",
    lost.length === 0 ? "Nowhere, in this run." : lost.map((loss) => `- ${loss}`).join("\n"),
    ...sections.flatMap(details),
  ].join("\n\n");
}

/** A table for each who is a measure for trees, with a column for each tree, and one for the rest. */
function glances(all: readonly Verdict[], sections: readonly Section[]): string[] {
  const ofTrees = all.filter(({ section, against }) => section.isTree && against !== null);
  const trees = sections.filter((section) =>
    ofTrees.some((verdict) => verdict.section === section)
  );
  const tables = [...new Set(ofTrees.map(({ against }) => against))].map((against) => {
    const own = ofTrees.filter((verdict) => verdict.against === against);
    const rows = [...new Set(own.map(({ name }) => name))].map((name) => {
      const cells = trees.map((tree) => {
        const verdict = own.find((one) => one.section === tree && one.name === name);
        return verdict === undefined ? "" : cell(verdict);
      });
      return [name, ...cells];
    });
    return table([`against ${against}`, ...trees.map(({ title }) => title)], rows);
  });
  const rest = all.filter((verdict) => !ofTrees.includes(verdict)).map((verdict) => {
    const { section, name, against } = verdict;
    const what = section.isTree ? `${section.title}: ${name}` : name;
    return [against === null ? what : `${what}, against ${against}`, cell(verdict)];
  });
  return rest.length === 0 ? tables : [...tables, table(["", "measured, and the target"], rest)];
}

function cell({ value, most, unit, isMet }: Verdict): string {
  if (value === null) return `≤ ${limit(most)}, not measured`;
  return `**${number(value)}${unit}** ≤ ${limit(most)} ${mark(isMet)}`;
}

/** A section with all that was measured in it. */
function details({ title, comparisons, figures, notes }: Section): string[] {
  const parts = [`## ${title}`, ...notes, ...comparisons.flatMap(failures)];
  if (comparisons.length > 0) {
    const present = new Set(comparisons.flatMap(({ sides }) => sides.slice(1)).map(whoOf));
    const others = [...present].sort((a, b) => COLUMNS.indexOf(a) - COLUMNS.indexOf(b));
    const rows = comparisons.map((comparison) => [
      `${comparison.name}: \`${comparison.sides[0].what}\``,
      duration(timeOf(comparison.sides[0])),
      ...others.map((who) => otherCell(who, comparison)),
      stallCell(comparison),
    ]);
    parts.push(table(["", "AgentFS", ...others, "stall"], rows));
  }
  if (figures.length > 0) parts.push(figures.map((figure) => `- ${figureLine(figure)}`).join("\n"));
  return parts;
}

function whoOf({ who }: Timed): string {
  return who;
}

function otherCell(who: string, comparison: Comparison): string {
  const side = comparison.sides.find((side) => side.who === who);
  const ratio = ratioTo(who, comparison);
  if (side?.failure !== undefined) return "failed";
  if (side === undefined || ratio === null) return "";
  const what = comparison.sides[0].what === side.what ? "" : ` \`${side.what}\``;
  const time = `${duration(timeOf(side))}${what}`;
  return `${time}, **${number(ratio.median)}**${spread(ratio)}${target(ratio, who, comparison)}`;
}

function target({ median }: Ratio, who: string, { limits }: Comparison): string {
  const own = limits.find(({ against }) => against === who);
  return own === undefined ? "" : ` ≤ ${limit(own.most)} ${mark(median <= own.most)}`;
}

function failures({ name, sides }: Comparison): string[] {
  return sides.flatMap(({ who, what, failure }) =>
    failure === undefined ? [] : [`${name}: ${who}'s \`${what}\` failed: ${failure}`]
  );
}

function spread({ least, most }: Ratio): string {
  return least === most ? "" : ` (${number(least)}–${number(most)})`;
}

function stallCell({ stalls }: Comparison): string {
  if (stalls.length === 0) return "";
  const sorted = stalls.toSorted((a, b) => a - b);
  return `${duration(sorted[sorted.length >> 1]!)}, ${duration(sorted.at(-1)!)}`;
}

function figureLine({ name, value, unit, most }: Figure): string {
  const target = most === null ? "" : ` ≤ ${limit(most)} ${mark(value <= most)}`;
  return `${name}: **${number(value)} ${unit}**${target}`;
}
