/**
 * A base with a workspace `w`, and changes of it that must happen wholly or not at all.
 *
 * @module
 */

import { AgentFS, type Batch, type Workspace } from "@agentfs/sdk";
import { makeRepository } from "../git.ts";

/**
 * Each is done once, with something going wrong in it. None needs a directory to be made for it: such
 * a directory may stay, empty, where a process is killed.
 */
export const CHANGES: Record<string, (afs: AgentFS, workspace: Workspace) => Promise<unknown>> = {
  restore: (_, { snapshot }) => snapshot.restore("target"),
  commit: (_, workspace) => workspace.commit("work"),
  snapshot: (_, { snapshot }) => snapshot.create("another"),
  create: ({ workspace }) => workspace.create("made"),
  delete: ({ workspace }) => workspace.delete("w"),
  write: (_, workspace) => workspace.writeFile("/full/a", "written\n"),
  remove: (_, workspace) => workspace.delete("/full", { recursive: true }),
  copy: (_, workspace) => workspace.copy("/full", "/copy"),
};

/** Batches of so many operations, which need directories to be made; none of these may stay. */
export const BATCHES: Record<string, (afs: AgentFS, workspace: Workspace) => Promise<unknown>> = {
  "batch of 1": (_, workspace) => workspace.batch((batch) => batch.move("/changed", "/same")),
  "batch of 10": (_, workspace) => workspace.batch((batch) => addOperations(batch, 10)),
  "batch of 100": (_, workspace) => workspace.batch((batch) => addOperations(batch, 100)),
};

/** Operations of every kind, round after round, that build on those before. */
function addOperations(batch: Batch, count: number): void {
  const kinds: ((round: number) => void)[] = [
    (round) => batch.writeFile(`/new${round}/deep/a`, "a\n".repeat(100)),
    (round) => batch.writeFile("/changed", `${round}\n`, { mode: 0o755 }),
    () => batch.writeFile("/added/file", "more\n", { append: true }),
    (round) => batch.copy("/full", `/copied${round}/full`),
    (round) => batch.move(`/copied${round}/full/deep`, `/moved${round}`),
    (round) => batch.copy("/link", `/copied${round}/full/a`),
    () => batch.mkdir("/there/empty"),
    (round) => batch.move(`/new${round}/deep`, "/there/empty"),
    () => batch.move("/changed", "/same"),
    () => batch.delete("/there", { recursive: true }),
  ];
  for (let index = 0; index < count; index++) {
    kinds[index % kinds.length]!(Math.floor(index / kinds.length));
  }
}

/** Is done with something going wrong in it as well, and shows in nothing. */
export const UPKEEP: typeof CHANGES = {
  gc: (afs) => afs.gc(),
};

/** Makes the base, a repository. */
export async function makeBase(base: string): Promise<void> {
  await makeRepository(base, { "README.md": "# Project\n", "same": "same\n", "changed": "one\n" });
  await using afs = new AgentFS(base);
  const workspace = await afs.workspace.create("w");
  await makeTarget(workspace);
  await workspace.snapshot.create("target");
  await leaveTarget(workspace);
}

async function makeTarget(workspace: Workspace): Promise<void> {
  await workspace.writeFile("/deleted/deep", "back again\n");
  await workspace.writeFile("/tool", "#!/bin/sh\n", { mode: 0o755 });
  await workspace.symlink("same", "/link");
  await workspace.writeFile("/file-then-directory", "a file\n");
  await workspace.writeFile("/directory-then-link/a", "a\n");
  await workspace.mkdir("/empty");
  await workspace.writeFile("/tracked.log", "ignored by the rules of later\n");
  await workspace.writeFile("/full/a", "a\n");
  await workspace.writeFile("/full/deep/b", "b\n".repeat(1000), { mode: 0o755 });
  await workspace.symlink("a", "/full/link");
}

/** On the way, no ignore rules hold: those of the target are none, and those of now go first. */
async function leaveTarget(workspace: Workspace): Promise<void> {
  await workspace.delete("/tracked.log");
  await workspace.writeFile("/.gitignore", "*.log\n");
  await workspace.writeFile("/ignored.log", "in neither of the two\n");
  await workspace.writeFile("/changed", "two\n");
  await workspace.delete("/deleted", { recursive: true });
  await workspace.chmod("/tool", 0o644);
  await workspace.delete("/link");
  await workspace.symlink("changed", "/link");
  await workspace.delete("/file-then-directory");
  await workspace.writeFile("/file-then-directory/a", "in a directory\n");
  await workspace.delete("/directory-then-link", { recursive: true });
  await workspace.symlink("full", "/directory-then-link");
  await workspace.delete("/empty");
  await workspace.writeFile("/added/file", "added\n");
}
