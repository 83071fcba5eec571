import assert from "node:assert/strict";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { openBase } from "./opened.ts";

const names = (path: string): string[] => [...Deno.readDirSync(path)].map(({ name }) => name);

Deno.test("OpenBase keeps everything in a repository where the base is one", async () => {
  await using project = await makeProject({ repository: true });
  await using base = await openBase(project.path);
  assert.equal(base.layout.commonDirectory, `${project.path}/.git`);
  assert.equal(base.ownsStore, false);
  assert.equal(base.openOwnersObjects(), null);
  assert.equal(base.repository?.root, project.path);
  assert.equal(base.configValue("core.bare"), "false");
  assert.equal(base.configValue("user.name"), null);
});

Deno.test("OpenBase makes a store where the base is no repository, or must not be written to", async () => {
  for (const repository of [false, true]) {
    await using project = await makeProject({ repository });
    await using base = await openBase(project.path, { store: "own" });
    const store = `${project.path}/.agentfs/store.git`;
    assert.equal(base.layout.commonDirectory, store);
    assert.equal(base.ownsStore, true);
    assert.equal(base.repository?.root ?? null, repository ? project.path : null);
    using objects = base.openOwnersObjects();
    assert.equal(objects !== null, repository);
    assert.equal(await git(store, "fsck", "--strict"), "");
    assert.equal((await git(store, "rev-parse", "--is-bare-repository")).trim(), "true");
  }
});

Deno.test("OpenBase makes a store anew that a killed process has not finished", async () => {
  await using project = await makeProject();
  await writeFiles(`${project.path}/.agentfs`, {
    "store.git/config": "[core",
    ".gitignore": "*\n",
  });
  await using base = await openBase(project.path);
  assert.equal(await git(base.layout.commonDirectory, "fsck", "--strict"), "");
});

Deno.test("OpenBase knows the repository around a base", async () => {
  await using project = await makeProject({ files: { "sub/a.txt": "x" }, repository: true });
  await using base = await openBase(`${project.path}/sub`);
  assert.equal(base.repository, null);
  assert.equal(base.enclosing?.root, project.path);
  assert.equal(base.layout.commonDirectory, `${project.path}/sub/.agentfs/store.git`);
  assert.equal(await git(project.path, "status", "--porcelain"), "");
});

Deno.test("OpenBase opens at one place when several open it for the first time", async () => {
  await using project = await makeProject();
  const bases = await Promise.all(Array.from({ length: 8 }, () => openBase(project.path)));
  assert.equal(new Set(bases.map(({ session }) => session.id)).size, 8);
  assert.equal(names(bases[0]!.layout.sessions).length, 8);
  for (const base of bases) await base[Symbol.asyncDispose]();
  assert.deepEqual(names(bases[0]!.layout.sessions), []);
});

Deno.test("OpenBase sweeps what dead sessions left: temporary files, locks of refs, held packs", async () => {
  await using project = await makeProject({ repository: true });
  const { path } = project;
  {
    await using _ = await openBase(path);
  }
  const agentfs = `${path}/.git/agentfs`;
  await git(path, "branch", "agentfs/w");
  await writeFiles(agentfs, { "sessions/dead": "", "tmp/dead-ref1": "x", "tmp/nobody-1": "x" });
  await Deno.link(`${agentfs}/tmp/dead-ref1`, `${path}/.git/refs/heads/agentfs/w.lock`);
  await Deno.writeTextFile(`${path}/.git/refs/heads/agentfs/theirs.lock`, "git's own");
  await Deno.mkdir(`${path}/.git/objects/pack`, { recursive: true });
  await Deno.writeTextFile(`${path}/.git/objects/pack/pack-1.keep`, "agentfs dead\n");
  await Deno.writeTextFile(`${path}/.git/objects/pack/pack-2.keep`, "the owner's\n");

  await using base = await openBase(path);
  assert.deepEqual(names(`${agentfs}/sessions`), [base.session.id]);
  assert.deepEqual(names(`${agentfs}/tmp`), []);
  assert.deepEqual(names(`${path}/.git/refs/heads/agentfs`).sort(), ["theirs.lock", "w"]);
  const keeps = names(`${path}/.git/objects/pack`).filter((name) => name.endsWith(".keep"));
  assert.deepEqual(keeps, ["pack-2.keep"]);
});

Deno.test("OpenBase says what is wrong with a base", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await writeFiles(path, { "file": "x", "damaged/.git": "gitdir: /nowhere\n" });
  await git(path, "init", "--quiet", "--bare", "bare");
  const wrong: Record<string, { code: string; message: RegExp }> = {
    missing: { code: "FileNotFoundError", message: /Cannot open the base .*missing: nothing is/ },
    file: { code: "NotADirectoryError", message: /Cannot open the base .*file: it is not a dir/ },
    bare: { code: "StoreError", message: /bare.*git worktree add/ },
    "bare/objects": { code: "StoreError", message: /inside the git directory .*use a directory/ },
    damaged: { code: "StoreError", message: /\/nowhere is no git directory; repair it, or remove/ },
  };
  for (const [name, error] of Object.entries(wrong)) {
    await assert.rejects(openBase(`${path}/${name}`), error, name);
  }
  // With a store of our own, a repository that is damaged is none.
  await using base = await openBase(`${path}/damaged`, { store: "own" });
  assert.equal(base.repository, null);
});

Deno.test("use() keeps a base open, and nobody begins anything while it closes", async () => {
  await using project = await makeProject();
  const base = await openBase(project.path);
  const use = base.use();
  const waiting = base.lockWriter("w", "waiting");
  const held = await waiting;
  const behind = assert.rejects(base.lockWriter("w", "behind"), {
    code: "ClosedError",
    message: `Cannot use the base ${project.path}: this AgentFS is closed; make a new one`,
  });
  base.beginClosing();
  await behind;
  assert.throws(() => base.use(), { code: "ClosedError" });
  assert.throws(() => base.requireOpen(), { code: "ClosedError" });
  await assert.rejects(base.lockRegistry("late"), { code: "ClosedError" });
  let settled = false;
  const settling = base.settled().then(() => settled = true);
  use[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(settled, false);
  held[Symbol.dispose]();
  await settling;
  await base[Symbol.asyncDispose]();
});

Deno.test("the locks of a base exclude each other as they should", async () => {
  await using project = await makeProject();
  await using base = await openBase(project.path, { lockTimeout: 30 });
  await using other = await openBase(project.path, { lockTimeout: 30 });
  const busy = { code: "BusyError" };
  using _writer = await base.lockWriter("a", "writing");
  await assert.rejects(other.lockWriter("a", "too"), busy);
  using _another = await other.lockWriter("b", "writing");
  using _command = await base.lockCommands("a", "running", { exclusive: false });
  using _second = await other.lockCommands("a", "running", { exclusive: false });
  await assert.rejects(other.lockCommands("a", "all", { exclusive: true }), busy);
  using _registry = await base.lockRegistry("creating");
  await assert.rejects(other.lockRegistry("creating"), {
    ...busy,
    message: /Cannot have the list of workspaces for creating: process \d+, creating has it/,
  });
});
