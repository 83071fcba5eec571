import * as assert from "node:assert/strict";
import { CommitError, type CommitOptions } from "../../mod.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

async function show({ path }: Project, format: string, revision = "agentfs/w"): Promise<string> {
  return await git(path, "log", "-1", `--format=${format}`, revision);
}

Deno.test("commit() makes a commit on the workspace's branch that git shows", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\n", "a.txt": "a\n", "gone.txt": "" },
  });
  const { path } = project;
  const workspace = await project.afs.workspace.create("w");
  const head = (await git(path, "rev-parse", "HEAD")).trim();
  await writeFiles(workspace.path, { "a.txt": "b\n", "d/new.txt": "new\n", "x.log": "" });
  await workspace.delete("/gone.txt");
  await workspace.chmod("/d/new.txt", 0o755);
  await workspace.mkdir("/empty");
  const commit = await workspace.commit("Change things\n\nAll of them.", {
    author: "Ada Lovelace <ada@example.com>",
  });
  assert.equal((await git(path, "rev-parse", "agentfs/w")).trim(), commit.oid);
  assert.equal((await git(path, "rev-parse", "agentfs/w^{tree}")).trim(), commit.tree);
  assert.deepEqual(commit.parents, [head]);
  assert.equal(commit.created, true);
  assert.equal(commit.message, "Change things\n\nAll of them.\n");
  assert.equal(
    await show(project, "%an <%ae> %B"),
    `Ada Lovelace <ada@example.com> ${commit.message}\n`,
  );
  assert.equal(Number(await show(project, "%at")) * 1000, commit.author.date.getTime());
  assert.equal(
    await git(path, "show", "--stat", "--summary", "--format=", commit.oid),
    ` a.txt     | 2 +-
 d/new.txt | 1 +
 gone.txt  | 0
 3 files changed, 2 insertions(+), 1 deletion(-)
 create mode 100755 d/new.txt
 delete mode 100644 gone.txt
`,
  );
  assert.deepEqual(commit.changes.map(({ type, path }) => `${type} ${path}`), [
    "modified /a.txt",
    "added /d/new.txt",
    "deleted /gone.txt",
  ]);
  assert.equal(await git(workspace.path, "status", "--porcelain"), "");
  assert.equal(await git(path, "fsck", "--strict", "--no-dangling"), "");
  assert.equal(
    await git(path, "reflog", "show", "--format=%gs", "agentfs/w", "-1"),
    "commit: Change things\n",
  );
  // The owner's branch stays where it was.
  assert.equal((await git(path, "rev-parse", "HEAD")).trim(), head);
});

Deno.test("commit() makes no commit when nothing has changed, unless it is told to", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const head = (await git(project.path, "rev-parse", "HEAD")).trim();
  await workspace.mkdir("/empty");
  const nothing = await workspace.commit("Nothing");
  assert.deepEqual([nothing.created, nothing.oid, nothing.changes], [false, head, []]);
  assert.equal(nothing.message, "first\n");
  assert.equal((await git(project.path, "rev-parse", "agentfs/w")).trim(), head);
  const empty = await workspace.commit("Nothing", { allowEmpty: true });
  assert.deepEqual([empty.created, empty.parents, empty.changes], [true, [head], []]);
  assert.equal(empty.tree, nothing.tree);
  await workspace.writeFile("/b.txt", "b");
  const elsewhere = await workspace.commit("Nothing here", { include: ["*.md"] });
  assert.deepEqual([elsewhere.created, elsewhere.oid], [false, empty.oid]);
});

const SELECTIONS: [options: CommitOptions, expected: string[]][] = [
  [{ include: ["*.md"] }, ["/README.md", "/docs/guide.md", "/gone.md"]],
  [{ include: ["docs/**"] }, ["/docs/deep/note.txt", "/docs/guide.md"]],
  [{ include: ["docs/"] }, ["/docs/deep/note.txt", "/docs/guide.md"]],
  [{ include: ["/docs/*.md", "src"] }, ["/docs/guide.md", "/src/main.ts"]],
  [{ include: ["*.md"], exclude: ["docs/"] }, ["/README.md", "/gone.md"]],
  [{ exclude: ["*.md", "**/deep"] }, ["/.env", "/src/main.ts"]],
  [{ include: [".*"] }, ["/.env"]],
  [{ include: ["[unclosed"] }, []],
  [{ include: [], exclude: [] }, [
    "/.env",
    "/README.md",
    "/docs/deep/note.txt",
    "/docs/guide.md",
    "/gone.md",
    "/src/main.ts",
  ]],
];

