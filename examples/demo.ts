/**
 * The quick start, told step by step on a real project: the sources of an npm package, as a git
 * repository of their owner. It takes seconds, and leaves nothing behind.
 *
 * Run it with `deno task demo`.
 *
 * @module
 */

// deno-lint-ignore-file no-console

import { AgentFS, PathError, renderDiff, sandboxSupport, type Workspace } from "@agentfs/sdk";
import manifest from "preact/package.json" with { type: "json" };

const green = paint("32");
const dim = paint("2");
const bold = paint("1");

/** Text in a colour, unless the terminal asked for none. */
function paint(code: string): (text: string) => string {
  const plain = Deno.noColor || !Deno.stdout.isTerminal();
  return (text) => plain ? text : `\x1b[${code}m${text}\x1b[0m`;
}

let steps = 0;

/** Tells what comes next, does it, and says how long it took. */
async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  console.log(`\n${bold(`${++steps}. ${title}`)}`);
  const start = performance.now();
  const result = await work();
  console.log(dim(`   ${(performance.now() - start).toFixed(0)} ms`));
  return result;
}

function say(text: string): void {
  console.log(`   ${text.replaceAll("\n", "\n   ")}`);
}

/** Runs the owner's own git. */
async function git(directory: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=Olivia Owner", "-c", "user.email=olivia@example.com", ...args],
    cwd: directory,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd();
}

/** The package's files, as somebody's repository. */
async function makeProject(directory: string): Promise<void> {
  const source = new URL(".", import.meta.resolve("preact/package.json"));
  await copyDirectory(source, directory);
  await git(directory, "init", "--quiet", "--initial-branch=main");
  await git(directory, "add", "--all");
  await git(directory, "commit", "--quiet", "--message", `preact ${manifest.version}`);
}

async function copyDirectory(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const source = new URL(encodeURIComponent(name) + (isDirectory ? "/" : ""), from);
    if (isDirectory) await copyDirectory(source, `${to}/${name}`);
    else await Deno.copyFile(source, `${to}/${name}`);
  }
}

async function work(workspace: Workspace): Promise<void> {
  await step("An agent edits a file and runs a command", async () => {
    const source = await workspace.readFile("/src/constants.js");
    await workspace.writeFile("/src/constants.js", `// Looked at by an agent.\n${source}`);
    const result = await workspace.run("grep -rl TODO src | sort > todo.txt; wc -l < todo.txt");
    say(`$ grep -rl TODO src   ${dim(`exit code ${result.code}`)}`);
    for (const { type, path } of result.changes) say(`the command ${type} ${path}`);
  });

  await step(
    "A command sees the workspace and the system, and nothing of its owner's",
    async () => {
      const { sandbox, missing } = await sandboxSupport();
      if (sandbox === "none") {
        return say(
          missing.map(({ why, remedy }) => `${why}; ${remedy}`).join("\n"),
        );
      }
      const { stdout } = await workspace.run(
        `ls ../../../package.json /root /home 2>&1; touch /usr/x 2>&1; grep -c : /proc/net/dev`,
      );
      say(stdout.trimEnd());
      say(`held by ${sandbox}; the one network interface is the sandbox's own`);
    },
  );

  await step("A snapshot keeps the state; the status says what changed", async () => {
    const { ref } = await workspace.snapshot.create("before-refactor", {
      description: "Before the big refactoring",
    });
    say(ref);
    const { added, modified } = await workspace.status();
    for (const { path } of [...added, ...modified]) say(`changed: ${path}`);
    say(renderDiff(await workspace.diff({ paths: ["src/"], context: 1 })).trimEnd());
  });

  await step("The agent makes a mess", async () => {
    await workspace.run("rm -rf src hooks && chmod 000 README.md && ln -s /etc/passwd secrets");
    const { deleted } = await workspace.status();
    say(`${deleted.length} files are deleted`);
    try {
      await workspace.readFile("/secrets");
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      say(green(error.message));
    }
  });

  await step("The snapshot brings everything back", async () => {
    const { changes, undo } = await workspace.snapshot.restore("before-refactor");
    say(`${changes.length} files restored; the mess itself is kept as ${undo.name}`);
  });

  await step("The work becomes a commit", async () => {
    const { oid, changes } = await workspace.commit("Look at the constants", {
      author: "Agent Smith <smith@example.com>",
      exclude: ["todo.txt"],
    });
    say(`${oid.slice(0, 10)} with ${changes.length} file`);
  });
}

const project = await Deno.makeTempDir({ prefix: "agentfs-demo-" });
try {
  await step(`A project: preact ${manifest.version}, in its owner's git repository`, async () => {
    await makeProject(project);
    say(`${project}\n${await git(project, "log", "--oneline")}`);
  });

  await using afs = new AgentFS(project);
  const workspace = await step("A workspace: a copy of it that is safe to break", async () => {
    const workspace = await afs.workspace.create("my-workspace", { agentId: "smith" });
    say(`${workspace.path}\non the branch ${workspace.branch}`);
    return workspace;
  });

  await work(workspace);

  await step("The owner has seen none of it, and finds it with ordinary git", async () => {
    say(`git status: ${await git(project, "status", "--porcelain") || "clean"}`);
    say(await git(project, "log", "--oneline", workspace.branch));
    await git(project, "merge", "--quiet", workspace.branch);
    say(green(`merged: ${await git(project, "diff", "--stat", "HEAD~1")}`));
  });
} finally {
  await Deno.remove(project, { recursive: true });
}
console.log(`\n${green("Done.")} Nothing is left behind.`);
