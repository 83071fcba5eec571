import * as assert from "node:assert/strict";
import { CommitError, type Workspace } from "../../mod.ts";
import { git, tryGit } from "../git.ts";
import { assertUntouched, ownersView } from "../interop/owners_view.ts";
import { makeProject, type Project } from "../project.ts";
import { writeFiles } from "../temporary.ts";
import { sandboxTest } from "./helpers.ts";

const FILES = { ".gitignore": "*.log\n", "a.txt": "one\n", "b.txt": "b\n" };

/** Runs a shell command inside, which must succeed, and gives what it printed. */
async function inside(workspace: Workspace, command: string): Promise<string> {
  const { code, stdout, stderr, sandbox, skipped } = await workspace.run(`set -e\n${command}`, {
    permissions: {},
  });
  assert.equal(code, 0, stderr);
  assert.equal(sandbox, "bubblewrap");
  assert.deepEqual(skipped, []);
  return stdout;
}

async function makeWorkspace(): Promise<{ project: Project; workspace: Workspace }> {
  const project = await makeProject({ repository: true, files: FILES });
  await git(project.path, "branch", "feature");
  await git(project.path, "tag", "v1");
  return { project, workspace: await project.afs.workspace.create("w") };
}

async function subjects({ path }: Project, revision = "agentfs/w"): Promise<string[]> {
  return (await git(path, "log", "--format=%s", revision)).trim().split("\n");
}

sandboxTest(
  "commits made inside are the workspace's, and the owner's repository is as it was",
  async () => {
    const { project, workspace } = await makeWorkspace();
    await using _ = project;
    const base = { path: project.path, store: `${project.path}/.git` };
    const before = ownersView(base);
    assert.equal(await inside(workspace, "git status --porcelain --branch"), "## agentfs/w\n");
    await inside(workspace, "echo two >> a.txt; git add a.txt; git commit -qm 'Add two'");
    await inside(
      workspace,
      "echo three >> a.txt; echo n > new.txt; git add -A; git commit -qm Third",
    );
    assert.deepEqual(await subjects(project), ["Third", "Add two", "first"]);
    assert.deepEqual((await workspace.log()).map(({ message }) => message.trim()), [
      "Third",
      "Add two",
      "first",
    ]);
    assert.equal((await workspace.status()).hasChanges, false);
    assert.equal(await git(workspace.path, "status", "--porcelain"), "");
    assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");
    assert.match(await git(project.path, "reflog", "agentfs/w"), /commit \(inside\): Third/);
    assert.match(
      await inside(workspace, "git blame -s a.txt"),
      /^\^\w+ 1\) one\n\w+ 2\) two\n\w+ 3\)/,
    );
    assertUntouched(base, before);
  },
);

sandboxTest(
  "git inside keeps its index, stash, branches and configuration from command to command",
  async () => {
    const { project, workspace } = await makeWorkspace();
    await using _ = project;
    await inside(workspace, "echo staged > s.txt; git add s.txt; git config user.name Ada");
    assert.equal(await inside(workspace, "git status --porcelain"), "A  s.txt\n");
    await inside(workspace, "git stash -q; git branch mine");
    assert.equal(await inside(workspace, "ls; git stash list | wc -l"), "a.txt\nb.txt\n1\n");
    await inside(workspace, "git stash pop -q; git commit -qm staged");
    assert.equal(await inside(workspace, "git branch --list mine; cat s.txt"), "  mine\nstaged\n");
    assert.equal(await git(project.path, "log", "-1", "--format=%an", "agentfs/w"), "Ada\n");
    await inside(
      workspace,
      "echo spoilt > a.txt; git checkout -q -- a.txt; git gc -q; git fsck --strict",
    );
    assert.equal(await workspace.readFile("/a.txt"), "one\n");
    assert.equal((await tryGit(project.path, ["rev-parse", "--verify", "mine"])).code, 128);
    assert.equal((await tryGit(project.path, ["rev-parse", "--verify", "refs/stash"])).code, 128);
  },
);

sandboxTest("the first commands of a workspace start together, however long they run", async () => {
  await using project = await makeProject({ config: { lockTimeout: 2000 } });
  for (const name of ["w1", "w2", "w3"]) {
    const workspace = await project.afs.workspace.create(name);
    const options = { permissions: {} };
    await Promise.all(Array.from({ length: 4 }, () => workspace.spawn("sleep 1000", options)));
  }
  await project.afs.close();
});

