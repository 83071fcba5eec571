/**
 * Code that is planted in git's files, in the workspace and in HOME: whatever is called afterwards, none of
 * it runs on the host, and nothing of the owner's changes.
 */

import assert from "node:assert/strict";
import { AgentFSError, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "../everything.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { assertUntouched, ownersView } from "../interop/owners_view.ts";
import { makeProject, type Project } from "../project.ts";
import { writeFiles } from "../temporary.ts";
import { everyCall } from "./every_call.ts";
import { whyNoSandbox } from "./machine.ts";
import { type Bed, type Plant, PLANTS } from "./plants.ts";

/** How many are tried at once: most of the time is waiting. */
const LANES = 6;

const ignore = await whyNoSandbox() !== null;

function bedOf(project: Project, workspace: Workspace): Bed {
  const store = `${project.path}/.git`;
  return {
    workspace,
    files: workspace.path,
    home: `${project.path}/.agentfs/home/${workspace.name}`,
    inside: `${store}/agentfs/inside/${workspace.name}/repository`,
    admin: `${store}/worktrees/agentfs-${workspace.name}`,
    outside: `${project.directory}/outside`,
    code: `echo fired >> ${project.directory}/fired`,
  };
}

/** What is the owner's, and lies outside of the project. */
async function plantOutside(project: Project): Promise<void> {
  const outside = `${project.directory}/outside`;
  await writeFiles(outside, { secret: `${"0123456789".repeat(4)}\n`, file: "one\n" });
  await Deno.mkdir(`${outside}/objects/pack`, { recursive: true });
  await makeRepository(`${outside}/repository`, { "a.txt": "one\n", "owner.txt": "owner\n" });
}

/** A command plants it. */
async function plantInside(plant: Plant, bed: Bed): Promise<void> {
  const { workspace } = bed;
  const config = plant.config?.(bed) ?? "";
  for (const [path, text] of Object.entries(plant.files?.(bed) ?? {})) {
    await workspace.run(`mkdir -p $(dirname ${path}); cat > ${path}`, { stdin: text });
  }
  await workspace.run(
    "P=$(sed 's/^gitdir: //' .git); tee -a $P/config $P/config.worktree ~/.gitconfig >/dev/null\n" +
      `${plant.script?.(bed) ?? "true"}`,
    { stdin: config },
  );
}

/** The worst case: what a command could have done that no sandbox held. */
async function plantDirectly(plant: Plant, bed: Bed): Promise<void> {
  const { files, home, inside, admin } = bed;
  const config = plant.config?.(bed);
  if (config !== undefined) {
    for (const path of [`${home}/.gitconfig`, `${inside}/config`, `${inside}/config.worktree`]) {
      await Deno.writeTextFile(path, config, { append: true });
    }
    for (const name of ["config", "config.worktree"]) {
      await Deno.writeTextFile(`${admin}/${name}`, config, { append: true });
    }
  }
  await writeFiles(files, plant.files?.(bed) ?? {});
  for (const gitDirectory of [inside, admin]) await plant.direct?.(bed, gitDirectory);
}

/** A command leaves it behind, and everything is called; then it is put where no command could. */
async function tryPlant(plant: Plant): Promise<void> {
  await using project = await makeProject({
    repository: true,
    files: { "a.txt": "one\n", "d/b.txt": "two\n", ".gitignore": "*.log\n" },
    config: { run: { sandbox: "required", timeout: 1500 }, lockTimeout: 1000 },
  });
  await plantOutside(project);
  const base = { path: project.path, store: `${project.path}/.git` };
  const before = ownersView(base);
  const outsideBefore = everythingBelow(`${project.directory}/outside`);

  /** Fails where what was planted has had its way. */
  const check = async (untyped: readonly string[]): Promise<void> => {
    assert.deepEqual(untyped, []);
    const around = [...Deno.readDirSync(project.directory)].map(({ name }) => name).sort();
    assert.deepEqual(around, ["outside", "project"]);
    assert.deepEqual(everythingBelow(`${project.directory}/outside`), outsideBefore);
    assertUntouched(base, before);
    assert.equal(await git(project.path, "--no-optional-locks", "status", "--porcelain"), "");
  };
  const workspace = await project.afs.workspace.create("w");
  const bed = bedOf(project, workspace);
  await workspace.run("true", { changes: false });
  await plantInside(plant, bed);
  await check(await everyCall(project.afs, workspace));
  const { stderr } = await tryGit(project.path, ["fsck", "--strict", "--no-dangling"]);
  // What an agent's own .gitmodules says is its to say: git does not follow it, but finds fault.
  assert.equal(stderr.replaceAll(/^\w+ in \w+ .*: git(modules|attributes)\w+: .*\n/gm, ""), "");
  await plantDirectly(plant, bed);
  const again = await (await project.reopen()).workspace.get("w");
  await check(await everyCall(project.afs, again));
  await project.afs.workspace.delete("w").catch((error) => {
    if (!(error instanceof AgentFSError)) throw error;
  });
  await check([]);
}

Deno.test({
  name: "no planted code runs on the host, and nothing of the owner's changes",
  ignore,
  async fn(t) {
    const failures = new Map<string, unknown>();
    const lanes = Array.from(
      { length: LANES },
      (_, lane) => PLANTS.filter((_, index) => index % LANES === lane),
    );
    await Promise.all(lanes.map(async (plants) => {
      for (const plant of plants) {
        await tryPlant(plant).catch((error) => void failures.set(plant.name, error));
      }
    }));
    for (const { name } of PLANTS) {
      await t.step(name, () => {
        if (failures.has(name)) throw failures.get(name);
      });
    }
  },
});
