/**
 * What is known of a base whose users get killed, and must be found there afterwards: each operation
 * that was acknowledged, and of the one after them all or nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AgentFS, type Workspace } from "@agentfs/sdk";
import { git } from "../git.ts";
import type { Random } from "../random.ts";
import { checkRemains, type Places } from "./remains.ts";
import {
  applyOperation,
  chooseOperation,
  committed,
  differences,
  type Files,
  filesOf,
  type State,
  statesOnTheWay,
} from "./model.ts";
import { isSame, outlineOf, outlineOfState } from "./outline.ts";
import type { Acknowledgement } from "./work_until_killed.ts";

/** The books on one base. */
export class Witness {
  readonly places: Places;
  /** What a new workspace holds. */
  readonly project: Files;
  #state: State = {};
  /** The ids of the trees of snapshots, by workspace and name, where they were acknowledged. */
  #trees = new Map<string, string>();
  /** The acknowledged commits, by workspace. */
  #commits = new Map<string, string[]>();
  #undo: { workspace: string; name: string; files: Files } | null = null;

  constructor(places: Places, project: Files) {
    this.places = places;
    this.project = project;
  }

  /** The state that the base is in. */
  get state(): State {
    return this.#state;
  }

  /** Notes what a child has done, whose choices were `choices`. */
  acknowledge({ operation: type, workspace, id }: Acknowledgement, choices: Random): void {
    const operation = chooseOperation(choices, this.#state, this.project);
    assert.deepEqual([type, workspace], [operation.type, operation.workspace]);
    const before = this.#state[workspace]?.files ?? {};
    this.#move(applyOperation(this.#state, operation, this.project)!);
    if (id === null) return;
    const commits = this.#commits.get(workspace) ?? [];
    if (operation.type === "snapshot") this.#trees.set(`${workspace} ${operation.name}`, id);
    if (type === "commit") this.#commits.set(workspace, [...commits, id]);
    if (type === "restore") this.#undo = { workspace, name: id, files: before };
  }

  /** Takes over a state, and forgets the ids of what is not in it. */
  #move(state: State): void {
    this.#state = state;
    for (const key of this.#trees.keys()) {
      const [workspace, name] = key.split(" ") as [string, string];
      if (state[workspace]?.snapshots[name] === undefined) this.#trees.delete(key);
    }
    for (const workspace of this.#commits.keys()) {
      if (state[workspace] === undefined) this.#commits.delete(workspace);
    }
    if (this.#undo !== null && state[this.#undo.workspace] === undefined) this.#undo = null;
  }

  /** Opens the base and checks it. `choices` makes the choice that was not acknowledged. */
  async check(choices: Random): Promise<void> {
    const operation = chooseOperation(choices, this.#state, this.project);
    const next = applyOperation(this.#state, operation, this.project)!;
    {
      await using afs = new AgentFS(this.places.base);
      const workspaces = await afs.workspace.list();
      const found = await outlineOf(workspaces);
      const after = [next, ...statesOnTheWay(this.#state, operation)]
        .find((state) => isSame(found, outlineOfState(state)));
      if (after !== undefined) this.#move(after);
      const message = `killed in ${JSON.stringify(operation)}`;
      assert.deepEqual(found, outlineOfState(this.#state), message);
      for (const workspace of workspaces) await this.#checkHistory(workspace);
    }
    await checkRemains(this.places, Object.keys(this.#state));
  }

  async #checkHistory(workspace: Workspace): Promise<void> {
    const { name, path } = workspace;
    const { files, head } = this.#state[name]!;
    const status = await git(path, "status", "--porcelain", "-z", "-uall", "--no-renames");
    const changed = status.split("\0").slice(0, -1).map((line) => `/${line.slice(3)}`);
    assert.deepEqual(changed.sort(), differences(head, committed(files)));
    const log = (await git(path, "rev-list", "HEAD")).split("\n");
    for (const oid of this.#commits.get(name) ?? []) assert.ok(log.includes(oid), oid);
    for (const snapshot of await workspace.snapshot.list()) {
      const tree = this.#trees.get(`${name} ${snapshot.name}`);
      if (tree !== undefined) assert.equal(snapshot.tree, tree);
    }
  }

  /** Restores the undo point of the last restore that was acknowledged, if there is one. */
  async undo(): Promise<void> {
    if (this.#undo === null) return;
    const { workspace: name, name: undo, files } = this.#undo;
    await using afs = new AgentFS(this.places.base);
    const workspace = await afs.workspace.get(name);
    await workspace.snapshot.restore(undo);
    assert.deepEqual(filesOf(workspace.path), files);
    this.#move({ ...this.#state, [name]: { ...this.#state[name]!, files } });
  }
}
