/**
 * What an agent does in a day, on a real package: git and node inside, files by this library beside them.
 * The owner's repository is then what it was, and the agent's work is on its branch.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AgentFS, type RunResult, type Workspace } from "@agentfs/sdk";
import { git } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { whyNoSandbox } from "./machine.ts";

/** Makes somebody's repository of the package's files. */
async function makeProject(path: string): Promise<void> {
  copyDirectory(new URL(".", import.meta.resolve("preact/package.json")), path);
  await git(path, "init", "--quiet");
  await git(path, "add", "--all");
  await git(path, "commit", "--quiet", "--message", "preact");
  await git(path, "tag", "released");
  await git(path, "config", "remote.origin.url", "https://owner:token@localhost/preact");
  // What the owner is at, and has not committed.
  await Deno.writeTextFile(`${path}/notes.txt`, "mine\n");
  await Deno.writeTextFile(`${path}/README.md`, "# Mine\n");
}

function copyDirectory(from: URL, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    const source = new URL(encodeURIComponent(name) + (isDirectory ? "/" : ""), from);
    if (isDirectory) copyDirectory(source, `${to}/${name}`);
    else Deno.copyFileSync(source, `${to}/${name}`);
  }
}

/** What of the base is not the owner's, but this library's, or git's for it. */
const OURS = new RegExp(
  "^/(\\.agentfs|\\.git/(objects|agentfs|worktrees|refs/heads/agentfs|refs/agentfs|" +
    "logs/refs/heads/agentfs|logs/refs/agentfs))(/|$)",
);

/** Each path of the owner's with its kind, times, permissions and content. */
function ownersFiles(base: string): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (path: string): void => {
    if (OURS.test(path)) return;
    const { isDirectory, mtime, mode, size } = Deno.lstatSync(base + path);
    if (isDirectory) {
      found[path] = `${mode}`;
      for (const { name } of Deno.readDirSync(base + path)) look(`${path}/${name}`);
    } else {
      const hash = createHash("sha256").update(Deno.readFileSync(base + path)).digest("hex");
      found[path] = `${mode} ${size} ${mtime?.getTime()} ${hash}`;
    }
  };
  look("");
  return found;
}

async function must(workspace: Workspace, command: string): Promise<RunResult> {
  const result = await workspace.run(command, { timeout: 60_000 });
  assert.equal(result.code, 0, `${command}: ${result.stdout}${result.stderr}`);
  assert.deepEqual([result.sandbox, result.skipped], ["bubblewrap", []]);
  return result;
}

Deno.test({
  name: "an agent's whole day in a sandbox leaves its work on a branch, and the owner's as it was",
  ignore: await whyNoSandbox() !== null,
  async fn() {
    await using directory = await temporaryDirectory();
    const base = `${directory.path}/preact`;
    await makeProject(base);
    const before = ownersFiles(base);
    await using afs = new AgentFS(base, { author: "Agent <agent@example.com>" });
    const workspace = await afs.workspace.create("x");
    const start = (await git(base, "rev-parse", "agentfs/x")).trim();

    // The network is not there.
    const install = "npm install --no-audit --no-fund --fetch-retries=0 left-pad";
    const { code } = await workspace.run(install, { timeout: 60_000 });
    assert.notEqual(code, 0);
    assert.equal(await workspace.exists("/node_modules/left-pad"), false);
    await workspace.run("git checkout -- package.json; rm -rf node_modules package-lock.json");

    // It looks around, and what the owner has not committed is there as well.
    assert.equal(await workspace.readFile("/notes.txt"), "mine\n");
    assert.equal((await must(workspace, "git status --porcelain")).stdout, "");
    assert.match((await must(workspace, "git log --format=%s")).stdout, /^preact$/m);
    assert.match((await must(workspace, "git describe --tags released")).stdout, /^released/);
    await must(workspace, "git blame -- src/constants.js >/dev/null && git branch --list");

    // It tries something, and thinks better of it.
    await must(workspace, "sed -i 's/export/exported/' src/*.js && rm -r compat");
    assert.ok((await must(workspace, "git diff --stat")).stdout.includes("compat"));
    await must(workspace, "git checkout -- .");
    assert.equal((await must(workspace, "git status --porcelain")).stdout, "");

    // It works by commands and by this library's calls, side by side.
    await workspace.writeFile("/src/agent.js", "export const answer = 42;\n");
    await workspace.snapshot.create("begun");
    await must(workspace, "echo '// begun' >> src/index.js");
    await must(workspace, "git stash --include-untracked");
    assert.equal(await workspace.exists("/src/agent.js"), false);
    await must(workspace, "git stash pop");
    assert.equal(await workspace.readFile("/src/agent.js"), "export const answer = 42;\n");

    // It tests.
    await workspace.writeFile(
      "/check.cjs",
      `const { h } = require("./dist/preact.js");
       if (h("a", { b: 1 }).props.b !== 1) throw new Error("broken");
       console.log("passed");\n`,
    );
    const hasNode = (await workspace.run("command -v node", { changes: false })).success;
    const tests = await must(workspace, hasNode ? "node check.cjs" : "echo passed");
    assert.equal(tests.stdout, "passed\n");
    await workspace.delete("/check.cjs");

    // While a command runs it reads and writes files.
    for await (
      const line of workspace.runStream(
        "echo src/agent.js; until [ -e src/by-host.js ]; do sleep 0.01; done; cat src/by-host.js",
      )
    ) {
      if (line.startsWith("src/")) {
        await workspace.writeFile("/src/by-host.js", await workspace.readFile(`/${line.trim()}`));
      } else assert.equal(line, "export const answer = 42;\n");
    }

    // It commits, by git and by this library.
    await must(workspace, "git add --all && git commit --quiet --message 'By git'");
    await workspace.writeFile("/src/agent.js", "export const answer = 43;\n");
    const { oid } = await workspace.commit("By AgentFS");
    await must(workspace, "git commit --quiet --allow-empty --message 'By git again'");
    assert.equal((await must(workspace, "git rev-parse HEAD~1")).stdout.trim(), oid);

    // The owner finds it on the branch, and nothing else is other than it was.
    const subjects = await git(base, "log", "--format=%s %an", `${start}..agentfs/x`);
    assert.equal(subjects, "By git again Agent\nBy AgentFS Agent\nBy git Agent\n");
    assert.equal(
      await git(base, "diff", "--name-status", start, "agentfs/x"),
      "A\tsrc/agent.js\nA\tsrc/by-host.js\nM\tsrc/index.js\n",
    );
    await afs.close();
    assert.deepEqual(ownersFiles(base), before);
    assert.equal(await git(base, "fsck", "--strict", "--no-dangling"), "");
  },
});
