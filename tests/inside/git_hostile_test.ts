/**
 * What an agent can do to the repository that it has inside: nothing of it harms the host's.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import type { Workspace } from "../../mod.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { sandboxTest } from "./helpers.ts";

/** A project of which nothing may change, with a workspace; made anew for each test. */
async function makeWorkspace(): Promise<{ project: Project; workspace: Workspace }> {
  const files = { "a.txt": "one\n", "d/e.txt": "e\n" };
  const project = await makeProject({ repository: true, files });
  const workspace = await project.afs.workspace.create("w");
  return { project, workspace };
}

/** Runs a script inside in which `P` is the private repository; gives what was not taken over. */
async function plant(workspace: Workspace, script: string): Promise<string[]> {
  const { skipped, stderr, code } = await workspace.run(
    `set -e\nP=$(sed 's/^gitdir: //' .git)\n${script}`,
    { permissions: {}, changes: false },
  );
  assert.equal(code, 0, stderr);
  return skipped.map(({ path, reason }) => `${path}: ${reason}`);
}

/** The host's side is whole, and was not moved. */
async function assertUnharmed({ path }: Project, workspace: Workspace, oid: string): Promise<void> {
  assert.equal((await git(path, "rev-parse", "agentfs/w")).trim(), oid);
  assert.equal(await git(path, "fsck", "--strict", "--no-dangling"), "");
  assert.equal((await workspace.log())[0]?.oid, oid);
  await workspace.status();
}

/** Words to make objects with that git itself would not make: `entry` is one of a tree's bytes. */
const COMMIT = String.raw`
commit() { git hash-object -t commit -w --literally --stdin; }
tree() { git hash-object -t tree -w --literally --stdin; }
blob() { printf "$1" | git hash-object -w --stdin; }
raw() { for byte in $(echo $1 | sed 's/../0x& /g'); do printf "\\$(printf %03o $byte)"; done; }
entry() { printf "$1 $2\0"; raw "$3"; }
take() { git update-ref refs/heads/agentfs/w "$1" && echo moved >> $P/logs/HEAD; }
on() { take $(git commit-tree "$1" -p HEAD -m evil); }
who='A <a@example.com> 1700000000 +0000'
`;

/** Scripts that move the branch to a commit that must not arrive, and why it does not. */
const COMMITS: Record<string, { script: string; reason: RegExp }> = {
  "a tree with .git": {
    script: "on $(entry 40000 .git $(git rev-parse HEAD:d) | tree)",
    reason: /holds ".git" with the mode 40000/,
  },
  "a tree with .git in disguise": {
    script: "on $(entry 100644 GIT~1 $(blob x) | tree)",
    reason: /holds "GIT~1"/,
  },
  "a tree with ..": {
    script: "on $(entry 40000 .. $(git rev-parse HEAD:d) | tree)",
    reason: /holds ".."/,
  },
  "a tree with a slash": {
    script: "on $(entry 100644 a/b $(blob x) | tree)",
    reason: /tree [0-9a-f]{40} is malformed/,
  },
  "a tree with one name twice": {
    script: "on $({ entry 100644 a $(blob x); entry 100644 a $(blob y); } | tree)",
    reason: /malformed.*twice/,
  },
  "a tree that is not sorted": {
    script: "on $({ entry 100644 b $(blob x); entry 100644 a $(blob y); } | tree)",
    reason: /not in git's order/,
  },
  "a tree with a mode of no file": {
    script: "on $(entry 104755 a $(blob x) | tree)",
    reason: /the mode 104755/,
  },
  "a tree with zeros before a mode": {
    script: "on $(entry 0100644 a $(blob x) | tree)",
    reason: /not in git's order/,
  },
  "a tree that links .gitmodules": {
    script: "on $(entry 120000 .gitmodules $(blob x) | tree)",
    reason: /holds ".gitmodules"/,
  },
  "a blob that is not there": {
    script: "on $(printf '100644 blob %s\\ta\\n' 1111111111111111111111111111111111111111 | " +
      "git mktree --missing)",
    reason: /not taken over/,
  },
  "a directory that is a file": {
    script: "on $(entry 40000 sub $(blob x) | tree)",
    reason: /not taken over/,
  },
  "a file that is a directory": {
    script: "on $(entry 100644 sub $(git rev-parse HEAD:d) | tree)",
    reason: /not taken over/,
  },
  "a parent that is not there": {
    script: "take $(printf 'tree %s\\nparent %s\\nauthor %s\\ncommitter %s\\n\\nx\\n' " +
      '$(git rev-parse HEAD:) 1111111111111111111111111111111111111111 "$who" "$who" | commit)',
    reason: /not taken over/,
  },
  "a commit without an author": {
    script:
      "take $(printf 'tree %s\\ncommitter %s\\n\\nx\\n' $(git rev-parse HEAD:) \"$who\" | commit)",
    reason: /commit [0-9a-f]{40} is malformed/,
  },
  "a commit by nobody, at no time": {
    script:
      "take $(printf 'tree %s\\nauthor %s\\ncommitter <> 99999999999999999999 +0000\\n\\nx\\n' " +
      '$(git rev-parse HEAD:) "$who" | commit)',
    reason: /commit [0-9a-f]{40} is malformed/,
  },
  "trees that unfold to more paths than there can be": {
    script: "t=$(entry 100644 a $(blob x) | tree)\n" +
      "for level in 1 2 3 4 5 6 7; do t=$(for n in 0 1 2 3 4 5 6 7 8 9; do entry 40000 $n $t; done | tree)\n" +
      "done\non $t",
    reason: /over 1000000 paths/,
  },
  "a history that a shallow file cuts short": {
    script: "git commit -q --allow-empty -m middle; git commit -q --allow-empty -m tip\n" +
      "git rev-parse HEAD > $P/shallow",
    reason: /is missing/,
  },
};

