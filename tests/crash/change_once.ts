/**
 * Makes one change of a base, with the fault switched on for just that: `<base> <change> [again]`. It
 * tells what came of it and, under `again`, makes a change that failed once more without the fault. The
 * change called `open` is that the base is opened.
 *
 * @module
 */

import { AgentFS, AgentFSError } from "@agentfs/sdk";
import { BATCHES, CHANGES, UPKEEP } from "./changes.ts";
import { type Files, filesOf } from "./model.ts";

/** What the child says, in one line for each attempt. */
export interface Attempt {
  /** Whether it failed with an error of ours, with one that is not ours, or not at all. */
  readonly outcome: "done" | "refused" | "broken";
  readonly message: string;
  /** The files of the workspace afterwards; `null` where it is gone. */
  readonly files: Files | null;
}

/** The shim hears of this, and no directory is made. */
function switchFault(state: "arm" | "disarm"): void {
  Deno.mkdirSync(`/fault-${state}`);
}

const [base, name, again] = Deno.args as [string, string, string | undefined];
const opening = name === "open";
if (opening) switchFault("arm");
await using afs = new AgentFS(base);
const workspace = await afs.workspace.get("w");

const changes: typeof CHANGES = {
  ...CHANGES,
  ...BATCHES,
  ...UPKEEP,
  open: () => Promise.resolve(),
};

async function attempt(): Promise<Pick<Attempt, "outcome" | "message">> {
  try {
    await changes[name]!(afs, workspace);
    return { outcome: "done", message: "" };
  } catch (error) {
    const message = error instanceof Error ? error.stack ?? "" : String(error);
    // What could only not be recorded was done.
    if (message.includes("though it was done")) return { outcome: "done", message };
    return { outcome: error instanceof AgentFSError ? "refused" : "broken", message };
  }
}

async function say(said: Pick<Attempt, "outcome" | "message">): Promise<void> {
  const files = await workspace.exists() ? filesOf(workspace.path) : null;
  const line = JSON.stringify({ ...said, files } satisfies Attempt);
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

if (!opening) switchFault("arm");
const first = await attempt();
switchFault("disarm");
await say(first);
if (again && first.outcome !== "done") await say(await attempt());
