/**
 * An agent uses git in its workspace, as in any repository: what it does there is seen, and counts.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS, type Workspace } from "../../mod.ts";
import { git, makeRepository } from "../git.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";
import { assertSound, assertStatus, filesOnDisk } from "./oracle.ts";
import { makeProject } from "./project.ts";

const IDENTITY = {
  GIT_AUTHOR_NAME: "Agent",
  GIT_AUTHOR_EMAIL: "agent@example.com",
  GIT_COMMITTER_NAME: "Agent",
  GIT_COMMITTER_EMAIL: "agent@example.com",
};

/** A workspace, and a shell in it after whose every command git and we must agree. */
class Inside implements AsyncDisposable {
  readonly workspace: Workspace;
  readonly #afs: AgentFS;
  readonly #directory: TemporaryDirectory;

  private constructor(directory: TemporaryDirectory, afs: AgentFS, workspace: Workspace) {
    this.#directory = directory;
    this.#afs = afs;
    this.workspace = workspace;
  }

  static async create(prepare?: (base: string) => Promise<unknown>): Promise<Inside> {
    const directory = await temporaryDirectory();
    const { path } = await makeProject(`${directory.path}/base`);
    await prepare?.(path);
    const afs = new AgentFS(path);
    return new Inside(directory, afs, await afs.workspace.create("agent"));
  }

  /** Runs a command, which must end with this code, and gives what it prints. */
  async sh(command: string, code = 0): Promise<string> {
    const result = await this.workspace.run(command, { env: IDENTITY });
    assert.equal(result.code, code, `${command}: ${result.stdout}${result.stderr}`);
    await this.check();
    return result.stdout;
  }

  async check(): Promise<void> {
    await assertStatus(this.workspace.path, await this.workspace.status());
    await assertSound(this.workspace.path);
  }

  async log(): Promise<string[]> {
    return (await this.workspace.log()).map(({ message }) => message.trim());
  }

  /** Commits, and gives the paths that the commit changed. */
  async commit(message: string): Promise<string[]> {
    const { changes } = await this.workspace.commit(message);
    await this.check();
    assert.equal(await this.sh("git status --porcelain"), "");
    return changes.map(({ path }) => path);
  }

  async assertNoCommit(message: RegExp): Promise<void> {
    const head = await git(this.workspace.path, "rev-parse", "HEAD", "agentfs/agent");
    for (const options of [{}, { allowEmpty: true }]) {
      const expected = { name: "CommitError", message };
      await assert.rejects(this.workspace.commit("Not now", options), expected);
    }
    assert.equal(await git(this.workspace.path, "rev-parse", "HEAD", "agentfs/agent"), head);
    await this.check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#afs.close();
    await this.#directory[Symbol.asyncDispose]();
  }
}

Deno.test("log() shows the commits that an agent makes inside, and commit() goes on from them", async () => {
  await using inside = await Inside.create();
  await inside.sh("echo 1 > one && git add one && git commit --quiet -m 'by the agent'");
  assert.deepEqual(await inside.log(), ["by the agent", "second", "first"]);
  await inside.sh("echo 2 > two && git add two && echo 3 > three");
  assert.deepEqual(await inside.commit("by us"), ["/three", "/two"]);
  assert.deepEqual(await inside.log(), ["by us", "by the agent", "second", "first"]);
  await inside.sh("git commit --quiet --amend -m amended && git reset --quiet --soft HEAD~2");
  assert.deepEqual(await inside.commit("all at once"), ["/one", "/three", "/two"]);
});

Deno.test("git's plumbing finds nothing changed right after create() and commit()", async () => {
  await using inside = await Inside.create();
  // Neither looks at the content of a file whose stat data is not that of the index.
  const compare = "git diff-files --quiet && git diff-index --quiet HEAD";
  const { workspace } = inside;
  await workspace.run(compare, { check: true });
  await workspace.writeFile("/README.md", "rewritten\n");
  await workspace.commit("Rewritten");
  await workspace.run(compare, { check: true });
});

