/**
 * `deno task bench`: how fast AgentFS is, beside real git, isomorphic-git, agentfs-sdk and Deno's own calls.
 *
 * Options: `--quick` a minute on a small tree; `--all` the largest trees, files and histories, which takes
 * half an hour; `--files=3000,10000` the sizes of trees; `--rounds=5`; `--only=status` what has this in
 * its name; `--large` a file of 2 GB; `--long` what a workspace costs after `--snapshots=1000`;
 * `--commits=10000` how long a history is; `--offline` nothing that npm is needed for; `--json`; `--check`
 * everything once on next to nothing, for the tests.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { version } from "isomorphic-git";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { Bench, SEED } from "./bench.ts";
import { readOptions } from "./options.ts";
import { toMarkdown } from "./report.ts";
import type { Results } from "./results.ts";

const options = readOptions(Deno.args);

async function describeMachine(directory: string): Promise<string> {
  const gitVersion = (await git(directory, "version")).replace("git version", "git").trim();
  return [
    new Date().toISOString().slice(0, 10),
    `${navigator.hardwareConcurrency} processors`,
    `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB`,
    `load ${Deno.loadavg()[0]?.toFixed(1)} at the start`,
    `Deno ${Deno.version.deno}, ${gitVersion}, isomorphic-git ${version()}`,
    `trees from seed ${SEED}`,
    `${options.rounds} rounds, fewer of what takes seconds`,
  ].join("; ");
}

await using directory = await temporaryDirectory();
const machine = await describeMachine(directory.path);
const bench = new Bench(options, directory.path);
await bench.run();
const results: Results = { machine, sections: bench.sections };
console.log(options.json ? JSON.stringify(results, null, 2) : toMarkdown(results));