sandboxTest(
  "git inside sees the owner's branches and tags, also new ones, and nobody's workspaces",
  async () => {
    const { project, workspace } = await makeWorkspace();
    await using _ = project;
    await project.afs.workspace.create("other");
    const list = "git for-each-ref --format='%(refname)'";
    assert.equal(
      await inside(workspace, list),
      "refs/heads/agentfs/w\nrefs/heads/feature\nrefs/heads/main\nrefs/tags/v1\n",
    );
    await writeFiles(project.path, { "owners.txt": "o\n" });
    await git(project.path, "add", "owners.txt");
    await git(project.path, "commit", "--quiet", "--message", "owner's");
    await git(project.path, "branch", "--delete", "feature");
    await git(project.path, "branch", "later/one");
    assert.equal(await inside(workspace, "git log --format=%s main"), "owner's\nfirst\n");
    assert.equal(
      await inside(workspace, list),
      "refs/heads/agentfs/w\nrefs/heads/later/one\nrefs/heads/main\nrefs/tags/v1\n",
    );
    await inside(workspace, "git branch feature; git pack-refs --all");
    await git(project.path, "tag", "v2");
    assert.match(await inside(workspace, list), /feature\n.*later\/one\n.*main\n.*v1\n.*v2\n$/s);
  },
);

sandboxTest("git inside ignores what the owner and the configuration ignore", async () => {
  await using project = await makeProject({
    repository: true,
    files: FILES,
    config: { exclude: ["*.tmp"] },
  });
  const exclude = `${project.path}/.git/info/exclude`;
  await Deno.writeTextFile(exclude, "owners/\n");
  const workspace = await project.afs.workspace.create("w");
  const status = "mkdir -p owners; touch owners/x a.tmp a.log later; git status --porcelain";
  assert.equal(await inside(workspace, status), "?? later\n");
  await Deno.writeTextFile(exclude, "later\n");
  assert.equal(await inside(workspace, status), "?? owners/\n");
});

sandboxTest("a branch that was deleted inside is there again, and a tag is no commit", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  await git(project.path, "tag", "--annotate", "--message", "t", "annotated");
  await inside(workspace, "git checkout -q --detach; git branch -qD agentfs/w");
  await inside(workspace, "git checkout -q agentfs/w; git commit -q --allow-empty -m again");
  assert.deepEqual(await subjects(project), ["again", "first"]);
  const { skipped } = await workspace.run(
    'tag=$(git rev-parse annotated); echo $tag > "$(git rev-parse --git-dir)/HEAD"',
    { permissions: {} },
  );
  assert.match(skipped[0]?.reason ?? "", /is missing/);
  assert.equal((await workspace.log()).length, 2);
});

sandboxTest("what the host commits and restores is seen inside", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  await inside(workspace, "echo x > x.txt; git add x.txt");
  const snapshot = await workspace.snapshot.create("before");
  await workspace.writeFile("/a.txt", "by the host\n");
  await workspace.commit("Host's");
  assert.equal(
    await inside(workspace, "git status --porcelain; git log --format=%s"),
    "Host's\nfirst\n",
  );
  await workspace.snapshot.restore(snapshot);
  assert.equal(await inside(workspace, "git status --porcelain"), " M a.txt\n");
  await inside(workspace, "git commit -qam Restored");
  assert.deepEqual(await subjects(project), ["Restored", "Host's", "first"]);
  assert.equal(await git(workspace.path, "status", "--porcelain"), "");
});

sandboxTest(
  "commit() names the branch that HEAD is on inside, a detached HEAD and a merge",
  async () => {
    const { project, workspace } = await makeWorkspace();
    await using _ = project;
    const refused = async (what: RegExp): Promise<void> => {
      await assert.rejects(workspace.commit("no"), (error) => {
        assert.ok(error instanceof CommitError);
        assert.match(error.message, what);
        return true;
      });
    };
    await inside(workspace, "git checkout -qb other; echo o > b.txt; git commit -qam 'On other'");
    await refused(/HEAD is on refs\/heads\/other, not on refs\/heads\/agentfs\/w/);
    assert.deepEqual((await workspace.log()).map(({ message }) => message), [
      "On other\n",
      "first\n",
    ]);
    assert.equal((await workspace.status()).hasChanges, false);
    assert.deepEqual(await subjects(project), ["first"]);
    await inside(workspace, "git checkout -q --detach HEAD");
    await refused(/HEAD is detached at [0-9a-f]{40}/);
    await inside(workspace, "git checkout -q --orphan unborn");
    await refused(/HEAD is on refs\/heads\/unborn/);
    await inside(workspace, "git checkout -qf agentfs/w; echo w > b.txt; git commit -qam Ours");
    await inside(workspace, "git merge -q other || true");
    await refused(/a merge is not finished/);
    await inside(workspace, "echo both > b.txt; git add b.txt; git commit -qm Merged");
    await workspace.writeFile("/c.txt", "c\n");
    await workspace.commit("At last");
    assert.deepEqual((await subjects(project)).sort(), [
      "At last",
      "Merged",
      "On other",
      "Ours",
      "first",
    ]);
    assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");
  },
);

