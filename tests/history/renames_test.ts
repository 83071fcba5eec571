import * as assert from "node:assert/strict";
import type { Change } from "../../mod.ts";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";

/** Lines that no other text has. */
function text(name: string, lines = 20): string {
  return Array.from({ length: lines }, (_, line) => `${name} ${line} has a line\n`).join("");
}

function told(changes: Iterable<Change>): string[] {
  return [...changes].map(({ type, path, oldPath }) =>
    oldPath === null ? `${type} ${path}` : `${type} ${oldPath} ${path}`
  );
}

Deno.test("status() and commit() tell what was renamed, as git does", async () => {
  await using project = await makeProject({
    repository: true,
    files: { "a/x": text("x"), "a/y": text("y"), "b": text("b"), "gone": "gone\n", "link": "" },
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.delete("/gone");
  await workspace.move("/a", "/c");
  await workspace.writeFile("/c/y", text("y", 22));
  await workspace.chmod("/c/y", 0o755);
  await workspace.writeFile("/z", `first\n${text("b")}`);
  await workspace.delete("/b");
  await workspace.writeFile("/new", text("new"));
  const expected = [
    "renamed /a/x /c/x",
    "renamed /a/y /c/y",
    "deleted /gone",
    "added /new",
    "renamed /b /z",
  ];
  const { added, modified, deleted, renamed, hasChanges } = await workspace.status();
  assert.ok(hasChanges);
  assert.deepEqual(told(renamed), expected.filter((line) => line.startsWith("renamed")));
  assert.deepEqual(told([...added, ...modified, ...deleted]), ["added /new", "deleted /gone"]);
  const preview = await workspace.commit("Move", { dryRun: true });
  assert.deepEqual(told(preview), expected);
  const old = (await git(workspace.path, "rev-parse", "HEAD:a/y")).trim();
  const { oid, changes } = await workspace.commit("Move");
  assert.deepEqual(changes, preview);
  assert.deepEqual(changes[1], {
    type: "renamed",
    path: "/c/y",
    oldPath: "/a/y",
    oldOid: old,
    newOid: (await git(workspace.path, "rev-parse", "HEAD:c/y")).trim(),
    oldMode: 0o100644,
    newMode: 0o100755,
  });
  assert.equal(
    await git(workspace.path, "diff-tree", "--no-commit-id", "--name-status", "-r", "-M", oid),
    "R100\ta/x\tc/x\nR090\ta/y\tc/y\nD\tgone\nA\tnew\nR098\tb\tz\n",
  );
});

Deno.test("commit() of a part renames nothing that is not in it", async () => {
  await using project = await makeProject({ repository: true, files: { "a": text("a") } });
  const workspace = await project.afs.workspace.create("w");
  await workspace.move("/a", "/b");
  const { changes } = await workspace.commit("Add", { include: ["b"] });
  assert.deepEqual(told(changes), ["added /b"]);
  assert.deepEqual(told((await workspace.commit("Delete")).changes), ["deleted /a"]);
});

Deno.test("status() tells a large file that was moved, and one that was edited on the way", async () => {
  const large = text("large", 60_000);
  await using project = await makeProject({
    repository: true,
    files: { "same": large, "edited": `${large}${large}` },
  });
  const workspace = await project.afs.workspace.create("w");
  await workspace.move("/same", "/d/same");
  await workspace.delete("/edited");
  await workspace.writeFile("/other", `${large}${large}one line more\n`);
  const { renamed } = await workspace.status();
  assert.deepEqual(told(renamed), ["renamed /same /d/same", "renamed /edited /other"]);
});

Deno.test("status() works where an old content is missing; nothing has come of that", async () => {
  await using project = await makeProject({ repository: true, files: { "a": text("a") } });
  const workspace = await project.afs.workspace.create("w");
  const oid = (await git(workspace.path, "rev-parse", "HEAD:a")).trim();
  await workspace.delete("/a");
  await workspace.writeFile("/b", text("a", 21));
  assert.deepEqual(told((await workspace.status()).renamed), ["renamed /a /b"]);
  const object = `${project.path}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
  await project.afs.close();
  await Deno.remove(object);
  await project.reopen();
  const status = await (await project.workspace("w")).status();
  assert.deepEqual(told([...status.added, ...status.deleted]), ["added /b", "deleted /a"]);
});

Deno.test("status() tells 1,000 moved files that were all edited", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 1000 }, (_, n) => [`a/${n}`, text(`${n}`, 30)]),
  );
  await using project = await makeProject({ repository: true, files });
  const workspace = await project.afs.workspace.create("w");
  await workspace.move("/a", "/b");
  for (const [path, content] of Object.entries(files)) {
    await Deno.writeTextFile(`${workspace.path}/b/${path.slice(2)}`, `${content}more\n`);
  }
  assert.equal((await workspace.status()).renamed.length, 1000);
});
