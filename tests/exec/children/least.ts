/**
 * Uses all that a command can be asked for, and says what came of it.
 *
 * @module
 */

import { AgentFS, AgentFSError, type RunOptions, sandboxSupport } from "@agentfs/sdk";

const [base = "", place = ""] = Deno.args;
const said: Record<string, unknown> = {};

await using afs = new AgentFS(base);
const workspace = await afs.workspace.create("least");

async function tell(what: string, use: () => Promise<unknown>): Promise<void> {
  try {
    said[what] = await use();
  } catch (error) {
    said[what] = error instanceof AgentFSError ? `${error.code}: ${error.message}` : `RAW ${error}`;
  }
}

async function outcome(command: string, options: RunOptions = {}): Promise<unknown[]> {
  const { sandbox, stdout, limit, signal } = await workspace.run(command, options);
  return [sandbox, stdout, limit, signal];
}

await tell("support", async () => (await sandboxSupport()).sandbox);
await tell("run", () => outcome("cat a.txt; echo new > b.txt"));
await tell("changes", async () => (await workspace.run("rm b.txt")).changes.length);
await tell("stdin", () => outcome("cat", { stdin: "given" }));
await tell("stream", async () => {
  const lines = [];
  for await (const line of workspace.runStream("seq 3")) {
    lines.push(line, await workspace.exists("/a.txt"));
  }
  return lines;
});
await tell("deadline", () => outcome("setsid sleep 60 & sleep 60", { timeout: 100 }));
await tell("abort", () => outcome("sleep 60", { signal: AbortSignal.timeout(100) }));
await tell("output", () => outcome("seq 9", { limits: { outputBytes: 4 } }));
await tell("file", () => outcome("head -c 9999 /dev/zero > f", { limits: { fileBytes: 512 } }));
await tell("read-only", () => outcome("touch x || echo no", { permissions: { write: false } }));
await tell("more", () => outcome(`cat ${place}/file`, { permissions: { read: [place] } }));
await tell("too much", () => outcome("true", { permissions: { read: ["/usr/share"] } }));
await tell("missing", () => workspace.run(["agentfs-nope"]));
await tell("talk", async () => {
  await using process = await workspace.spawn("trap 'echo bye; exit 3' TERM; cat; wait");
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello\n"));
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  process.kill();
  await writer.close().catch(() => {});
  const { code } = await process.status;
  const { value: last } = await reader.read();
  return [...[value, last].map((bytes) => new TextDecoder().decode(bytes)), code];
});
await tell("dispose", async () => {
  const process = await workspace.spawn("sleep 60");
  await process[Symbol.asyncDispose]();
  return (await process.status).signal;
});
await tell(
  "git",
  () => outcome("git status --short; git add f; git commit -qm Add; git log -1 --format=%s"),
);
await tell("log", async () => (await workspace.log())[0]?.message);

Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(said)));
