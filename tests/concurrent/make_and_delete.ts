/**
 * Makes, lists and deletes workspaces, some of them the same as others do: `<base> <who> <rounds>`.
 * Waits for a line before each round's making and before its deleting, and then prints what it won.
 *
 * @module
 */

import { AgentFS, AgentFSError } from "@agentfs/sdk";

/** How a process fared in one half of a round. */
export interface Fate {
  /** The names that it made, or deleted. */
  readonly won: string[];
  /** The codes of its errors, by name. */
  readonly lost: Record<string, string>;
}

const [base, who, rounds] = Deno.args as [string, string, string];
await using afs = new AgentFS(base);

async function forAll(names: string[], act: (name: string) => Promise<unknown>): Promise<void> {
  await Deno.stdin.read(new Uint8Array(100));
  const fate: Fate = { won: [], lost: {} };
  for (const name of names) {
    try {
      await act(name);
      fate.won.push(name);
    } catch (error) {
      fate.lost[name] = error instanceof AgentFSError ? error.code : `${error}`;
    }
    await afs.workspace.list();
  }
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(fate)}\n`));
}

for (let round = 0; round < Number(rounds); round++) {
  const names = [`own-${who}`, ...[1, 2, 3].map((number) => `shared-${round}-${number}`)];
  await forAll(names, (name) => afs.workspace.create(name));
  await forAll(names, (name) => afs.workspace.delete(name));
}