for (const [options, expected] of SELECTIONS) {
  Deno.test(`commit() with ${JSON.stringify(options)} takes ${expected.length} of six changes, as its dry run says`, async () => {
    await using project = await makeProject({
      repository: true,
      files: { "README.md": "", "docs/guide.md": "", "gone.md": "", "other.md": "" },
    });
    const workspace = await project.afs.workspace.create("w");
    await writeFiles(workspace.path, {
      "README.md": "1",
      "docs/guide.md": "2",
      "docs/deep/note.txt": "3",
      "src/main.ts": "4",
      ".env": "5",
    });
    await workspace.delete("/gone.md");
    const all = (await workspace.diff()).changes;
    const dry = await workspace.commit("Some", { ...options, dryRun: true });
    assert.deepEqual(dry.map(({ path }) => path), expected);
    assert.equal(await git(project.path, "rev-list", "--count", "agentfs/w"), "1\n");
    const { changes, created } = await workspace.commit("Some", { ...options, dryRun: false });
    assert.deepEqual(changes, dry);
    assert.equal(created, expected.length > 0);
    const { changes: left } = await workspace.diff();
    assert.deepEqual(left, all.filter(({ path }) => !expected.includes(path)));
    // Git inside knows the rest, and nothing else.
    const status = await git(workspace.path, "status", "--porcelain", "-uall", "-z");
    const seen = status.split("\0").slice(0, -1).map((line) => `/${line.slice(3)}`);
    assert.deepEqual(seen.sort(), left.map(({ path }) => path).sort());
  });
}

Deno.test("commit() cleans a message as git commit does", async () => {
  await using project = await makeProject({ repository: true });
  await using scratch = await temporaryDirectory();
  const workspace = await project.afs.workspace.create("w");
  const messages = [
    "  leading blanks stay\t \n\n\n\nthree empty lines become one\n\n",
    "\n\nno empty line first\r\nno carriage return",
    "ümläut 😀",
    "# not a comment",
    "a very long line ".repeat(500),
  ];
  for (const message of messages) {
    await Deno.writeTextFile(`${scratch.path}/message`, message);
    const commit = await workspace.commit(message, { allowEmpty: true });
    const args = ["commit", "--quiet", "--allow-empty", "--cleanup=whitespace"];
    await git(project.path, ...args, "--file", `${scratch.path}/message`);
    assert.equal(await show(project, "%B"), await show(project, "%B", "HEAD"));
    assert.equal(commit.message, (await show(project, "%B")).slice(0, -1));
    assert.deepEqual((await workspace.log({ limit: 1 }))[0]!.message, commit.message);
  }
});

Deno.test("commit() is by the author given, the configured one, the repository's, or the library", async () => {
  await using project = await makeProject({ repository: true });
  await project.afs.workspace.create("w");
  const author = async (options: CommitOptions = {}): Promise<string> => {
    const commit = await (await project.workspace("w")).commit("By", {
      ...options,
      dryRun: false,
      allowEmpty: true,
    });
    const { name, email } = commit.author;
    assert.equal(await show(project, "%an <%ae>"), `${name} <${email}>\n`);
    return `${name} <${email}>`;
  };
  assert.equal(await author(), "AgentFS <agentfs@localhost>");
  await git(project.path, "config", "user.name", "Repo Owner");
  await git(project.path, "config", "user.email", "owner@example.com");
  await project.reopen();
  assert.equal(await author(), "Repo Owner <owner@example.com>");
  await project.reopen({ author: "Configured <c@example.com>" });
  assert.equal(await author(), "Configured <c@example.com>");
  assert.equal(await author({ author: "  Given  <g@example.com> " }), "Given <g@example.com>");
});

Deno.test("commit() refuses a bad message or author, and changes nothing", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/b.txt", "b");
  for (const message of ["", " \n\t", "a\0b"]) {
    await assert.rejects(workspace.commit(message), CommitError);
    await assert.rejects(workspace.commit(message, { dryRun: true }), CommitError);
  }
  for (const author of ["Nobody", "<a@b>", "Name <>", "Name <a b>", "A\nB <a@b>", "Name <a@b"]) {
    await assert.rejects(workspace.commit("Message", { author }), {
      name: "CommitError",
      message: `Cannot commit as the author ${JSON.stringify(author)}: an author is "Name <email>"`,
    });
  }
  assert.equal(await git(project.path, "rev-list", "--count", "agentfs/w"), "1\n");
  assert.equal((await workspace.status()).hasChanges, true);
});

Deno.test("commit() takes links and executables as they are, and a file for a directory", async () => {
  await using project = await makeProject({ repository: true, files: { "d/a": "", "f": "" } });
  const workspace = await project.afs.workspace.create("w");
  await workspace.delete("/d", { recursive: true });
  await workspace.delete("/f");
  await workspace.writeFile("/d", "a file now");
  await workspace.writeFile("/f/a", "a directory now", { mode: 0o700 });
  await workspace.symlink("../../outside", "/link");
  const { tree } = await workspace.commit("Turn everything around");
  const listed = await git(project.path, "ls-tree", "-r", tree);
  assert.deepEqual(listed.replace(/ blob \w+\t/g, " ").trim().split("\n"), [
    "100644 d",
    "100755 f/a",
    "120000 link",
  ]);
  assert.equal(await git(workspace.path, "status", "--porcelain"), "");
});
