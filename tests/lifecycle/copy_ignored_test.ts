/** Carrying ignored paths of the base along into a workspace. */

import assert from "node:assert/strict";
import { everythingBelow } from "../everything.ts";
import { git } from "../git.ts";
import { makeProject, type Project } from "../project.ts";
import { writeFiles } from "../temporary.ts";

/** A repository that ignores packages, with links and modes in them, and a `.env`. */
async function projectWithPackages(): Promise<Project> {
  const project = await makeProject({
    files: { "a.txt": "one\n", ".gitignore": "/packages/\n.env\n/linked\n" },
    repository: true,
  });
  const { path } = project;
  await writeFiles(path, {
    "packages/one/main.js": "1\n",
    "packages/one/bin/tool": "#!/bin/sh\n",
    "packages/two/data": "\0\xff",
    ".env": "TOKEN=secret\n",
  });
  await Deno.chmod(`${path}/packages/one/bin/tool`, 0o755);
  await Deno.chmod(`${path}/.env`, 0o600);
  await Deno.mkdir(`${path}/packages/.bin`);
  await Deno.symlink("../one/bin/tool", `${path}/packages/.bin/tool`);
  await Deno.symlink("/nowhere/at/all", `${path}/packages/.bin/dangling`);
  await Deno.mkdir(`${path}/packages/empty`);
  await Deno.mkdir(`${path}/packages/locked`, { mode: 0o500 });
  return project;
}

Deno.test("create() carries directories, files and links along, with their permission bits", async () => {
  await using project = await projectWithPackages();
  const before = everythingBelow(`${project.path}/packages`);
  const workspace = await project.afs.workspace.create("w", { copyIgnored: ["packages", ".env"] });
  assert.deepEqual(everythingBelow(`${workspace.path}/packages`), before);
  assert.deepEqual(everythingBelow(`${project.path}/packages`), before);
  assert.equal(await workspace.readFile("/.env"), "TOKEN=secret\n");
  assert.equal((await workspace.stat("/.env")).mode, 0o600);
  assert.deepEqual(workspace.skipped, []);
  assert.equal((await workspace.status()).hasChanges, false);
  assert.equal(await git(workspace.path, "status", "--porcelain"), "");
  await workspace.writeFile("/.env", "TOKEN=other\n");
  assert.equal(await Deno.readTextFile(`${project.path}/.env`), "TOKEN=secret\n");
});

Deno.test("create() carries a part of an ignored directory along, in any spelling of its path", async () => {
  await using project = await projectWithPackages();
  for (const [index, path] of ["/packages/one/bin/", "./packages//one/../one/bin"].entries()) {
    const workspace = await project.afs.workspace.create(`w${index}`, { copyIgnored: [path] });
    const paths = (await workspace.listDir("/packages", { recursive: true })).map(({ path }) =>
      path
    );
    assert.deepEqual(paths, ["/packages/one", "/packages/one/bin", "/packages/one/bin/tool"]);
  }
});

Deno.test("create() copies a link itself, wherever it leads", async () => {
  await using project = await projectWithPackages();
  await Deno.symlink("/etc", `${project.path}/linked`);
  const workspace = await project.afs.workspace.create("w", { copyIgnored: ["linked"] });
  assert.equal(await workspace.readLink("/linked"), "/etc");
});

Deno.test("create() refuses to carry along what is not there or not in the base, and leaves nothing", async () => {
  await using project = await projectWithPackages();
  await Deno.symlink("/etc", `${project.path}/linked`);
  await project.afs.workspace.create("first");
  const before = everythingBelow(project.path);
  const refusals: Record<string, { code: string; message: RegExp }> = {
    "missing": { code: "FileNotFoundError", message: /Cannot carry along "\/missing": nothing is/ },
    "packages/missing": { code: "FileNotFoundError", message: /"\/packages\/missing": nothing is/ },
    "../project/.env": { code: "PathError", message: /leads out of the workspace/ },
    "linked/hostname": { code: "PathError", message: /only relative targets are followed/ },
    ".env/x": { code: "NotADirectoryError", message: /"\/.env" is no directory/ },
    ".git/config": { code: "PathError", message: /stands for .git/ },
    "a\0b": { code: "PathError", message: /NUL/ },
    ".agentfs": { code: "PathError", message: /the workspaces themselves are there/ },
    ".agentfs/workspaces/first": { code: "PathError", message: /the workspaces themselves/ },
  };
  for (const [path, refusal] of Object.entries(refusals)) {
    const copyIgnored = ["packages", path];
    await assert.rejects(project.afs.workspace.create("w", { copyIgnored }), refusal, path);
    assert.deepEqual(everythingBelow(project.path), before, path);
  }
});