sandboxTest(
  "no malformed or incomplete commit is taken over, and the command says why",
  async (t) => {
    const { project, workspace } = await makeWorkspace();
    await using _ = project;
    const oid = (await git(project.path, "rev-parse", "agentfs/w")).trim();
    for (const [name, { script, reason }] of Object.entries(COMMITS)) {
      await t.step(name, async () => {
        const reasons = await plant(workspace, COMMIT + script);
        assert.equal(reasons.length, 1, reasons.join("\n"));
        assert.match(reasons[0]!, reason);
        await assertUnharmed(project, workspace, oid);
        const back =
          `rm -f $P/shallow; git update-ref refs/heads/agentfs/w ${oid}; echo >> $P/logs/HEAD`;
        assert.deepEqual(await plant(workspace, back), []);
      });
    }
    assert.deepEqual(await plant(workspace, "git commit -q --allow-empty -m good"), []);
    assert.equal(await git(project.path, "log", "--format=%s", "-1", "agentfs/w"), "good\n");
  },
);

/** Scripts that leave something in the place of what git reads, and whether that shows at once. */
const DAMAGE: Record<string, { script: string; tells?: boolean }> = {
  "a link as the branch": {
    script: "ln -sf /etc/hostname $P/refs/heads/agentfs/w",
    tells: true,
  },
  "a link as HEAD": { script: "ln -sf $PWD/a.txt $P/HEAD", tells: true },
  "a FIFO as HEAD": { script: "rm $P/HEAD; mkfifo $P/HEAD", tells: true },
  "a FIFO as the index": { script: "rm $P/index; mkfifo $P/index" },
  "a FIFO as packed-refs": { script: "rm -f $P/packed-refs; mkfifo $P/packed-refs", tells: true },
  "a FIFO as the configuration": { script: "rm $P/config; mkfifo $P/config" },
  "a link as the directory of refs": {
    script: "mv $P/refs $P/moved; ln -s /etc $P/refs",
    tells: true,
  },
  "a link as the directory of objects": {
    script: "mv $P/objects .; ln -s $PWD/objects $P/objects",
  },
  "a link as the directory of exclude rules": { script: "rm -r $P/info; ln -s /etc $P/info" },
  "directories that nobody may enter": { script: "chmod 0 $P/refs $P/objects $P" },
  "files that nobody may read": { script: "chmod 0 $P/index $P/config" },
  "nothing at all": { script: "rm -rf $P/* || true", tells: true },
};

sandboxTest("a repository that is damaged inside is made again by the next command", async (t) => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  const oid = (await git(project.path, "rev-parse", "agentfs/w")).trim();
  for (const [name, { script, tells = false }] of Object.entries(DAMAGE)) {
    await t.step(name, async () => {
      const reasons = await plant(workspace, script);
      // What is shut looks changed to whom root's rights do not help.
      if (!script.startsWith("chmod")) assert.equal(reasons.length, tells ? 1 : 0, reasons.join());
      await assertUnharmed(project, workspace, oid);
      // Moved in the meantime, so that everything is written.
      await git(project.path, "tag", name.replaceAll(" ", "-"));
      await workspace.writeFile("/host.txt", name);
      await workspace.commit(name);
      const result = await workspace.run("git status --porcelain; git log -1 --format=%s", {
        permissions: {},
      });
      assert.equal(result.stdout.replace("?? objects/\n", ""), `${name}\n`, result.stderr);
      await git(project.path, "update-ref", "refs/heads/agentfs/w", oid);
      await plant(workspace, "git reset -q --hard; rm -rf objects");
    });
  }
});

