import assert from "node:assert/strict";
import {
  configValue,
  openRepository,
  readHead,
  type Repository,
  unfinishedOperation,
} from "../../src/git/repository.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";

/** Opens what must be a repository, and compares with what git says of it. */
async function openAsGit(base: string): Promise<Repository> {
  const repository = openRepository(base);
  assert.ok(repository.kind === "repository");
  const args = ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"];
  const [gitDirectory, commonDirectory] = (await git(base, ...args)).split("\n");
  assert.deepEqual(repository, {
    kind: "repository",
    root: base,
    gitDirectory,
    commonDirectory,
    config: repository.config,
  });
  return repository;
}

function assertRefused(base: string, message: RegExp): void {
  assert.throws(() => openRepository(base), { code: "StoreError", message }, base);
}

Deno.test("openRepository() opens work trees of every kind", async (t) => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const main = `${path}/main`;
  await makeRepository(main, { "f": "f", "sub/g": "g" });

  await t.step("a plain one", async () => {
    await openAsGit(main);
  });
  await t.step("without a commit", async () => {
    await git(path, "init", "--quiet", "unborn");
    await openAsGit(`${path}/unborn`);
  });
  await t.step("a linked work tree", async () => {
    await git(main, "worktree", "add", "--quiet", "../linked");
    await openAsGit(`${path}/linked`);
  });
  await t.step("a linked work tree with relative paths", async () => {
    await Deno.writeTextFile(`${path}/linked/.git`, "gitdir: ../main/.git/worktrees/linked");
    await openAsGit(`${path}/linked`);
  });
  await t.step("a linked work tree of a bare repository", async () => {
    await git(path, "clone", "--quiet", "--bare", main, "bare.git");
    await git(`${path}/bare.git`, "worktree", "add", "--quiet", "../of-bare");
    await openAsGit(`${path}/of-bare`);
  });
  await t.step("a submodule", async () => {
    await git(main, "submodule", "--quiet", "add", main, "module");
    await openAsGit(`${main}/module`);
  });
  await t.step("with its git directory elsewhere", async () => {
    await git(path, "init", "--quiet", `--separate-git-dir=${path}/elsewhere`, "separate");
    await openAsGit(`${path}/separate`);
  });
  await t.step("with a link for its git directory", async () => {
    await Deno.mkdir(`${path}/by-link`);
    await Deno.symlink(`${path}/unborn/.git`, `${path}/by-link/.git`);
    assert.equal(openRepository(`${path}/by-link`).kind, "repository");
  });
  await t.step("moved", async () => {
    await Deno.rename(main, `${path}/moved`);
    await openAsGit(`${path}/moved`);
    await openAsGit(`${path}/moved/module`);
  });
});

Deno.test("openRepository() finds the repository around a directory", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const root = `${path}/main`;
  await makeRepository(root, { "a/b/f": "f" });
  const enclosing = { root, gitDirectory: `${root}/.git`, commonDirectory: `${root}/.git` };
  assert.deepEqual(openRepository(`${root}/a/b`), { kind: "none", enclosing });
  await Deno.mkdir(`${root}/a/.git`);
  assert.deepEqual(openRepository(`${root}/a`), { kind: "none", enclosing });
  assert.deepEqual(openRepository(`${root}/a/b`), { kind: "none", enclosing });
  assert.equal(await git(`${root}/a/b`, "rev-parse", "--show-toplevel"), `${root}\n`);

  await git(root, "worktree", "add", "--quiet", "../linked");
  const linked = openRepository(`${path}/linked/a`);
  assert.deepEqual(linked, {
    kind: "none",
    enclosing: {
      root: `${path}/linked`,
      gitDirectory: `${root}/.git/worktrees/linked`,
      commonDirectory: `${root}/.git`,
    },
  });
  assert.deepEqual(openRepository(path), { kind: "none", enclosing: null });
});

Deno.test("openRepository() refuses what has no files of its own", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(`${path}/main`, { "f": "f" });
  await git(path, "clone", "--quiet", "--bare", "main", "bare.git");
  assertRefused(`${path}/bare.git`, /bare.*use a clone/);
  assertRefused(`${path}/bare.git/refs`, /inside the git directory/);
  assertRefused(`${path}/main/.git`, /bare/);
  assertRefused(`${path}/main/.git/hooks`, /inside the git directory/);

  await Deno.mkdir(`${path}/hub`);
  await Deno.writeTextFile(`${path}/hub/.git`, "gitdir: ../bare.git\n");
  assertRefused(`${path}/hub`, /bare.*git worktree add/);

  await git(`${path}/main`, "config", "core.worktree", path);
  assertRefused(`${path}/main`, /work tree at .*core\.worktree/);
});

Deno.test("openRepository() refuses a broken repository and says what to do", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const broken: Record<string, [file: string, content: string]> = {
    "no-gitfile": [".git", "something else\n"],
    "empty-gitfile": [".git", ""],
    "no-path": [".git", "gitdir: \n"],
    "nowhere": [".git", "gitdir: ../nowhere\n"],
    "no-head": [".git/config", "[core]\n"],
  };
  for (const [name, [file, content]] of Object.entries(broken)) {
    await writeFiles(`${path}/${name}`, { [file]: content });
    assertRefused(`${path}/${name}`, /Cannot open the repository .*remove/);
  }
  await makeRepository(`${path}/damaged`, { "f": "f" });
  await Deno.writeTextFile(`${path}/damaged/.git/HEAD`, "rubbish\n");
  assert.throws(() => readHead(`${path}/damaged/.git`), { code: "StoreError", message: /HEAD/ });
});

