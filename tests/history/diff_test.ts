import * as assert from "node:assert/strict";
import { type Diff, SnapshotNotFoundError } from "../../mod.ts";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { writeFiles } from "../temporary.ts";

function told({ changes }: Diff): string[] {
  return changes.map(({ type, path }) => `${type} ${path}`);
}

Deno.test("diff() is against the last commit, and sorted as git sorts", async () => {
  await using project = await makeProject({
    repository: true,
    files: { "a/b": "", "a-b": "", "a.b": "", "z": "" },
  });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "a/b": "1", "a-b": "1", "a.b": "1", "\uff5e": "", "😀": "" });
  const diff = await workspace.diff();
  assert.deepEqual(told(diff), [
    "modified /a-b",
    "modified /a.b",
    "modified /a/b",
    "added /\uff5e",
    "added /😀",
  ]);
  assert.deepEqual([...diff], diff.changes);
  await workspace.commit("All");
  assert.deepEqual((await workspace.diff()).changes, []);
});

Deno.test("diff() is against a snapshot, a branch, a tag or a commit, looked up in this order", async () => {
  await using project = await makeProject({ repository: true, files: { "a": "first" } });
  const { path } = project;
  const workspace = await project.afs.workspace.create("w");
  const first = (await git(path, "rev-parse", "HEAD")).trim();
  await git(path, "branch", "both");
  await git(path, "tag", "--annotate", "--message", "a tag", "v1");
  await workspace.writeFile("/a", "second");
  await workspace.commit("Second");
  await workspace.writeFile("/b", "third");
  await workspace.snapshot.create("both");
  await workspace.writeFile("/c", "fourth");
  const against = async (name: string): Promise<string[]> =>
    told(await workspace.diff({ against: name }));
  assert.deepEqual(await against("both"), ["added /c"]);
  await workspace.snapshot.delete("both");
  const sinceFirst = ["modified /a", "added /b", "added /c"];
  for (const name of ["both", "v1", "main", first, first.slice(0, 12)]) {
    assert.deepEqual(await against(name), sinceFirst);
  }
  assert.deepEqual(await against("agentfs/w"), ["added /b", "added /c"]);
  await assert.rejects(against("nowhere"), (error) => {
    assert.ok(error instanceof SnapshotNotFoundError);
    assert.match(error.message, /^Cannot compare with "nowhere": workspace "w" has no snapshot,/);
    return true;
  });
});

Deno.test("diff() with paths tells only of those, in gitignore's reading", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "src/a.ts": "", "src/b.md": "", "docs/c.md": "" });
  assert.deepEqual(told(await workspace.diff({ paths: ["*.md"] })), [
    "added /docs/c.md",
    "added /src/b.md",
  ]);
  assert.deepEqual(told(await workspace.diff({ paths: ["src/"] })), [
    "added /src/a.ts",
    "added /src/b.md",
  ]);
  assert.deepEqual(told(await workspace.diff({ paths: [] })).length, 3);
});

Deno.test("snapshot.diff() compares two snapshots, or one with the files as they are", async () => {
  await using project = await makeProject({ repository: true, files: { "a": "a", "b": "b" } });
  const workspace = await project.afs.workspace.create("w");
  const { snapshot } = workspace;
  await snapshot.create("one");
  await workspace.delete("/a");
  await workspace.chmod("/b", 0o755);
  await snapshot.create("two");
  await workspace.writeFile("/c", "c");
  assert.deepEqual(told(await snapshot.diff("one", "two")), ["deleted /a", "modified /b"]);
  assert.deepEqual(told(await snapshot.diff("two", "one")), ["added /a", "modified /b"]);
  assert.deepEqual(told(await snapshot.diff("one", "one")), []);
  assert.deepEqual(told(await snapshot.diff("one")), ["deleted /a", "modified /b", "added /c"]);
  for (const [from, to] of [["gone", undefined], ["gone", "one"], ["one", "gone"]] as const) {
    await assert.rejects(snapshot.diff(from, to), SnapshotNotFoundError);
  }
});

Deno.test("snapshot.diff() tells what a restore would do, also to what is ignored by now", async () => {
  await using project = await makeProject({
    repository: true,
    files: { ".gitignore": "*.log\n", "a": "a" },
  });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, { "x.log": "1", "later-ignored": "1" });
  await workspace.snapshot.create("all", { ignored: true });
  await workspace.snapshot.create("usual");
  await writeFiles(workspace.path, { ".gitignore": "*.log\nlater-ignored\n", "x.log": "2" });
  for (
    const [name, expected] of [
      ["all", ["modified /.gitignore", "modified /x.log"]],
      ["usual", ["modified /.gitignore"]],
    ] as const
  ) {
    assert.deepEqual(told(await workspace.snapshot.diff(name)), expected);
    assert.deepEqual(told(await workspace.diff({ against: name })), expected);
    const { changes, undo } = await workspace.snapshot.restore(name);
    assert.deepEqual(changes.map(({ type, path }) => `${type} ${path}`), expected);
    await workspace.snapshot.restore(undo);
  }
});