Deno.test("status() agrees with git after stash, checkout, reset, clean, mv and rm", async () => {
  await using inside = await Inside.create();
  await inside.sh("echo changed > README.md && echo new > new && git stash --quiet -u");
  assert.equal((await inside.workspace.status()).hasChanges, false);
  await inside.sh("git stash pop --quiet");
  await inside.sh("git checkout --quiet -- README.md");
  await inside.sh("echo changed > README.md && git add README.md && echo more >> README.md");
  await inside.sh("git mv docs/notes.md moved.md && git rm --quiet data.bin && chmod -x tool.sh");
  await inside.sh("git restore --staged --worktree docs moved.md");
  await inside.sh("git rm --quiet --cached --force README.md");
  await inside.sh("git reset --quiet --hard && git clean -fdxq");
  assert.equal((await inside.workspace.status()).hasChanges, false);
  await inside.sh("git rm --quiet -r --cached . && git add -N empty.txt");
  await inside.sh("rm -rf docs && ln -s src docs && git add docs");
  await inside.commit("A link where a directory was");
});

Deno.test("snapshots bring back what git inside has taken away", async () => {
  await using inside = await Inside.create();
  const { workspace } = inside;
  await inside.sh("echo new > new && mkdir empty && chmod 700 src && echo x > README.md");
  const files = filesOnDisk(workspace.path);
  await workspace.snapshot.create("before");
  await inside.sh("git add -A && git reset --quiet --hard && git clean -ffdxq");
  await workspace.snapshot.restore("before");
  files.delete("/debug.log");
  assert.deepEqual(filesOnDisk(workspace.path), files);
  await inside.sh("git checkout --quiet -f -B other HEAD~1");
  await workspace.snapshot.restore("before");
  assert.deepEqual(filesOnDisk(workspace.path), files);
  await inside.check();
});

Deno.test("commit() names the branch, the commit or the merge that is in its way", async () => {
  await using inside = await Inside.create();
  await inside.sh("git branch other && git checkout --quiet other && echo o > o");
  await inside.assertNoCommit(/HEAD is on refs\/heads\/other, not on refs\/heads\/agentfs\/agent/);
  await inside.sh("git add o && git commit --quiet -m 'on other'");
  assert.deepEqual(await inside.log(), ["on other", "second", "first"]);
  await inside.sh("git checkout --quiet --detach && echo p > p");
  await inside.assertNoCommit(
    /HEAD is detached at [0-9a-f]{40}, not on refs\/heads\/agentfs\/agent/,
  );
  await inside.sh("git checkout --quiet agentfs/agent && git rm --quiet README.md && rm p");
  assert.deepEqual(await inside.commit("without"), ["/README.md"]);
  await inside.sh(
    "git checkout --quiet other && echo theirs > README.md && git commit --quiet -a -m theirs &&" +
      " git checkout --quiet agentfs/agent",
  );
  await inside.sh("git merge other", 1);
  await inside.assertNoCommit(/a merge is not finished there; finish or abort it with git/);
  await inside.sh("git merge --abort");
  await inside.sh("git cherry-pick other", 1);
  await inside.assertNoCommit(/a cherry-pick is not finished/);
  await inside.sh("git cherry-pick --abort");
  await inside.sh("git rebase other", 1);
  await inside.assertNoCommit(/HEAD is detached/);
  await inside.sh("git rebase --abort && echo q > q");
  assert.deepEqual(await inside.commit("Now it can be"), ["/q"]);
});

