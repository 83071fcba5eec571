/**
 * What AgentFS does with single files: with its audit log and without, beside agentfs-sdk, which keeps
 * files in SQLite, and beside Deno's own calls.
 *
 * @module
 */

import { AgentFS, type ConfigInput } from "@agentfs/sdk";
import type { Limit, Section } from "../results.ts";
import type { Contender, Entrant, Row } from "../rounds.ts";
import { AgentfsSdk, SDK_AMOUNT } from "./agentfs_sdk.ts";
import { type Amount, FileRounds, type Keeper, type Operation } from "./file_rounds.ts";
import { agentfsKeeper, denoKeeper } from "./keepers.ts";

const SDK = "agentfs-sdk";
const UNLOGGED = "no audit log";

/** A row of the table. */
interface Doing {
  readonly name: string;
  readonly does: Operation;
  readonly limits?: readonly Limit[];
  /** Whether it is only about what the audit log costs. */
  readonly isOfLog?: boolean;
}

const ofSdk = (most: number): Limit[] => [{ against: SDK, most }];

const DOINGS: readonly Doing[] = [
  { name: "write a new file of 4 KB", does: "create", limits: ofSdk(1 / 5) },
  { name: "write over a file of 4 KB", does: "overwrite", limits: ofSdk(1 / 5) },
  {
    name: "write over a file of 4 KB, in the audit log",
    does: "overwrite",
    limits: [{ against: UNLOGGED, most: 1.25 }],
    isOfLog: true,
  },
  { name: "read a file of 4 KB", does: "read", limits: ofSdk(1 / 15) },
  { name: "look at a file", does: "stat" },
  { name: "rename a file", does: "move", limits: ofSdk(1 / 20) },
  { name: "delete a file", does: "delete" },
  { name: "write a large file, by the MiB", does: "writeLarge", limits: ofSdk(1 / 50) },
  { name: "read a large file, by the MiB", does: "readLarge" },
];

/** The names of all rows of files. */
export const FILE_ROWS: readonly string[] = DOINGS.map(({ name }) => name);

/** What each side calls for it. */
type Calls = Readonly<Record<Operation, string>>;

const OUR_CALLS: Calls = {
  create: "writeFile()",
  overwrite: "writeFile()",
  read: "readFile()",
  stat: "stat()",
  move: "move()",
  delete: "delete()",
  writeLarge: "openStream()",
  readLarge: "openStream()",
};
const SDK_CALLS: Calls = {
  ...OUR_CALLS,
  move: "rename()",
  delete: "unlink()",
  writeLarge: "pwrite()",
  readLarge: "pread()",
};
const DENO_CALLS: Calls = {
  create: "writeFileSync()",
  overwrite: "writeFileSync()",
  read: "readTextFileSync()",
  stat: "statSync()",
  move: "renameSync()",
  delete: "removeSync()",
  writeLarge: "writeSync()",
  readLarge: "readSync()",
};

/** Somebody who takes part. */
interface Side {
  readonly who: string;
  readonly calls: Calls;
  readonly amount: Amount;
  readonly rounds: Pick<FileRounds, "prepare" | "run">;
}

/** Who takes part, until its scope ends. */
export class FileSides implements AsyncDisposable {
  readonly #sides: readonly Side[];
  readonly #ends: AsyncDisposableStack;

  private constructor(sides: readonly Side[], ends: AsyncDisposableStack) {
    this.#sides = sides;
    this.#ends = ends;
  }

  /** Starts them in `directory`; `section` is told who could not be. */
  static async start(
    directory: string,
    { offline, amount }: { offline: boolean; amount: Amount },
    { notes }: Section,
  ): Promise<FileSides> {
    await using ends = new AsyncDisposableStack();
    const side = (who: string, calls: Calls, keeper: Keeper): Side => {
      return { who, calls, amount, rounds: new FileRounds(keeper, amount) };
    };
    const agentfs = async (who: string, name: string, config: ConfigInput): Promise<Side> => {
      Deno.mkdirSync(`${directory}/${name}`);
      const afs = ends.use(new AgentFS(`${directory}/${name}`, config));
      const keeper = agentfsKeeper(await afs.workspace.create("bench"));
      return side(who, OUR_CALLS, keeper);
    };
    const sides = [
      await agentfs("AgentFS", "logged", { auditEnabled: true }),
      await agentfs(UNLOGGED, "unlogged", { auditEnabled: false }),
    ];
    const sdk = offline ? "it is installed from npm" : await AgentfsSdk.start(`${directory}/sdk`);
    if (typeof sdk === "string") notes.push(`${SDK} was not measured: ${sdk}.`);
    else {
      sides.push({ who: SDK, calls: SDK_CALLS, amount: SDK_AMOUNT, rounds: ends.use(sdk) });
    }
    const [own, theirs] = [amount, SDK_AMOUNT].map(({ files, pieces }) => {
      return `${files} files or ${pieces} MiB`;
    });
    notes.push(`Times are of one file or of one MiB; a round is ${own}, for ${SDK} ${theirs}.`);
    Deno.mkdirSync(`${directory}/raw`);
    sides.push(side("Deno", DENO_CALLS, denoKeeper(`${directory}/raw`)));
    return new FileSides(sides, ends.move());
  }

  /** The rows of files. */
  rows(): Row[] {
    return DOINGS.map(({ name, does, limits = [], isOfLog = false }): Row => {
      const sides = this.#sides.slice(0, isOfLog ? 2 : undefined);
      const entrants = sides.map((side): Entrant => [side.who, contender(side, does)]);
      return {
        name,
        entrants: entrants as [Entrant, ...Entrant[]],
        limits,
        close: isOfLog,
        short: !isLarge(does),
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }
}

function contender({ calls, amount, rounds }: Side, does: Operation): Contender {
  return {
    what: calls[does],
    times: isLarge(does) ? amount.pieces : amount.files,
    prepare: () => rounds.prepare(does),
    run: () => rounds.run(does),
  };
}

function isLarge(operation: Operation): boolean {
  return operation === "writeLarge" || operation === "readLarge";
}
