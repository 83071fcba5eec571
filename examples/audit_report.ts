/**
 * Who did what: a report of an agent's session from the audit log, and the proof that nobody has
 * edited the log since.
 *
 * Run it with `deno run -A examples/audit_report.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { AgentFS, type Workspace } from "@agentfs/sdk";

/** An agent at work: some of it is refused. */
async function session(workspace: Workspace): Promise<void> {
  await workspace.audit.record("plan", { goal: "rename greet to welcome" });
  const source = await workspace.readFile("/greet.js");
  await workspace.writeFile("/greet.js", source.replaceAll("greet", "welcome"));
  await workspace.move("/greet.js", "/welcome.js");
  await workspace.readFile("/../.ssh/id_ed25519").catch(() => {});
  await workspace.run(["sed", "-i", "s/Hello/Welcome/", "welcome.js"]);
  await workspace.commit("Welcome people");
}

/** One line for each entry. */
async function report(workspace: Workspace): Promise<void> {
  for await (const { id, timestamp, operation, path, details } of workspace.audit.stream()) {
    const when = timestamp.toISOString().slice(11, 23);
    const what = path ?? details?.command ?? "";
    const outcome = typeof details?.error === "string"
      ? `refused: ${details.error.split(":")[0]}`
      : sizes(details?.sizeBefore, details?.sizeAfter);
    console.log(`${String(id).padStart(3)}  ${when}  ${operation.padEnd(9)} ${what}  ${outcome}`);
  }
}

function sizes(before: number | null | undefined, after: number | null | undefined): string {
  return before === undefined || after === undefined ? "" : `${before ?? 0} -> ${after ?? 0} bytes`;
}

const directory = await Deno.makeTempDir();
try {
  await Deno.writeTextFile(`${directory}/greet.js`, "export const greet = () => 'Hello';\n");
  await using afs = new AgentFS(directory);
  const workspace = await afs.workspace.create("rename", { agentId: "agent-7" });
  await session(workspace);
  await report(workspace);

  const refused = (await workspace.audit.logs()).filter(({ details }) => details?.error);
  console.log(`${refused.length} call was refused`);
  const { entries } = await workspace.audit.export(`${directory}/audit.jsonl`);
  console.log(`exported ${entries} entries`);
  const { ok } = await workspace.audit.verify();
  console.log(`the log is ${ok ? "whole" : "NOT what was written"}`);
} finally {
  await Deno.remove(directory, { recursive: true });
}
