/**
 * `deno task bench`: how fast AgentFS is, beside real git and beside Deno's own calls.
 *
 * Options: `--files=10000` the size of the smaller tree, `--rounds=5`, `--only=status` comparisons with
 * this in their names, `--json`.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { parseArgs } from "node:util";
import { TemporaryWorkspace } from "@agentfs/sdk/testing";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { commands } from "./commands.ts";
import { Grounds } from "./grounds.ts";
import { toJson, toMarkdown, type TreeResult } from "./report.ts";
import { type Comparison, measure, type Measured } from "./rounds.ts";
import { fileOperations } from "./single_files.ts";
import { wholeTrees } from "./whole_trees.ts";

const SEED = 1;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    files: { type: "string", default: "10000" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
const files = wholeNumber("files", values.files);
const rounds = wholeNumber("rounds", values.rounds);

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(`Cannot run the benchmark: --${option} is a number above 0, not ${text}`);
}

async function measureAll(comparisons: readonly Comparison[]): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const comparison of comparisons) {
    if (!comparison.name.includes(values.only)) continue;
    console.error(`  ${comparison.name}`);
    measured.push(await measure(comparison, rounds));
  }
  return measured;
}

async function measureTree(count: number, directory: string): Promise<TreeResult> {
  console.error(`${count} files`);
  await using grounds = await Grounds.make(directory, count, SEED);
  const comparisons = [...await commands(grounds.workspace), ...wholeTrees(grounds)];
  return { files: count, measured: await measureAll(comparisons) };
}

async function measureFiles(): Promise<Measured[]> {
  console.error("single files");
  await using raw = await temporaryDirectory();
  await using temporary = await TemporaryWorkspace.create();
  return await measureAll(fileOperations(temporary.workspace, raw.path));
}

async function describeMachine(directory: string): Promise<string> {
  const { hardwareConcurrency } = navigator;
  const version = (await git(directory, "version")).replace("git version", "git").trim();
  return `${new Date().toISOString().slice(0, 10)}, ${hardwareConcurrency} processors, load ` +
    `${Deno.loadavg()[0]?.toFixed(1)}, Deno ${Deno.version.deno}, ${version}; ` +
    `trees from seed ${SEED}, ${rounds} rounds, fewer of what takes seconds.`;
}

await using once = await temporaryDirectory();
await using twice = await temporaryDirectory();
const results = {
  machine: await describeMachine(once.path),
  trees: [await measureTree(files, once.path), await measureTree(2 * files, twice.path)] as const,
  // Last, since it deletes files, which makes it slow to make others.
  operations: await measureFiles(),
};
console.log(values.json ? toJson(results) : toMarkdown(results));
