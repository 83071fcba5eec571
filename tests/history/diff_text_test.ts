import * as assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Diff } from "../../mod.ts";
import { renderDiff } from "../../src/history/render_diff.ts";
import { git, tryGit } from "../git.ts";
import { makeProject } from "../project.ts";
import { writeFiles } from "../temporary.ts";

const SOURCE = Array.from({ length: 40 }, (_, line) => `line ${line}\n`).join("");

/** A project with a workspace in which much has changed. */
async function makeChanges() {
  const project = await makeProject({
    repository: true,
    files: { "kept.txt": SOURCE, "edited.txt": SOURCE, "moved.txt": SOURCE, "gone.txt": "1\n2\n" },
  });
  const workspace = await project.afs.workspace.create("w");
  await writeFiles(workspace.path, {
    "edited.txt": SOURCE.replace("line 7\n", "line seven\nmore\n").replace("line 30\n", ""),
    "neu/é b.txt": "new\n",
  });
  await workspace.move("/moved.txt", "/elsewhere.txt");
  await workspace.writeFile("/elsewhere.txt", SOURCE.replace("line 3\n", ""));
  await workspace.delete("/gone.txt");
  await workspace.writeFile("/raw", Uint8Array.of(0xe9, 0x0a, 0xff));
  await workspace.symlink("kept.txt", "/link");
  await workspace.writeFile("/binary", Uint8Array.of(1, 0, 2));
  await workspace.chmod("/kept.txt", 0o755);
  return { project, workspace };
}

/** What git prints for the same. */
async function staged(path: string, ...args: string[]): Promise<Uint8Array> {
  await git(path, "add", "--all");
  const { bytes } = await tryGit(path, ["diff", "--cached", ...args]);
  await git(path, "reset", "--quiet");
  return bytes;
}

function assertSame({ bytes }: Diff, theirs: Uint8Array): void {
  const shown = (of: Uint8Array) => Buffer.from(of).toString("latin1");
  assert.equal(shown(bytes), shown(theirs));
}

Deno.test("diff().bytes is what git diff --cached prints, with as much context", async () => {
  const { project, workspace } = await makeChanges();
  await using _ = project;
  for (const context of [0, 1, 3, 1000]) {
    const diff = await workspace.diff({ context });
    assertSame(diff, await staged(workspace.path, `--unified=${context}`));
  }
  assertSame(await workspace.diff(), await staged(workspace.path));
});

Deno.test("diff() with paths is what git diff prints for them", async () => {
  const { project, workspace } = await makeChanges();
  await using _ = project;
  const diff = await workspace.diff({ paths: ["/moved.txt", "/edited.txt"] });
  assertSame(diff, await staged(workspace.path, "--", "moved.txt", "edited.txt"));
});

Deno.test("diff().text has U+FFFD for what is no UTF-8, and stats count as git does", async () => {
  const { project, workspace } = await makeChanges();
  await using _ = project;
  const diff = await workspace.diff();
  assert.match(diff.text, /^\+\ufffd\n\+\ufffd\n\\ No newline at end of file\n/m);
  assert.equal(diff.text, new TextDecoder().decode(diff.bytes));
  const shortstat = new TextDecoder().decode(await staged(workspace.path, "--shortstat"));
  const { files, insertions, deletions } = diff.stats;
  assert.equal(
    shortstat.trim(),
    `${files} files changed, ${insertions} insertions(+), ${deletions} deletions(-)`,
  );
});

Deno.test("diff() without changes is empty", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  const { changes, text, bytes, stats } = await workspace.diff();
  assert.deepEqual({ changes, text, bytes: bytes.length, stats }, {
    changes: [],
    text: "",
    bytes: 0,
    stats: { files: 0, insertions: 0, deletions: 0 },
  });
});

Deno.test("diff() refuses a context that is no number of lines", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  for (const context of [-1, 1.5, NaN, Infinity]) {
    await assert.rejects(workspace.diff({ context }), RangeError);
  }
  await assert.rejects(workspace.diff({ context: "3" as unknown as number }), TypeError);
});

Deno.test("snapshot.diff() is a patch that git apply makes the one state of the other", async () => {
  const { project, workspace } = await makeChanges();
  await using _ = project;
  await workspace.delete("/binary");
  const after = await workspace.snapshot.create("after");
  await git(workspace.path, "checkout", "--quiet", "--force", "HEAD");
  await git(workspace.path, "clean", "-fdq");
  const before = await workspace.snapshot.create("before");
  const diff = await workspace.snapshot.diff("before", "after");
  assertSame(diff, (await tryGit(workspace.path, ["diff", before.oid, after.oid])).bytes);
  const { code, stderr } = await tryGit(workspace.path, ["apply", "-"], { stdin: diff.bytes });
  assert.equal(code, 0, stderr);
  assert.equal((await workspace.snapshot.diff("after")).text, "");
  assert.equal((await workspace.snapshot.diff("before")).text, diff.text);
});

Deno.test("diff() shows large files, in the store and on disk, and binary ones as different", async () => {
  const large = `${"a".repeat(99)}\n`.repeat(30_000);
  await using project = await makeProject({ repository: true, files: { large, other: "1\n" } });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/large", `${large}end\n`);
  await workspace.writeFile("/other", `${large}\0`);
  const diff = await workspace.diff();
  assertSame(diff, await staged(workspace.path));
  assert.deepEqual(diff.stats, { files: 2, insertions: 30_002, deletions: 1 });
});

Deno.test("diff() answers while files are being written", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  let running = true;
  const writing = (async () => {
    for (let round = 0; running; round++) {
      await Deno.writeTextFile(`${workspace.path}/a.txt`, `round ${round}\n`);
    }
  })();
  try {
    for (let round = 0; round < 20; round++) {
      const { text } = await workspace.diff();
      assert.match(text, /^(\+round \d+\n|$)/m);
    }
  } finally {
    running = false;
    await writing;
  }
});

Deno.test("renderDiff() prints what git diff --color does", async () => {
  const { project, workspace } = await makeChanges();
  await using _ = project;
  await workspace.writeFile("/edited.txt", "function a() {\r\n\n-- x\n1\n2\n3\n4\r\n5\r\n+\n\n");
  await workspace.commit("One");
  await workspace.writeFile("/edited.txt", "function a() {\r\n\n++ y\n1\n2\n3\n4\r\n6\r\n-\n@@");
  await workspace.writeFile("/neu/é b.txt", "\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n");
  await workspace.delete("/link");
  await workspace.writeFile("/link", "x");
  await workspace.move("/raw", "/binary");
  const diff = await workspace.diff();
  const colors = ["--color=always", "--ws-error-highlight=none"];
  const theirs = new TextDecoder().decode(await staged(workspace.path, ...colors));
  assert.equal(renderDiff(diff, { color: true }), theirs);
  assert.equal(renderDiff(diff, { color: false }), diff.text);
});

Deno.test("renderDiff() shows what a terminal would obey", () => {
  const text =
    "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+rm -rf /\r\x1b[2Kls\u202e\t\r\n";
  assert.equal(
    renderDiff({ text }, { color: false }).split("\n")[4],
    "+rm -rf /<U+000D><U+001B>[2Kls<U+202E>\t\r",
  );
});

Deno.test("renderDiff() leaves colours out where the output is no terminal", async () => {
  const module = new URL("../../src/history/render_diff.ts", import.meta.url).href;
  const code = `import { renderDiff } from ${JSON.stringify(module)};
    console.log(renderDiff({ text: "diff --git a/a b/a" }));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assert.equal(new TextDecoder().decode(stdout), "diff --git a/a b/a\n");
});
