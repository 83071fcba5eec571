/**
 * Lives with files that their owner may not read or write, and says how each call went.
 *
 * @module
 */

import { AgentFS, AgentFSError, type Batch } from "@agentfs/sdk";

const report: Record<string, unknown> = {};

async function tell(what: string, call: () => Promise<unknown>): Promise<void> {
  try {
    report[what] = await call() ?? "done";
  } catch (error) {
    report[what] = error instanceof AgentFSError
      ? `${error.code}: ${error.message}`
      : `RAW: ${error}`;
  }
}

{
  await using afs = new AgentFS(Deno.args[0]!);
  const workspace = await afs.workspace.create("w");
  const run = async (script: string): Promise<void> =>
    void await workspace.run(script, { check: true });
  await run(
    "mkdir shut closing; touch closing/file; chmod 600 closing/file; chmod 500 shut closing",
  );
  const closing = (batch: Batch): void => {
    batch.delete("/shut");
    batch.copy("/closing", "/copy");
  };
  await tell("batch", () =>
    workspace.batch((batch) => {
      closing(batch);
      batch.delete("/closing/file");
      batch.delete("/gone");
    }));
  const modes = async (): Promise<string[]> => {
    const files = await workspace.listDir("/", { recursive: true });
    return files.filter(({ path }) => path !== "/a.txt" && path !== "/.gitignore")
      .map(({ path, mode }) => `${path} ${mode.toString(8)}`);
  };
  await tell("batch undone", modes);
  await tell("batch again", () => workspace.batch(closing));
  await tell("batch done", modes);
  await run("chmod 700 closing copy; rm -r closing copy");
  await run("mkdir -p closed/in; touch closed/in/file; chmod -R 500 closed; chmod 500 .");
  await tell("snapshot", () => workspace.snapshot.create("s").then(({ skipped }) => skipped));
  await tell("fork", () => afs.workspace.create("fork", { from: "w" }).then(() => {}));
  await tell("restore", () => workspace.snapshot.restore("s").then(({ changes }) => changes));
  await run("chmod 700 .; rm a.txt; mkdir hidden; touch sealed; chmod 0 hidden sealed");
  await tell("unreadable", () => workspace.snapshot.create("t").then(({ skipped }) => skipped));
  await tell("restore again", async () => {
    const { changes } = await workspace.snapshot.restore("s");
    return changes.map(({ path }) => path);
  });
  await tell("delete", () => afs.workspace.delete("w"));
  await tell("delete fork", () => afs.workspace.delete("fork"));
  await tell("carry", () => afs.workspace.create("x", { copyIgnored: ["secret"] }));
  await tell("list", () => afs.workspace.list());
}
report.left = [...Deno.readDirSync(`${Deno.args[0]}/.agentfs/tmp`)].map(({ name }) => name);
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
