/**
 * What was measured, as tables in Markdown or as JSON.
 *
 * @module
 */

import { type Measured, median, ratios } from "./rounds.ts";

/** What was measured with a tree of so many files. */
export interface TreeResult {
  readonly files: number;
  readonly measured: readonly Measured[];
}

/** All results of a run. */
export interface Results {
  readonly machine: string;
  /** A tree of some size, and one of twice that. */
  readonly trees: readonly [TreeResult, TreeResult];
  /** Single files. */
  readonly operations: readonly Measured[];
}

const HEADER = `# AgentFS beside git

AgentFS: the time inside this process, which has the base open. Git: the whole process, or processes,
as whoever calls it has to wait for. Deno: its synchronous calls, the floor of what AgentFS can do.
Both sides in turn, \`sync\` before each; medians; the ratio is the median of the rounds' ratios, with
the least and the greatest. A stall is the longest that one call held the event loop in any round.`;

/** The results as Markdown. */
export function toMarkdown({ machine, trees, operations }: Results): string {
  const [small, large] = trees;
  const treeRows = small.measured.map((measured, index) => {
    const twice = large.measured[index];
    return [...commonColumns(measured, milliseconds), twice ? growths(measured, twice) : ""];
  });
  const operationRows = operations.map((measured) => commonColumns(measured, perSecond));
  return [
    HEADER,
    machine,
    `## ${small.files.toLocaleString("en")} files, and ${large.files.toLocaleString("en")}`,
    table(["", "AgentFS", "git, Deno", "ratio", "stall", "twice the files"], treeRows),
    "## Files of 4 KB",
    table(["", "AgentFS", "Deno", "ratio", "stall"], operationRows),
  ].join("\n\n");
}

type Format = (ms: number, times: number) => string;

function commonColumns(measured: Measured, format: Format): string[] {
  const { comparison: { name, ours, theirs, times = 1 }, stalls } = measured;
  const all = ratios(measured);
  const range = `${ratio(Math.min(...all))}–${ratio(Math.max(...all))}`;
  return [
    `${name}: \`${ours.what}\` / \`${theirs.what}\``,
    format(median(measured.ours), times),
    format(median(measured.theirs), times),
    `**${ratio(median(all))}** (${range})`,
    milliseconds(Math.max(...stalls)),
  ];
}

/** How much longer a tree of twice the size took. */
function growths(small: Measured, large: Measured): string {
  const growth = (side: "ours" | "theirs") => ratio(median(large[side]) / median(small[side]));
  return `× ${growth("ours")}, × ${growth("theirs")}`;
}

function milliseconds(ms: number, times = 1): string {
  const each = ms / times;
  return `${each.toFixed(each < 10 ? 1 : 0)} ms`;
}

function perSecond(ms: number, times: number): string {
  return `${Math.round(times / ms * 1000).toLocaleString("en")}/s`;
}

function ratio(value: number): string {
  return value.toFixed(2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(head.map((_, index) => index === 0 ? "---" : "---:"));
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** The results as JSON: times in ms, round by round. */
export function toJson({ machine, trees, operations }: Results): string {
  const plain = (measured: Measured) => {
    const { comparison: { name, times = 1 }, ours, theirs, stalls } = measured;
    const [ourMedian, theirMedian] = [median(ours), median(theirs)];
    return {
      name,
      times,
      median: { ours: ourMedian, theirs: theirMedian, ratio: median(ratios(measured)) },
      rounds: { ours, theirs, stalls },
    };
  };
  return JSON.stringify(
    {
      machine,
      trees: trees.map(({ files, measured }) => ({ files, measured: measured.map(plain) })),
      operations: operations.map(plain),
    },
    null,
    2,
  );
}
