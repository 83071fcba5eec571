/**
 * Where the rounds are fought: the same tree once for each who works on one, and once loose, for whoever
 * is to start from nothing.
 *
 * Nothing is deleted before all is over: ext4 does not use an inode again for some minutes, and passes
 * over all of those one by one whenever a file is made, which takes ten times as long as the rest.
 *
 * @module
 */

import { AgentFS, type Workspace } from "@agentfs/sdk";
import { git } from "../../git.ts";
import { edit, spread, TREE } from "./corpora.ts";

/** How many files are changed where few are. */
export const FEW = 10;

/** A tree in its copies, and AgentFS open on one of them. */
export class Grounds implements AsyncDisposable {
  /** The base that AgentFS has open. */
  readonly ours: string;
  /** A repository, packed as a clone is. */
  readonly theirs: string;
  /** The files of the tree, as paths in each copy. */
  readonly paths: readonly string[];
  /** Those that are changed where few are. */
  readonly few: readonly string[];
  readonly afs: AgentFS;
  /** A workspace of that base, with nothing changed. */
  readonly workspace: Workspace;
  readonly #directory: string;
  /** The directory that the loose tree is in. */
  #tree: string;
  #count = 0;

  private constructor(
    directory: string,
    paths: readonly string[],
    workspace: Workspace,
    afs: AgentFS,
  ) {
    this.#directory = directory;
    this.#tree = directory;
    this.few = spread(paths, FEW);
    this.ours = `${directory}/ours`;
    this.theirs = `${directory}/theirs`;
    this.paths = paths;
    this.afs = afs;
    this.workspace = workspace;
  }

  /** Copies the tree in `directory` for AgentFS and for git. */
  static async make(directory: string, paths: readonly string[]): Promise<Grounds> {
    const theirs = `${directory}/theirs`;
    Deno.mkdirSync(theirs);
    await git(theirs, "init", "--quiet");
    await copyTree(`${directory}/${TREE}`, theirs);
    await commitAll(theirs);
    await git(theirs, "gc", "--quiet");
    const ours = `${directory}/ours`;
    await copyTree(theirs, ours);
    // The index knows each file by its inode, which is another now.
    await git(ours, "status");
    const afs = new AgentFS(ours);
    return new Grounds(directory, paths, await afs.workspace.create("bench"), afs);
  }

  /** A path that nothing is at. */
  unused(): string {
    return `${this.#directory}/${++this.#count}`;
  }

  /** A directory with nothing in it. */
  fresh(): string {
    const path = this.unused();
    Deno.mkdirSync(path);
    return path;
  }

  /** One more copy of git's repository; to be made before anything changes there. */
  async copy(): Promise<string> {
    const path = this.unused();
    await copyTree(this.theirs, path);
    return path;
  }

  /** Moves the loose tree into a directory. */
  moveTree(to: string): void {
    if (to !== this.#tree) Deno.renameSync(`${this.#tree}/${TREE}`, `${to}/${TREE}`);
    this.#tree = to;
  }

  /** Changes few files of a copy. */
  editFew(root: string): void {
    edit(root, this.few, "a few");
  }

  /** Changes every file of a copy. */
  editAll(root: string): void {
    edit(root, this.paths, "all");
  }

  /** Takes every file of a copy away. */
  takeAll(root: string): void {
    Deno.renameSync(`${root}/${TREE}`, this.unused());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.afs.close();
  }
}

/** Commits all files. No garbage is collected behind the back of the next round. */
export async function commitAll(directory: string): Promise<void> {
  await git(directory, "add", "--all");
  await git(directory, "-c", "gc.auto=0", "commit", "--quiet", "--message", "next");
}

async function copyTree(from: string, to: string): Promise<void> {
  await new Deno.Command("cp", { args: ["-a", from, to] }).output();
}
