/**
 * README's table of permissions: each feature works under exactly its flags, and with less it is a
 * typed error and nothing is half done.
 */

import assert from "node:assert/strict";
import { AgentFS } from "@agentfs/sdk";
import { everythingBelow } from "./everything.ts";
import { HAS_BUBBLEWRAP } from "./exec/each_sandbox.ts";
import { git } from "./git.ts";
import { makeProject, type Project } from "./project.ts";
import { temporaryDirectory, writeFiles } from "./temporary.ts";

/** The features of the table, by the name that `children/feature.ts` knows them by. */
const FEATURES: Record<string, string> = {
  "everything on this page": "everything",
  "create, get, list, delete workspaces": "workspaces",
  "read and write files, streams": "files",
  "snapshots, status, diff, commit, log": "history",
  "`gc`": "upkeep",
  "`run`, `runStream`, `spawn` in the sandbox": "sandbox",
  "without a sandbox, of a string": "commands",
  'without a sandbox, of an array: `["cat", "a.txt"]`': "programs",
  "symbolic links: make, carry along, restore": "links",
  "`TemporaryWorkspace`": "testing",
};

/** Those for which bubblewrap must be there. */
const SANDBOXED: ReadonlySet<string> = new Set(["everything", "sandbox", "links"]);

/** The table of README: the flags by the feature. */
async function readmeTable(): Promise<Record<string, string[]>> {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const [, section = ""] = readme.split("## Permissions\n");
  const rows = section.split("\n## ")[0]!.split("\n").filter((line) => line.startsWith("| "));
  return Object.fromEntries(
    rows.slice(2).map((row) => {
      const [, feature = "", flags = ""] = row.split("|").map((cell) => cell.trim());
      return [feature, flags.replaceAll("`", "").split(" ")];
    }),
  );
}

/** A repository with a workspace "w", which nobody has open. */
async function closedProject(): Promise<Project> {
  const project = await makeProject({
    files: { "a.txt": "one\n", ".gitignore": "ignored\nignored-link\n" },
    repository: true,
  });
  await writeFiles(project.path, { "ignored/x": "x\n" });
  await Deno.symlink("a.txt", `${project.path}/ignored-link`);
  const workspace = await project.afs.workspace.create("w");
  // The directories that a first command makes are there.
  await workspace.run("true");
  await project.afs.close();
  return project;
}

/** Everything below a directory, but for the head of the audit log, which tells of what was refused. */
function everythingButTheLog(directory: string): Record<string, string> {
  const all = Object.entries(everythingBelow(directory));
  return Object.fromEntries(
    all.filter(([path]) => !/\/refs\/agentfs\/w\/audit$|\/pack-/.test(path)),
  );
}

interface Outcome {
  readonly code: string | null;
  readonly message: string;
}

/** How a feature goes under these flags. */
async function use(
  feature: string,
  { path, directory }: Project,
  flags: readonly string[],
  environment: Record<string, string> = {},
): Promise<Outcome> {
  const places: Record<string, string> = { $BASE: path, $TMP: directory };
  const granted = flags.map((flag) => flag.replace(/\$[A-Z]+/, (name) => places[name] ?? name));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt"],
      ...["--config", new URL("../deno.json", import.meta.url).pathname],
      ...granted,
      new URL("children/feature.ts", import.meta.url).pathname,
      ...[feature, path],
    ],
    env: { TMPDIR: directory, ...environment },
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

/** Fails where anything is half done: every workspace is whole, and nothing lies about. */
async function assertWhole({ path }: Project): Promise<void> {
  for (const directory of [".git/agentfs/journal", ".git/agentfs/tmp", ".agentfs/tmp"]) {
    assert.deepEqual([...Deno.readDirSync(`${path}/${directory}`)], [], directory);
  }
  await using afs = new AgentFS(path);
  for (const workspace of await afs.workspace.list()) {
    await workspace.status();
    assert.equal(
      (await git(workspace.path, "rev-parse", "--abbrev-ref", "HEAD")).trim(),
      workspace.branch,
    );
  }
  assert.equal(await git(path, "fsck", "--strict", "--no-dangling"), "");
}

Deno.test("README's table of permissions has the features that are tested here", async () => {
  assert.deepEqual(Object.keys(await readmeTable()), Object.keys(FEATURES));
});

