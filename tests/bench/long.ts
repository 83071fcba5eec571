/**
 * What a workspace costs that has had many snapshots, beside one that has had ten.
 *
 * @module
 */

import { AgentFS, type Workspace } from "@agentfs/sdk";
import type { Contender, Entrant, Row } from "./rounds.ts";
import { edit, makeSources, spread } from "./trees/corpora.ts";

const FEW_SNAPSHOTS = 10;
const FILES_CHANGED = 10;
const GOOD = "good";

const [SNAPSHOT, STATUS, RESTORE] = ["snapshot", "status", "restore"].map((what) => {
  return `${what}, after many snapshots`;
}) as [string, string, string];

/** The names of all rows of many snapshots. */
export const LONG_ROWS: readonly string[] = [SNAPSHOT, STATUS, RESTORE];

/** Two workspaces of the same files, one with few snapshots and one with many. */
export class ManySnapshots implements AsyncDisposable {
  readonly #many: Changing;
  readonly #few: Changing;

  private constructor(many: Changing, few: Changing) {
    this.#many = many;
    this.#few = few;
  }

  /** Makes them in a new directory. */
  static async make(
    directory: string,
    { files, snapshots, seed }: { files: number; snapshots: number; seed: number },
  ): Promise<ManySnapshots> {
    Deno.mkdirSync(directory);
    const make = (name: string) => Changing.make(`${directory}/${name}`, files, seed);
    const made = new ManySnapshots(await make("many"), await make("few"));
    await made.#many.takeSnapshots(snapshots);
    await made.#few.takeSnapshots(FEW_SNAPSHOTS);
    return made;
  }

  /** The rows of many snapshots. */
  rows(): Row[] {
    const row = (name: string, contender: (changing: Changing) => Contender): Row => {
      const few = `${FEW_SNAPSHOTS} snapshots`;
      const entrants: [Entrant, Entrant] = [
        ["AgentFS", contender(this.#many)],
        [few, contender(this.#few)],
      ];
      return { name, entrants, limits: [{ against: few, most: 1.25 }] };
    };
    return [
      row(SNAPSHOT, (changing) => ({
        what: "snapshot.create()",
        prepare: () => changing.change(),
        run: () => changing.workspace.snapshot.create(),
      })),
      row(STATUS, ({ workspace }) => ({ what: "status()", run: () => workspace.status() })),
      row(RESTORE, (changing) => ({
        what: "snapshot.restore()",
        prepare: async () => {
          const { snapshot } = changing.workspace;
          if (!await snapshot.has(GOOD)) await snapshot.create(GOOD);
          changing.change();
        },
        run: () => changing.workspace.snapshot.restore(GOOD),
      })),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#many.close();
    await this.#few.close();
  }
}

/** A workspace whose files change from snapshot to snapshot. */
class Changing {
  readonly workspace: Workspace;
  readonly #afs: AgentFS;
  readonly #paths: readonly string[];
  #count = 0;

  private constructor(afs: AgentFS, workspace: Workspace, paths: readonly string[]) {
    this.#afs = afs;
    this.workspace = workspace;
    this.#paths = paths;
  }

  static async make(directory: string, files: number, seed: number): Promise<Changing> {
    const paths = makeSources(directory, files, seed);
    const afs = new AgentFS(directory);
    return new Changing(afs, await afs.workspace.create("bench"), paths);
  }

  /** Changes a few files, others than the last time. */
  change(): void {
    const rest = this.#paths.slice(this.#count++ % Math.ceil(this.#paths.length / FILES_CHANGED));
    edit(this.workspace.path, spread(rest, FILES_CHANGED), `${this.#count}`);
  }

  /** Takes so many snapshots, with changes before each. */
  async takeSnapshots(count: number): Promise<void> {
    for (let taken = 0; taken < count; taken++) {
      this.change();
      await this.workspace.snapshot.create();
    }
  }

  async close(): Promise<void> {
    await this.#afs.close();
  }
}