sandboxTest("configuration, hooks and filters planted inside run nowhere else", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  const canary = `${project.directory}/canary`;
  await plant(
    workspace,
    `
    touch="touch ${canary}"
    git config core.fsmonitor "$touch"; git config core.pager "$touch"; git config core.editor "$touch"
    git config core.hooksPath $P/hooks; git config core.sshCommand "$touch"
    git config filter.x.clean "$touch"; git config filter.x.smudge "$touch"
    git config alias.status "!$touch"; git config include.path $PWD/config
    git config extensions.partialClone evil; git config remote.evil.promisor true
    git config remote.evil.url "ext::$touch"; git config protocol.ext.allow always
    mkdir -p $P/hooks
    for hook in post-index-change reference-transaction post-commit pre-commit post-checkout; do
      printf '#!/bin/sh\\n%s\\n' "$touch" > $P/hooks/$hook; chmod +x $P/hooks/$hook
    done
    echo '* filter=x' > .gitattributes; printf '[core]\\n\\tbare = true\\n' > config
    echo /nowhere/objects >> $P/objects/info/alternates`,
  );
  await workspace.run("git add -A; git commit -qm evil", { permissions: {} });
  await workspace.status();
  await workspace.diff();
  await workspace.commit("Host's");
  const snapshot = await workspace.snapshot.create("s");
  await workspace.snapshot.restore(snapshot);
  await workspace.log();
  await workspace.run("true", { permissions: {} });
  await git(project.path, "fsck", "--strict");
  await git(workspace.path, "status");
  await assert.rejects(Deno.lstat(canary), Deno.errors.NotFound);
});

sandboxTest("objects that only the workspace has are not taken over as the store's", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  const oid = (await git(project.path, "rev-parse", "agentfs/w")).trim();
  const reasons = await plant(
    workspace,
    "mkdir objs; echo $PWD/objs >> $P/objects/info/alternates\n" +
      "export GIT_OBJECT_DIRECTORY=$PWD/objs\n" +
      "GIT_ALTERNATE_OBJECT_DIRECTORIES=$P/objects git commit -q --allow-empty -m elsewhere",
  );
  assert.equal(reasons.length, 1);
  await assertUnharmed(project, workspace, oid);
});

sandboxTest("refs, replacements and grafts planted inside do not reach the host", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  await plant(workspace, "git commit -q --allow-empty -m real");
  const oid = (await git(project.path, "rev-parse", "agentfs/w")).trim();
  const reasons = await plant(
    workspace,
    `${COMMIT}
    fake=$(git commit-tree HEAD: -m replaced)
    git replace $(git rev-parse HEAD) $fake
    echo $(git rev-parse HEAD) > $P/info/grafts
    git update-ref refs/agentfs/w/snapshots/fake $fake
    git update-ref refs/heads/main $fake
    git pack-refs --all
    echo "$fake refs/heads/../../../../evil" >> $P/packed-refs`,
  );
  assert.deepEqual(reasons, []);
  await assertUnharmed(project, workspace, oid);
  assert.deepEqual(await workspace.snapshot.list(), []);
  assert.equal(await git(project.path, "log", "--format=%s", "agentfs/w"), "real\nfirst\n");
  await git(project.path, "tag", "new");
  assert.equal(
    (await workspace.run("git --no-replace-objects rev-parse new", { permissions: {} })).code,
    0,
  );
  await assert.rejects(Deno.lstat(`${project.directory}/evil`), Deno.errors.NotFound);
});

sandboxTest("a FIFO among the objects inside does not keep the host waiting for ever", async () => {
  const { project, workspace } = await makeWorkspace();
  await using _ = project;
  const reasons = await plant(
    workspace,
    "git commit -q --allow-empty -m x; mkdir -p $P/objects/pack; mkfifo $P/objects/pack/pack-" +
      `${"a".repeat(40)}.idx; touch $P/objects/pack/pack-${"a".repeat(40)}.pack`,
  );
  assert.equal(reasons.length, 1);
  assert.match(reasons[0]!, /did not answer within 5 s|cannot read the repository/);
});