Deno.test("openRepository() refuses formats that it does not know", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet", "--object-format=sha256", "sha256");
  assertRefused(`${path}/sha256`, /objects are named by sha256.*`store: "own"`/);

  const repository = `${path}/r`;
  await makeRepository(repository, { "f": "f" });
  const set = (key: string, value: string): Promise<string> =>
    git(repository, "config", "--file", ".git/config", key, value);
  await set("extensions.unheardOf", "true");
  await openAsGit(repository);
  await set("core.repositoryFormatVersion", "1");
  assertRefused(repository, /has the extension unheardof.*`store: "own"`/);
  await git(repository, "config", "--file", ".git/config", "--unset", "extensions.unheardOf");
  for (const key of ["noop", "preciousObjects", "worktreeConfig", "relativeWorktrees"]) {
    await set(`extensions.${key}`, "true");
  }
  await set("extensions.partialClone", "origin");
  await set("extensions.objectFormat", "sha1");
  assert.equal(openRepository(repository).kind, "repository");
  await set("extensions.refStorage", "reftable");
  assertRefused(repository, /refs are kept as reftable/);
  await set("core.repositoryFormatVersion", "2");
  assertRefused(repository, /format version is 2/);
});

Deno.test("configValue() reads the repository's own settings, and those of its work tree", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(`${path}/main`, { "f": "f" });
  await git(`${path}/main`, "config", "user.name", "Ünï");
  await git(`${path}/main`, "worktree", "add", "--quiet", "../linked");
  const linked = await openAsGit(`${path}/linked`);
  assert.equal(configValue(linked, "user.name"), "Ünï");
  assert.equal(configValue(linked, "user.email"), null);

  await git(`${path}/main`, "config", "extensions.worktreeConfig", "true");
  await git(`${path}/linked`, "config", "--worktree", "user.name", "Linked");
  assert.equal(configValue(await openAsGit(`${path}/linked`), "user.name"), "Linked");
  assert.equal(configValue(await openAsGit(`${path}/main`), "user.name"), "Ünï");
});

Deno.test("readHead() tells a branch, an unborn branch and a detached HEAD", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet", "unborn");
  assert.deepEqual(readHead(`${path}/unborn/.git`), { ref: "refs/heads/main", oid: null });

  const main = `${path}/main`;
  await makeRepository(main, { "f": "f" });
  const oid = (await git(main, "rev-parse", "HEAD")).trim();
  assert.deepEqual(readHead(`${main}/.git`), { ref: "refs/heads/main", oid });
  await git(main, "pack-refs", "--all");
  assert.deepEqual(readHead(`${main}/.git`), { ref: "refs/heads/main", oid });
  await git(main, "worktree", "add", "--quiet", "-b", "a/b", "../linked");
  const linked = `${main}/.git/worktrees/linked`;
  assert.deepEqual(readHead(linked), { ref: "refs/heads/a/b", oid });
  await git(`${path}/linked`, "symbolic-ref", "refs/heads/alias", "refs/heads/a/b");
  await git(`${path}/linked`, "symbolic-ref", "HEAD", "refs/heads/alias");
  assert.deepEqual(readHead(linked), { ref: "refs/heads/a/b", oid });
  await git(`${path}/linked`, "checkout", "--quiet", "--detach");
  assert.deepEqual(readHead(linked), { ref: null, oid });
});

Deno.test("unfinishedOperation() names what git has begun", async (t) => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "base\n" });
  const commit = async (text: string): Promise<void> => {
    await writeFiles(path, { "f": `${text}\n` });
    await git(path, "commit", "--quiet", "--all", "--message", text);
  };
  await git(path, "checkout", "--quiet", "-b", "other");
  await commit("other");
  await git(path, "format-patch", "--quiet", "-1", "--output", `${path}/.git/patch`);
  await git(path, "checkout", "--quiet", "main");
  await commit("main");
  await commit("newer");
  const operations: [command: string[], abort: string[], name: string][] = [
    [["merge", "other"], ["merge", "--abort"], "a merge"],
    [["rebase", "other"], ["rebase", "--abort"], "a rebase"],
    [["rebase", "--apply", "other"], ["rebase", "--abort"], "a rebase"],
    [["cherry-pick", "other"], ["cherry-pick", "--abort"], "a cherry-pick"],
    [["revert", "HEAD~1"], ["revert", "--abort"], "a revert"],
    [["am", ".git/patch"], ["am", "--abort"], "an application of patches (git am)"],
  ];
  for (const [command, abort, name] of operations) {
    await t.step(command.join(" "), async () => {
      assert.equal(unfinishedOperation(`${path}/.git`), null);
      assert.notEqual((await tryGit(path, command)).code, 0);
      assert.equal(unfinishedOperation(`${path}/.git`), name);
      await git(path, ...abort);
      assert.equal(unfinishedOperation(`${path}/.git`), null);
    });
  }
});
