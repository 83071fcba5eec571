/**
 * Root works on somebody's repository: its owner can go on with all of it.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS } from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";
import { assertSound, assertStatus, filesOnDisk } from "./oracle.ts";
import { assertUntouched, ownersView } from "./owners_view.ts";
import { makeProject } from "./project.ts";

const OWNER = 1000;

Deno.test({
  name: "the owner of a repository in which root works goes on undisturbed (needs root)",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using directory = await temporaryDirectory();
    const base = await makeProject(`${directory.path}/base`);
    await Deno.chmod(directory.path, 0o755);
    await Deno.mkdir(`${directory.path}/worktrees`);
    const args = ["-R", `${OWNER}:${OWNER}`, base.path, `${directory.path}/worktrees`];
    assert.ok((await new Deno.Command("chown", { args }).output()).success);
    const before = ownersView(base);

    await using afs = new AgentFS(base.path);
    const workspace = await afs.workspace.create("roots/work");
    await workspace.writeFile("/new.txt", "by root\n");
    await workspace.snapshot.create("one");
    const files = filesOnDisk(workspace.path);
    await workspace.commit("Root's work");
    await workspace.snapshot.restore("one");
    await assertStatus(workspace.path, await workspace.status());
    assertUntouched(base, before);

    const { path } = base;
    assert.equal(await asOwner(path, "git status --porcelain"), "");
    await asOwner(path, "echo more >> README.md && git commit --quiet -a -m 'by the owner'");
    await asOwner(path, "git worktree add --quiet -b owners ../worktrees/one");
    assert.match(await asOwner(path, "git worktree list"), /\[agentfs\/roots\/work\] locked/);
    await asOwner(path, "git merge --quiet agentfs/roots/work && test -f new.txt");
    await asOwner(path, "git pack-refs --all && git gc --quiet --prune=now && git worktree prune");

    await workspace.writeFile("/new.txt", "by root again\n");
    await workspace.commit("More of it");
    await workspace.snapshot.restore("one");
    assert.deepEqual(filesOnDisk(workspace.path), files);
    await assertSound(path);
    await afs.workspace.delete("roots/work");
    await asOwner(path, "git gc --quiet --prune=now && git branch roots/work && git fsck --strict");
    assert.equal(await asOwner(path, "git status --porcelain"), "");
  },
});

/** Runs a shell command as the owner, who must be told nothing that is wrong; gives what it prints. */
async function asOwner(cwd: string, command: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("setpriv", {
    args: [`--reuid=${OWNER}`, `--regid=${OWNER}`, "--clear-groups", "sh", "-c", command],
    cwd,
    clearEnv: true,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/nonexistent",
      GIT_AUTHOR_NAME: "Owner",
      GIT_AUTHOR_EMAIL: "owner@example.com",
      GIT_COMMITTER_NAME: "Owner",
      GIT_COMMITTER_EMAIL: "owner@example.com",
    },
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert.deepEqual({ command, code, said }, { command, code: 0, said: "" });
  return new TextDecoder().decode(stdout);
}
