/**
 * What the benchmark is asked for on its command line.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Amount } from "./files/file_rounds.ts";

/** The options, checked. */
export interface Options {
  /** The sizes of the made-up trees. */
  readonly files: readonly number[];
  readonly rounds: number;
  /** Only what has this in its name. */
  readonly only: string;
  readonly json: boolean;
  /** Whether nothing is installed from npm, so that agentfs-sdk and real trees are left out. */
  readonly offline: boolean;
  /** Whether a tree of npm packages is measured. */
  readonly packages: boolean;
  /** How large the file is that memory is measured with, in MiB; 0: none is. */
  readonly largeMiB: number;
  /** Whether what many snapshots cost is measured. */
  readonly long: boolean;
  /** How many those are. */
  readonly snapshots: number;
  /** How many commits the history has. */
  readonly commits: number;
  /** How much is done with single files in a round. */
  readonly amount: Amount;
  /** Whether each warms up first, and the disk comes to rest before each call. */
  readonly settle: boolean;
}

/** Everything that needs no other library, once, on next to nothing: to see that it works. */
const CHECK: Options = {
  files: [60],
  rounds: 1,
  only: "",
  json: true,
  offline: true,
  packages: false,
  largeMiB: 4,
  long: true,
  snapshots: 12,
  commits: 50,
  amount: { files: 60, pieces: 2 },
  settle: false,
};

/** Reads the options. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      files: { type: "string" },
      rounds: { type: "string" },
      only: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      large: { type: "boolean", default: false },
      long: { type: "boolean", default: false },
      offline: { type: "boolean", default: false },
      snapshots: { type: "string", default: "1000" },
      commits: { type: "string", default: "10000" },
      check: { type: "boolean", default: false },
    },
  });
  if (values.check) return CHECK;
  const { quick, all } = values;
  const sizes = quick ? "1000" : all ? "3000,10000,50000" : "3000,10000";
  return {
    files: (values.files ?? sizes).split(",").map((text) => wholeNumber("files", text)),
    rounds: wholeNumber("rounds", values.rounds ?? (quick ? "2" : "5")),
    only: values.only,
    json: values.json,
    offline: values.offline,
    packages: !values.offline && !quick,
    largeMiB: values.large || all ? 2048 : 0,
    long: values.long || all,
    snapshots: wholeNumber("snapshots", values.snapshots),
    commits: wholeNumber("commits", values.commits),
    amount: { files: 500, pieces: 100 },
    settle: true,
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new TypeError(
    `Cannot run the benchmark: --${option} is a number above 0, not ${JSON.stringify(text)}`,
  );
}
