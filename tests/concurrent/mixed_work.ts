/**
 * Does many different things in one workspace, beside others who do the same:
 * `<base> <workspace> <who> <times>`. Prints `ready`, waits for a line, works, and prints what it did.
 *
 * @module
 */

import { AgentFS, AgentFSError } from "@agentfs/sdk";

/** What one process did. */
export interface Deeds {
  /** What it has added to `/shared`. */
  readonly lines: string[];
  /** The files that it, and nobody else, has made. */
  readonly won: string[];
  /** The snapshots that it has taken, with the ids of their commits. */
  readonly snapshots: Record<string, string>;
  /** The ids of the commits that it has made. */
  readonly commits: string[];
  /** The codes of other errors than those of a race lost. */
  readonly errors: string[];
}

const [base, name, who, times] = Deno.args as [string, string, string, string];
const deeds: Deeds = { lines: [], won: [], snapshots: {}, commits: [], errors: [] };
await using afs = new AgentFS(base);
const workspace = await afs.workspace.get(name);

async function work(step: number): Promise<void> {
  if (step % 50 === 17) {
    const { oid } = await workspace.snapshot.create(`${who}-${step}`);
    deeds.snapshots[`${who}-${step}`] = oid;
  } else if (step % 50 === 42) {
    const { oid, created } = await workspace.commit(`${who} ${step}`);
    if (created) deeds.commits.push(oid);
  } else if (step % 3 === 0) {
    const line = `${who} ${step}`;
    await workspace.writeFile("/shared", `${line}\n`, { append: true });
    deeds.lines.push(line);
  } else if (step % 3 === 1) {
    await workspace.writeFile(`/claims/${step}`, who, { createNew: true });
    deeds.won.push(`/claims/${step}`);
  } else {
    await workspace.writeFile(`/own/${who}`, `${step}`);
  }
}

await Deno.stdout.write(new TextEncoder().encode("ready\n"));
await Deno.stdin.read(new Uint8Array(100));
for (let step = 0; step < Number(times); step++) {
  try {
    await work(step);
  } catch (error) {
    const code = error instanceof AgentFSError ? error.code : `${error}`;
    if (code !== "FileExistsError") deeds.errors.push(code);
  }
}
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(deeds)}\n`));
