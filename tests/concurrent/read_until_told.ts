/**
 * Reads one file of a workspace until it is told to stop: `<base> <workspace> <path>`. Prints `ready`
 * after the first time, and at the end what it has read, each content once, and the codes of errors.
 *
 * @module
 */

import { AgentFS, AgentFSError } from "@agentfs/sdk";

const [base, name, path] = Deno.args as [string, string, string];
await using afs = new AgentFS(base);
const workspace = await afs.workspace.get(name);
const seen = new Set<string>();
let told = false;
const listening = Deno.stdin.read(new Uint8Array(100)).then(() => told = true);
for (let times = 1; !told; times++) {
  try {
    const text = await workspace.readFile(path);
    seen.add(`${text.slice(0, 1)} ${text.length} ${/^(.)\1*$/.test(text)}`);
  } catch (error) {
    seen.add(error instanceof AgentFSError ? error.code : `${error}`);
  }
  if (times === 1) await Deno.stdout.write(new TextEncoder().encode("ready\n"));
  await new Promise((resolve) => setTimeout(resolve, 0));
}
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify([...seen])}\n`));
await listening;
