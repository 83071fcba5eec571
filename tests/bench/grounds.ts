/**
 * Where the rounds are fought: the same tree three times. One is a repository that AgentFS works on,
 * one a repository that git works on, and one is loose and goes to whoever is to start from nothing.
 *
 * Nothing is deleted before all is over: ext4 does not use an inode again for some minutes, and passes
 * over all of those one by one whenever a file is made, which takes ten times as long as the rest.
 *
 * @module
 */

import { AgentFS, type Workspace } from "@agentfs/sdk";
import { git } from "../git.ts";
import { makeCorpus } from "./corpora.ts";

const TREE = "src";

/** A tree in three copies, and AgentFS open on the first. */
export class Grounds implements AsyncDisposable {
  /** The base that AgentFS has open. */
  readonly ours: string;
  /** Git's repository. */
  readonly theirs: string;
  /** The files of the tree, as paths in each copy. */
  readonly paths: readonly string[];
  readonly afs: AgentFS;
  /** A workspace of that base, with nothing changed. */
  readonly workspace: Workspace;
  readonly #directory: string;
  /** The directory that the loose tree is in. */
  #tree: string;
  #count = 0;

  private constructor(directory: string, paths: string[], afs: AgentFS, workspace: Workspace) {
    this.#directory = directory;
    this.#tree = directory;
    this.ours = `${directory}/ours`;
    this.theirs = `${directory}/theirs`;
    this.paths = paths;
    this.afs = afs;
    this.workspace = workspace;
  }

  /** Makes a tree of `count` files in its three copies below `directory`. */
  static async make(directory: string, count: number, seed: number): Promise<Grounds> {
    const paths = makeCorpus(directory, count, seed);
    const theirs = `${directory}/theirs`;
    Deno.mkdirSync(theirs);
    await git(theirs, "init", "--quiet");
    await copyTree(`${directory}/${TREE}`, theirs);
    await commitAll(theirs);
    // One pack, as a clone has it.
    await git(theirs, "gc", "--quiet");
    const ours = `${directory}/ours`;
    await copyTree(theirs, ours);
    // The index knows each file by its inode, which is another now.
    await git(ours, "status");
    const afs = new AgentFS(ours);
    return new Grounds(directory, paths, afs, await afs.workspace.create("bench"));
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

  /** Moves the loose tree into a directory. */
  moveTree(to: string): void {
    if (to !== this.#tree) Deno.renameSync(`${this.#tree}/${TREE}`, `${to}/${TREE}`);
    this.#tree = to;
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
