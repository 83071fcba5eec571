/**
 * Git inside the sandbox of a workspace, on every kind of base.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { AgentFS } from "../../mod.ts";
import { git, tryGit } from "../git.ts";
import { baseKinds } from "../interop/bases.ts";
import { assertUntouched, ownersView } from "../interop/owners_view.ts";
import { temporaryDirectory } from "../temporary.ts";
import { sandboxTest } from "./helpers.ts";

const NAME = "fix/typo";

for (const kind of baseKinds) {
  sandboxTest(`git works in the sandbox of a workspace of ${kind.name}`, async () => {
    await using directory = await temporaryDirectory();
    const base = await kind.make(directory.path);
    const before = ownersView(base);
    await using afs = new AgentFS(base.path, base.config);
    const workspace = await afs.workspace.create(NAME);
    const run = async (command: string): Promise<string> => {
      const { code, stdout, stderr, skipped } = await workspace.run(command, { permissions: {} });
      assert.equal(code, 0, stderr);
      assert.equal(stderr.replace(/^warning: .* LF will be replaced by CRLF .*\n/gm, ""), "");
      assert.deepEqual(skipped, []);
      return stdout;
    };
    const log = ["log", "--format=%H:%s"];
    // Filters are the owner's, and git inside has no configuration of theirs.
    if (!kind.converted) assert.equal(await run("git status --porcelain"), "");
    assert.equal(await run(`git ${log.join(" ")}`), await tryLog(workspace.path, log));
    await run(
      "echo inside > inside.txt; mkdir -p new/dir; echo x > new/dir/x; git add inside.txt new " +
        "&& git commit -qm Inside && git rm -q --cached inside.txt && git mv new moved && git commit -qm Moved",
    );
    assert.equal(
      await git(base.store, "log", "-2", "--format=%s", `agentfs/${NAME}`),
      "Moved\nInside\n",
    );
    assert.equal(
      await git(
        base.store,
        "diff",
        "--name-status",
        "--no-renames",
        `agentfs/${NAME}~2`,
        `agentfs/${NAME}`,
      ),
      "A\tmoved/dir/x\n",
    );
    await workspace.commit("By the host");
    assert.equal(await run(`git ${log.join(" ")}`), await tryLog(workspace.path, log));
    await assertSound(base.store);
    assertUntouched(base, before);
  });
}

async function tryLog(path: string, log: string[]): Promise<string> {
  return (await tryGit(path, log)).stdout;
}

async function assertSound(store: string): Promise<void> {
  const { code, stdout, stderr } = await tryGit(store, ["fsck", "--strict", "--no-dangling"]);
  assert.deepEqual({ code, stdout, stderr: stderr.replace(/^notice: .*\n/gm, "") }, {
    code: 0,
    stdout: "",
    stderr: "",
  });
}