sandboxTest("history that is rewritten inside is rewritten on the host", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  await inside(
    workspace,
    "echo 1 > 1; git add 1; git commit -qm 1; echo 2 > 2; git add 2; git commit -qm 2",
  );
  await inside(workspace, "git commit -q --amend -m 'Two, amended'");
  assert.deepEqual(await subjects(project), ["Two, amended", "1", "first"]);
  await inside(workspace, "git reset -q --hard HEAD~2");
  assert.deepEqual(await subjects(project), ["first"]);
  await inside(workspace, "git merge -q --no-ff -m Merged ORIG_HEAD");
  assert.deepEqual((await subjects(project)).sort(), ["1", "Merged", "Two, amended", "first"]);
});

sandboxTest("what a killed process left inside is taken over by the next command", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  const note = `${project.path}/.git/agentfs/inside/w/note.json`;
  await inside(workspace, "true");
  const before = await Deno.readTextFile(note);
  const branch = await git(project.path, "rev-parse", "agentfs/w");
  await inside(workspace, "echo x > x; git add x; git commit -qm x");
  // As though the process had ended before it looked.
  await Deno.writeTextFile(note, before);
  await git(project.path, "update-ref", "refs/heads/agentfs/w", branch.trim());
  await workspace.run('touch "$(git rev-parse --git-dir)/index.lock"', { permissions: {} });
  assert.deepEqual(await subjects(project), ["x", "first"]);
  await inside(workspace, "echo y > y; git add y; git commit -qm y");
  assert.deepEqual(await subjects(project), ["y", "x", "first"]);
  assert.equal(await git(project.path, "fsck", "--strict", "--no-dangling"), "");
});

sandboxTest(
  "a branch that the owner moved meanwhile stays the owner's, and the command says so",
  async () => {
    const { project, workspace } = await makeWorkspace();
    await using _ = project;
    await inside(workspace, "true");
    const running = await workspace.spawn("read line; echo x > x; git add x; git commit -qm x", {
      permissions: {},
    });
    const tree = (await git(project.path, "rev-parse", "main^{tree}")).trim();
    const moved = (await git(project.path, "commit-tree", tree, "-p", "main", "-m", "owner's"))
      .trim();
    await git(project.path, "update-ref", "refs/heads/agentfs/w", moved);
    const writer = running.stdin.getWriter();
    await writer.write(new TextEncoder().encode("go\n"));
    await writer.close();
    const { skipped } = await running.status;
    assert.equal(skipped.length, 1);
    assert.match(skipped[0]!.reason, /moved on the host meanwhile/);
    await Promise.all([running.stdout.cancel(), running.stderr.cancel()]);
    assert.deepEqual(await subjects(project), ["owner's", "first"]);
    assert.equal(await inside(workspace, "git log --format=%s"), "owner's\nfirst\n");
    assert.match(await inside(workspace, "git log -g --format=%s HEAD"), /^x$/m);
  },
);

sandboxTest("several commands at once commit, and all arrives", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  const names = ["p", "q", "r", "s"];
  await Promise.all(names.map((name) =>
    inside(
      workspace,
      `echo ${name} > ${name}; until git add ${name} && git commit -qm ${name} -- ${name}; ` +
        "do sleep 0.05; done 2>/dev/null",
    )
  ));
  assert.deepEqual((await subjects(project)).sort(), ["first", ...names]);
  assert.equal((await workspace.status()).hasChanges, false);
});

sandboxTest("a deleted workspace takes what was inside along", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  await inside(workspace, 'git branch mine; mkdir "$(git rev-parse --git-dir)/shut"');
  await Deno.chmod(`${project.path}/.git/agentfs/inside/w/repository/shut`, 0);
  await project.afs.workspace.delete("w");
  assert.deepEqual([...Deno.readDirSync(`${project.path}/.git/agentfs/inside`)], []);
  const again = await project.afs.workspace.create("w");
  assert.equal(await inside(again, "git branch --list mine"), "");
});