Deno.test("git add --force makes an ignored file part of status(), commit() and snapshots", async () => {
  await using inside = await Inside.create();
  const { workspace } = inside;
  await inside.sh("mkdir -p build/deep && echo 1 > build/deep/forced && echo 2 > build/other");
  assert.equal((await workspace.status()).hasChanges, false);
  await inside.sh("git add --force build/deep/forced");
  assert.deepEqual((await workspace.status()).added.map(({ path }) => path), [
    "/build/deep/forced",
  ]);
  await workspace.snapshot.create("forced");
  await inside.sh("echo later > build/deep/forced");
  await workspace.snapshot.restore("forced");
  assert.equal(await workspace.readFile("/build/deep/forced"), "1\n");
  assert.deepEqual(await inside.commit("forced"), ["/build/deep/forced"]);
  await inside.sh("echo again > build/deep/forced");
  assert.deepEqual(await inside.commit("tracked now"), ["/build/deep/forced"]);
  await inside.sh("git rm --quiet --cached build/deep/forced kept.log");
  assert.deepEqual(await inside.commit("no more"), ["/build/deep/forced", "/kept.log"]);
  assert.equal(await workspace.readFile("/build/deep/forced"), "again\n");
});

Deno.test("what a sparse checkout leaves out is neither deleted nor lost", async () => {
  await using inside = await Inside.create((base) =>
    git(base, "sparse-checkout", "set", "--cone", "src/deep")
  );
  const { workspace } = inside;
  assert.equal(await workspace.exists("/docs"), false);
  assert.equal((await workspace.status()).hasChanges, false);

  await workspace.writeFile("/docs/notes.md", "written all the same\n");
  assert.deepEqual((await workspace.status()).modified.map(({ path }) => path), ["/docs/notes.md"]);
  assert.deepEqual(await inside.commit("It counts"), ["/docs/notes.md"]);
  await workspace.snapshot.create("whole");
  await workspace.delete("/docs", { recursive: true });
  await inside.check();
  assert.deepEqual((await workspace.status()).deleted.map(({ path }) => path), ["/docs/notes.md"]);
  await workspace.snapshot.restore("whole");
  assert.equal(await workspace.readFile("/docs/notes.md"), "written all the same\n");
});

Deno.test("a sparse checkout that an agent makes or ends inside is no deletion", async () => {
  await using inside = await Inside.create();
  const { workspace } = inside;
  await workspace.snapshot.create("whole");
  await inside.sh("git sparse-checkout set --cone src");
  assert.equal(await workspace.exists("/docs"), false);
  assert.equal((await workspace.status()).hasChanges, false);
  await workspace.writeFile("/src/new.ts", "new\n");
  assert.deepEqual(await inside.commit("In the cone"), ["/src/new.ts"]);
  await inside.sh("git sparse-checkout disable");
  assert.equal(await workspace.readFile("/docs/notes.md"), "one\ntwo\nthree\n");
  await workspace.delete("/docs", { recursive: true });
  assert.deepEqual(await inside.commit("Deleted in earnest"), ["/docs/notes.md"]);
  await workspace.snapshot.restore("whole");
  assert.equal(await workspace.readFile("/docs/notes.md"), "one\ntwo\nthree\n");
  await inside.check();
});

Deno.test("the rules of the configuration hold for git inside, too", async () => {
  await using directory = await temporaryDirectory();
  await makeRepository(directory.path, { "a.txt": "a" });
  await using afs = new AgentFS(directory.path, { exclude: ["*.tmp"] });
  const workspace = await afs.workspace.create("x");
  await workspace.writeFile("/a.tmp", "");
  assert.equal((await workspace.status()).hasChanges, false);
  assert.equal((await workspace.run("git status --porcelain")).stdout, "");
});

Deno.test("a repository that was made in the workspace itself is left alone", async () => {
  await using directory = await temporaryDirectory();
  await makeRepository(directory.path, { "a.txt": "a" });
  let head: string;
  {
    // In a sandbox, nothing can take the place of the .git file.
    await using afs = new AgentFS(directory.path, { run: { sandbox: "off" } });
    const workspace = await afs.workspace.create("x");
    await workspace.snapshot.create("before");
    const env = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "A" };
    const made = await workspace.run(
      "rm .git && git init -q && git add . && git -c user.email=a@b commit -qm own && git rev-parse HEAD",
      { env, check: true },
    );
    head = made.stdout;
    await workspace.snapshot.restore("before");
  }
  await using afs = new AgentFS(directory.path);
  const workspace = await afs.workspace.get("x");
  assert.equal((await workspace.run("git rev-parse HEAD")).stdout, head);
});