for (const [text, feature] of Object.entries(FEATURES)) {
  const ignore = SANDBOXED.has(feature) && !HAS_BUBBLEWRAP;

  Deno.test(`the flags for ${feature} are enough`, { ignore }, async () => {
    await using project = await closedProject();
    const flags = (await readmeTable())[text] ?? [];
    assert.deepEqual(await use(feature, project, flags), { code: null, message: "" });
    await assertWhole(project);
  });

  const less = `with one flag less, ${feature} is a typed error and nothing is half done`;
  Deno.test(less, { ignore }, async () => {
    await using project = await closedProject();
    const flags = (await readmeTable())[text] ?? [];
    for (const flag of flags) {
      const before = everythingButTheLog(project.path);
      const { code, message } = await use(
        feature,
        project,
        flags.filter((other) => other !== flag),
      );
      const name = flag.replace(/=.*/, "");
      assert.match(
        code ?? "nothing",
        /^(PathError|StoreError|CommandError|SandboxError)$/,
        `${flag}: ${message}`,
      );
      assert.match(message, /^Cannot /);
      assert.ok(message.includes(name), `${flag}: ${message}`);
      // The feature's first calls can have succeeded where the flag is not for opening a base.
      if (/read|write|run/.test(name)) assert.deepEqual(everythingButTheLog(project.path), before);
      await assertWhole(project);
    }
  });
}

Deno.test("links are refused under scoped permissions by an error that names the flags", async () => {
  await using project = await closedProject();
  const scoped = ["--allow-read=$BASE", "--allow-write=$BASE", "--allow-env=IGNORE_TEST_WIN32"];
  const { code, message } = await use("links", project, scoped);
  assert.equal(code, "PathError");
  assert.match(
    message,
    /^Cannot make the link "\/link": Deno makes .* --allow-read and --allow-write .* --allow-run=bwrap/,
  );
  await using afs = new AgentFS(project.path);
  const linked = await afs.workspace.get("w");
  await linked.symlink("a.txt", "/link");
  await linked.snapshot.create("with-link");
  await linked.delete("/link");
  await afs.close();
  for (const feature of ["restore", "carry"]) {
    const before = everythingButTheLog(project.path);
    const { code, message } = await use(feature, project, scoped);
    assert.equal(code, "PathError", message);
    assert.match(message, /Deno makes .* --allow-read and --allow-write/);
    assert.deepEqual(everythingButTheLog(project.path), before, feature);
    await assertWhole(project);
  }
});

Deno.test("a variable that may not be seen can be hidden instead", async () => {
  await using project = await closedProject();
  const flags = ["--allow-read=$BASE", "--allow-write=$BASE", "--ignore-env"];
  assert.deepEqual(await use("history", project, flags), { code: null, message: "" });
});

Deno.test("a linked worktree as base needs the repository's common directory, too", async () => {
  await using project = await closedProject();
  const linked = `${project.directory}/linked`;
  await git(project.path, "worktree", "add", "--quiet", linked);
  await writeFiles(linked, { "ignored/x": "x\n" });
  const base = Object.create(project, { path: { value: linked } });
  const list = `$BASE,${project.path}/.git`;
  const flags = [`--allow-read=${list}`, `--allow-write=${list}`, "--allow-env=IGNORE_TEST_WIN32"];
  assert.deepEqual(await use("workspaces", base, flags), { code: null, message: "" });
  const less = ["--allow-read=$BASE", "--allow-write=$BASE", "--allow-env=IGNORE_TEST_WIN32"];
  const { code, message } = await use("workspaces", base, less);
  assert.equal(code, "PathError");
  assert.match(
    message,
    /^Cannot open the base .*linked: Requires read access to ".*project\/\.git/,
  );
});

Deno.test("the user's global ignore rules hold where HOME and the files may be read", async () => {
  await using project = await closedProject();
  await using home = await temporaryDirectory();
  await writeFiles(home.path, {
    ".config/git/ignore": "*.usual\n",
    ".gitconfig": "[core]\n\texcludesFile = ~/my-ignore\n",
    "my-ignore": "*.mine\n",
  });
  const environment = { HOME: home.path };
  const base = ["--allow-write=$BASE", "--allow-env=IGNORE_TEST_WIN32,HOME"];
  const files = [
    `${home.path}/.gitconfig`,
    `${home.path}/my-ignore`,
    `${home.path}/.config/git/ignore`,
  ];
  const ignored = async (read: string[]): Promise<string> =>
    (await use("ignored", project, [...base, `--allow-read=$BASE,${read.join()}`], environment))
      .message;
  assert.equal(await ignored(files), "/x.mine");
  await Deno.remove(`${home.path}/.gitconfig`);
  assert.equal(await ignored(files), "/x.usual");
  assert.equal(await ignored([`${home.path}/none`]), "");
});