Deno.test("create() carries the whole base along but for git's data and the workspaces", async () => {
  await using project = await projectWithPackages();
  await project.afs.workspace.create("first");
  const workspace = await project.afs.workspace.create("w", { copyIgnored: ["/"] });
  assert.deepEqual(workspace.skipped.toSorted((a, b) => a.path < b.path ? -1 : 1), [
    { path: "/.agentfs", reason: "workspaces" },
    { path: "/.git", reason: "git data" },
  ]);
  const names = (await workspace.listDir("/")).map(({ name }) => name);
  assert.deepEqual(names, [".env", ".gitignore", "a.txt", "packages"]);
});

Deno.test("create() says what it cannot carry along", async () => {
  await using project = await projectWithPackages();
  const { path } = project;
  const script = `mkdir '${path}/packages/.git'; mkfifo '${path}/packages/fifo'; ` +
    `printf x > '${path}/packages/'"$(printf 'bad\\377name')"`;
  await new Deno.Command("sh", { args: ["-c", script] }).output();
  const workspace = await project.afs.workspace.create("w", { copyIgnored: ["packages"] });
  assert.deepEqual(workspace.skipped.toSorted((a, b) => a.path < b.path ? -1 : 1), [
    { path: "/packages/.git", reason: "git data" },
    { path: "/packages/bad\ufffdname", reason: "its name is not UTF-8" },
    { path: "/packages/fifo", reason: "neither a file, a directory nor a link" },
  ]);
});

Deno.test("create() writes through no link that the workspace has where the base has a directory", async () => {
  await using project = await projectWithPackages();
  const outside = `${project.directory}/outside`;
  await Deno.mkdir(outside);
  const source = await project.afs.workspace.create("source");
  await source.run(`rm -rf .gitignore packages; ln -s '${outside}' packages`, { check: true });
  const fork = await project.afs.workspace.create("fork", {
    from: "source",
    copyIgnored: ["packages"],
  });
  assert.equal((await Deno.lstat(`${fork.path}/packages`)).isDirectory, true);
  await assert.rejects(
    project.afs.workspace.create("w", { from: "source", copyIgnored: ["packages/one"] }),
    { code: "PathError", message: /only relative targets are followed/ },
  );
  assert.deepEqual([...Deno.readDirSync(outside)], []);
});

Deno.test("create() replaces what the workspace has in the place of what is carried along", async () => {
  await using project = await projectWithPackages();
  const source = await project.afs.workspace.create("source");
  await source.run("rm .gitignore; echo file > packages; mkdir .env; echo x > .env/x", {
    check: true,
  });
  const options = { from: "source" };
  const fork = await project.afs.workspace.create("fork", {
    ...options,
    copyIgnored: ["packages"],
  });
  assert.equal(await fork.readFile("/packages/one/main.js"), "1\n");
  await assert.rejects(project.afs.workspace.create("w", { ...options, copyIgnored: [".env"] }), {
    code: "DirectoryNotEmptyError",
    message: 'Cannot carry along "/.env": the directory is not empty',
  });
});

Deno.test("create() stops carrying along when it is aborted, and leaves nothing", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`packages/f${index}`, `${index}`]),
  );
  await using project = await makeProject({ files: { ...files, ".gitignore": "packages\n" } });
  await project.afs.workspace.create("first");
  const before = everythingBelow(project.path);
  const controller = new AbortController();
  const creating = project.afs.workspace.create("w", {
    copyIgnored: ["packages"],
    signal: controller.signal,
  });
  const copied = `${project.path}/.agentfs/workspaces/w/packages`;
  while (!isThere(copied)) await new Promise((resolve) => setTimeout(resolve));
  controller.abort(new Error("enough"));
  await assert.rejects(creating, { message: "enough" });
  assert.deepEqual(everythingBelow(project.path), before);
});

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
