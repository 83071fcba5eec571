/**
 * The benchmark, section by section.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { COMMAND_ROWS, commandRows } from "./commands.ts";
import { FILE_ROWS, FileSides } from "./files/operations.ts";
import { History, HISTORY_ROWS } from "./history.ts";
import { LONG_ROWS, ManySnapshots } from "./long.ts";
import type { Options } from "./options.ts";
import { importTime, memoryOf } from "./programs.ts";
import type { Figure, Section } from "./results.ts";
import { measure, type Row } from "./rounds.ts";
import { agentfs } from "./trees/agentfs.ts";
import { bytesOf, installSources, makeSources, PACKAGE_NAMES } from "./trees/corpora.ts";
import { denoFloor } from "./trees/deno.ts";
import { realGit } from "./trees/git.ts";
import { Grounds } from "./trees/grounds.ts";
import { isomorphicGit } from "./trees/isomorphic_git.ts";
import { HALF, type Side, TREE_ROWS, treeRows } from "./trees/tasks.ts";

/** What the made-up trees are made from. */
export const SEED = 1;

const MEMORY = "memory to create, snapshot, status and restore";
const LARGE = "memory to write, snapshot and restore a large file";
const IMPORT = "import of mod.ts";

/** Fills sections with what it measures, in a directory that has room for it. */
export class Bench {
  readonly sections: Section[] = [];
  readonly #options: Options;
  readonly #directory: string;

  constructor(options: Options, directory: string) {
    this.#options = options;
    this.#directory = directory;
  }

  /** Measures everything that was asked for. */
  async run(): Promise<void> {
    for (const count of this.#options.files) await this.#madeUpTree(count);
    if (this.#options.packages) await this.#packages();
    await this.#history();
    if (this.#options.long) await this.#manySnapshots();
    await this.#programs();
    // Last, since it deletes files, which makes it slow to make others.
    await this.#files();
  }

  async #madeUpTree(count: number): Promise<void> {
    const title = `${count.toLocaleString("en")} files`;
    await this.#section(title, [...TREE_ROWS, ...COMMAND_ROWS, MEMORY], async (section) => {
      const directory = this.#fresh(`${count}`);
      await using grounds = await Grounds.make(directory, makeSources(directory, count, SEED));
      const half = this.#fresh(`half-of-${count}`);
      const paths = makeSources(half, Math.ceil(count / 2), SEED);
      await using halfGrounds = await Grounds.make(half, paths);
      const halfSide: [string, Side] = [HALF, agentfs(halfGrounds)];
      await this.#measure(section, treeRows(await sidesOn(grounds, halfSide), count));
      await this.#measure(section, await commandRows(grounds.workspace));
      const args = [grounds.ours, ...grounds.few];
      const most = count <= 50_000 ? 300 : null;
      await this.#figure(section, { name: MEMORY, unit: "MB", most }, () => {
        return memoryOf("./children/whole_tree.ts", ...args);
      });
    });
  }

  async #packages(): Promise<void> {
    await this.#section("npm packages", TREE_ROWS, async (section) => {
      const directory = this.#fresh("packages");
      const paths = await installSources(directory);
      if (typeof paths === "string") {
        section.notes.push(`Nothing was measured: ${paths}.`);
        return;
      }
      const megabytes = Math.round(bytesOf(directory, paths) / 1e6);
      const size = `${paths.length.toLocaleString("en")} files, ${megabytes} MB`;
      section.notes.push(`${PACKAGE_NAMES} and what they depend on: ${size}.`);
      await using grounds = await Grounds.make(directory, paths);
      await this.#measure(section, treeRows(await sidesOn(grounds), "packages"));
    });
  }

  async #history(): Promise<void> {
    const { commits } = this.#options;
    const title = `A history of ${commits.toLocaleString("en")} commits`;
    await this.#section(title, HISTORY_ROWS, async (section) => {
      await using history = await History.make(`${this.#directory}/history`, commits, SEED);
      await this.#measure(section, history.rows());
    });
  }

  async #manySnapshots(): Promise<void> {
    const { snapshots, files: [files = 0] } = this.#options;
    const title = `${snapshots.toLocaleString("en")} snapshots of ${
      files.toLocaleString("en")
    } files`;
    await this.#section(title, LONG_ROWS, async (section) => {
      const directory = `${this.#directory}/long`;
      await using made = await ManySnapshots.make(directory, { files, snapshots, seed: SEED });
      await this.#measure(section, made.rows());
    });
  }

  async #programs(): Promise<void> {
    await this.#section("Whole programs", [IMPORT, LARGE], async (section) => {
      await this.#figure(section, { name: IMPORT, unit: "ms", most: 60 }, () => {
        return importTime(this.#directory, this.#options.rounds);
      });
      const { largeMiB } = this.#options;
      if (largeMiB === 0) return;
      const name = `${LARGE} of ${largeMiB} MiB`;
      await this.#figure(section, { name, unit: "MB", most: 128 }, () => {
        return memoryOf("../children/large_file.ts", `${largeMiB}`);
      });
    });
  }

  async #files(): Promise<void> {
    await this.#section("Single files", FILE_ROWS, async (section) => {
      const directory = this.#fresh("files");
      await using sides = await FileSides.start(directory, this.#options, section);
      await this.#measure(section, sides.rows());
    });
  }

  /** Makes a section, unless nothing in it is wanted. */
  async #section(
    title: string,
    names: readonly string[],
    fill: (section: Section) => Promise<void>,
  ): Promise<void> {
    if (!names.some((name) => this.#wants(name))) return;
    console.error(title);
    const isTree = names.includes(TREE_ROWS[0]!);
    const section: Section = { title, isTree, comparisons: [], figures: [], notes: [] };
    await fill(section);
    this.sections.push(section);
  }

  async #measure(section: Section, rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      if (!this.#wants(row.name)) continue;
      console.error(`  ${row.name}`);
      section.comparisons.push(await measure(row, this.#options));
    }
  }

  async #figure(
    section: Section,
    figure: Omit<Figure, "value">,
    take: () => Promise<number>,
  ): Promise<void> {
    if (!this.#wants(figure.name)) return;
    console.error(`  ${figure.name}`);
    section.figures.push({ ...figure, value: await take() });
  }

  #wants(name: string): boolean {
    return name.includes(this.#options.only);
  }

  #fresh(name: string): string {
    const path = `${this.#directory}/${name}`;
    Deno.mkdirSync(path);
    return path;
  }
}

/** Everybody who works on a tree. */
async function sidesOn(
  grounds: Grounds,
  ...others: [string, Side][]
): Promise<[[string, Side], ...[string, Side][]]> {
  return [
    ["AgentFS", agentfs(grounds)],
    ["git", realGit(grounds)],
    ["isomorphic-git", await isomorphicGit(grounds)],
    ["Deno", await denoFloor(grounds)],
    ...others,
  ];
}
