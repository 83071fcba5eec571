/**
 * Every call that there is on a workspace, its snapshots and its manager.
 *
 * @module
 */

import { type AgentFS, AgentFSError, type Workspace } from "@agentfs/sdk";

/** Git's own words for the same, in a sandbox: there, what was planted may run. */
const COMMANDS = [
  "echo planted | tee here ~/there >/dev/null",
  "git status --short",
  "git add --all",
  "git commit --quiet --allow-empty --message inside",
  "git log --max-count=2 --patch",
  "git stash --quiet && git stash pop --quiet",
  "git checkout --quiet -- .",
].join("; ");

/** Makes every call once. Each may fail with an error of this library; gives the others. */
export async function everyCall(afs: AgentFS, workspace: Workspace): Promise<string[]> {
  const untyped: string[] = [];
  const attempt = async (name: string, call: () => Promise<unknown> | unknown): Promise<void> => {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof AgentFSError)) untyped.push(`${name}: ${error}`);
    }
  };
  const calls: Record<string, () => Promise<unknown>> = {
    status: () => workspace.status({ ignored: true }),
    diff: () => workspace.diff(),
    log: () => workspace.log({ limit: 3 }),
    "snapshot.create": () => workspace.snapshot.create("s"),
    readFile: () => workspace.readFile("/a.txt"),
    readBytes: () => workspace.readBytes("/.gitattributes"),
    writeFile: () => workspace.writeFile("/made/by/host.txt", "host\n"),
    exists: () => workspace.exists("/a.txt"),
    stat: () => workspace.stat("/a.txt"),
    listDir: () => workspace.listDir("/", { recursive: true }),
    copy: () => workspace.copy("/made", "/copied"),
    move: () => workspace.move("/copied", "/moved"),
    mkdir: () => workspace.mkdir("/empty"),
    symlink: () => workspace.symlink("a.txt", "/link"),
    readLink: () => workspace.readLink("/link"),
    chmod: () => workspace.chmod("/made/by/host.txt", 0o755),
    "openStream to write": async () => {
      await using stream = await workspace.openStream("/made/streamed", "w");
      await stream.write("streamed");
    },
    "openStream to read": async () => {
      await using stream = await workspace.openStream("/made/streamed");
      await stream.read(10);
    },
    delete: () => workspace.delete("/moved", { recursive: true }),
    run: () => workspace.run(COMMANDS, { timeout: 1500 }),
    runStream: () => Array.fromAsync(workspace.runStream("git status --short", { timeout: 1500 })),
    spawn: async () => {
      await using process = await workspace.spawn("cat");
      await workspace.readFile("/a.txt").catch(() => {});
      process.kill();
    },
    "commit, dry": () => workspace.commit("Made", { dryRun: true }),
    commit: () => workspace.commit("Made"),
    "snapshot.temp": async () =>
      void await (await workspace.snapshot.temp())[Symbol.asyncDispose](),
    "snapshot.list": () => workspace.snapshot.list(),
    "snapshot.get": () => workspace.snapshot.get("s"),
    "snapshot.has": () => workspace.snapshot.has("s"),
    "snapshot.diff": () => workspace.snapshot.diff("s"),
    "diff against a snapshot": () => workspace.diff({ against: "s" }),
    "snapshot.restore": () => workspace.snapshot.restore("s"),
    "snapshot.delete": () => workspace.snapshot.delete("s"),
    list: () => afs.workspace.list(),
    get: () => afs.workspace.get(workspace.name),
    has: () => afs.workspace.has(workspace.name),
    "create from it": () => afs.workspace.create("fork", { from: workspace.name }),
    "delete the fork": () => afs.workspace.delete("fork"),
    temp: async () => void await (await afs.workspace.temp())[Symbol.asyncDispose](),
  };
  for (const [name, call] of Object.entries(calls)) await attempt(name, call);
  return untyped;
}
