/**
 * What AgentFS does with a long history and with many renames, beside git and isomorphic-git.
 *
 * @module
 */

import fs from "node:fs";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import * as isomorphic from "isomorphic-git";
import { git, tryGit } from "../git.ts";
import type { Contender, Entrant, Row } from "./rounds.ts";
import { edit, makeSources, TREE } from "./trees/corpora.ts";
import { commitAll } from "./trees/grounds.ts";

const RENAMED = 300;
const BEFORE = "before";
const [FIRST, LATER] = ["log of all commits, the first", "log of all commits, later"];
const RENAMES = `diff of ${RENAMED} files, renamed and edited`;

/** The names of all rows of history. */
export const HISTORY_ROWS: readonly string[] = [FIRST, LATER, RENAMES];

/** A repository with a long history, and AgentFS open on it. */
export class History implements AsyncDisposable {
  readonly #path: string;
  readonly #afs: AgentFS;
  readonly #workspace: Workspace;

  private constructor(path: string, afs: AgentFS, workspace: Workspace) {
    this.#path = path;
    this.#afs = afs;
    this.#workspace = workspace;
  }

  /** Makes it in a new directory, of so many commits; in the second one all files are renamed. */
  static async make(path: string, commits: number, seed: number): Promise<History> {
    Deno.mkdirSync(path);
    await git(path, "init", "--quiet");
    const paths = makeSources(path, RENAMED, seed);
    await commitAll(path);
    await git(path, "tag", BEFORE);
    edit(path, paths, "renamed");
    Deno.renameSync(`${path}/${TREE}`, `${path}/lib`);
    await commitAll(path);
    await addCommits(path, commits);
    await git(path, "gc", "--quiet");
    const afs = new AgentFS(path);
    return new History(path, afs, await afs.workspace.create("bench"));
  }

  /** The rows of history. */
  rows(): Row[] {
    const path = this.#path;
    const workspace = this.#workspace;
    const gitLog: Entrant = ["git", { what: "git log", run: () => git(path, "log") }];
    const isomorphicLog: Entrant = ["isomorphic-git", {
      what: "log()",
      rounds: 2,
      run: () => isomorphic.log({ fs, dir: path, cache: {} }),
    }];
    const log: Contender = { what: "log()", run: async () => (await workspace.log()).length };
    const diff: Contender = {
      what: "diff()",
      run: async () => (await workspace.diff({ against: BEFORE })).text,
    };
    const gitDiff: Entrant = ["git", { what: "git diff", run: () => git(path, "diff", BEFORE) }];
    return [
      { name: FIRST, entrants: [["AgentFS", this.#firstLog()], gitLog, isomorphicLog] },
      { name: LATER, entrants: [["AgentFS", log], gitLog] },
      { name: RENAMES, entrants: [["AgentFS", diff], gitDiff] },
    ];
  }

  /** What whoever has just opened the base has to wait for. */
  #firstLog(): Contender {
    let afs: AgentFS;
    let workspace: Workspace;
    return {
      what: "log()",
      prepare: async () => {
        afs = new AgentFS(this.#path);
        workspace = await afs.workspace.get(this.#workspace.name);
      },
      run: async () => (await workspace.log()).length,
      tidy: () => afs.close(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#afs.close();
  }
}

/** Puts commits that change nothing on top of `main`, a minute after each other. */
async function addCommits(path: string, count: number): Promise<void> {
  const start = 2_000_000_000;
  const commits = Array.from({ length: count }, (_, n) => {
    const from = n === 0 ? "from refs/heads/main^0\n" : "";
    const when = `${start + n * 60} +0000`;
    return `commit refs/heads/main\ncommitter Owner <owner@example.com> ${when}\n` +
      `data <<.\nChange ${n}, of which there is something to say\n.\n${from}\n`;
  });
  const stdin = commits.join("");
  const { code, stderr } = await tryGit(path, ["fast-import", "--quiet"], { stdin });
  if (code !== 0) throw new Error(`git fast-import ended with ${code}: ${stderr}`);
}
