/**
 * Does random operations until it is killed, and acknowledges each on its standard output:
 * `<base> <seed> <file with the state as JSON> <file with the base's files as JSON>`. Without a state
 * it opens the base, so that it is killed in a recovery.
 *
 * @module
 */

import { AgentFS, type Workspace } from "@agentfs/sdk";
import { Random } from "../random.ts";
import {
  applyOperation,
  chooseOperation,
  type Files,
  type Operation,
  type State,
} from "./model.ts";

/** A line of the output: an operation that is done, and what must be there from now on. */
export interface Acknowledgement {
  readonly operation: Operation["type"];
  readonly workspace: string;
  /** Of a commit: its id; of a snapshot: the id of its tree; of a restore: its undo point. */
  readonly id: string | null;
}

/** Does the operation; returns the id that it gave. */
async function perform(afs: AgentFS, operation: Operation): Promise<string | void> {
  const { workspace: name, type } = operation;
  if (type === "create") return void await afs.workspace.create(name);
  if (type === "delete") return await afs.workspace.delete(name);
  return await performInside(await afs.workspace.get(name), operation);
}

async function performInside(workspace: Workspace, operation: Operation): Promise<string | void> {
  switch (operation.type) {
    case "write":
      return await workspace.writeFile(operation.path, operation.text);
    case "append":
      return await workspace.writeFile(operation.path, operation.text, { append: true });
    case "symlink":
      return await workspace.symlink(operation.text, operation.path);
    case "chmod":
      return await workspace.chmod(operation.path, 0o755);
    case "remove":
      return await workspace.delete(operation.path, { recursive: true });
    case "move":
      return await workspace.move(operation.from, operation.to);
    case "copy":
      return await workspace.copy(operation.from, operation.to);
    case "snapshot":
      return (await workspace.snapshot.create(operation.name)).tree;
    case "forget":
      return await workspace.snapshot.delete(operation.name);
    case "restore":
      return (await workspace.snapshot.restore(operation.name)).undo.name;
    case "commit":
      return (await workspace.commit("random work")).oid;
  }
}

function say(line: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

async function main(base: string, seed: string, stateFile: string, filesFile: string) {
  const random = new Random(Number(seed));
  say("opening");
  await using afs = new AgentFS(base);
  await afs.workspace.list();
  if (stateFile === undefined) return;
  const files: Files = JSON.parse(Deno.readTextFileSync(filesFile));
  let state: State = JSON.parse(Deno.readTextFileSync(stateFile));
  for (;;) {
    const operation = chooseOperation(random, state, files);
    const id = await perform(afs, operation) ?? null;
    const { type, workspace } = operation;
    say({ operation: type, workspace, id } satisfies Acknowledgement);
    state = applyOperation(state, operation, files) ?? state;
  }
}

if (import.meta.main) await main(...Deno.args as [string, string, string, string]);
