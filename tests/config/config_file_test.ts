/** Which files settings are read from: what cannot be read, what is no text, and what agents can write. */

import assert from "node:assert/strict";
import { AgentFS, Config, ConfigError } from "@agentfs/sdk";
import { git } from "../git.ts";
import { makeProject } from "../project.ts";
import { temporaryDirectory } from "../temporary.ts";
import { SECRET } from "./settings.ts";

/** Fails unless loading the file is this error. */
async function assertRefused(path: string, rule: string | RegExp): Promise<void> {
  const error = await Config.load(path).then(() => null, (error) => error);
  assert.ok(error instanceof ConfigError, `${path}: ${error}`);
  const start = `Cannot load ${path}: `;
  assert.equal(error.message.slice(0, start.length), start);
  const said = error.message.slice(start.length);
  if (typeof rule === "string") assert.equal(said, rule);
  else assert.match(said, rule);
  assert.deepEqual(error.problems, [{ key: null, line: null, column: null, message: said }]);
  assert.equal(error.cause, undefined);
}

Deno.test("Config.load() says of a file that cannot be read why, and does not wait for it", async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  const give = "give the path of a TOML file";
  await new Deno.Command("mkfifo", { args: [at("fifo")] }).output();
  await Deno.symlink("fifo", at("link-to-fifo"));
  await Deno.symlink("loop", at("loop"));
  await Deno.symlink("nowhere", at("dangling"));
  await Deno.writeTextFile(at("file"), "");
  using socket = Deno.listen({ transport: "unix", path: at("socket") });
  assert.ok(socket);
  for (const name of ["missing", "missing/a.toml", "file/a.toml", "dangling"]) {
    await assertRefused(at(name), `there is no such file; ${give}`);
  }
  await assertRefused(directory.path, `it is a directory; ${give}`);
  for (const name of ["fifo", "link-to-fifo"]) {
    await assertRefused(at(name), `it is no file; ${give}`);
  }
  await assertRefused("/dev/zero", `it is no file; ${give}`);
  await assertRefused(at("loop"), /./);
  await assertRefused(at("socket"), /./);
  await assertRefused(at("x".repeat(300)), /./);
});

Deno.test("Config.load() refuses a file that is no text", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/agentfs.toml`;
  const text = new TextEncoder().encode(`author = "${SECRET} <a@b>"\n`);
  await Deno.writeFile(path, new Uint8Array([...text, 0, 1]));
  await assertRefused(path, "it is a binary file; give one with TOML, which is text");
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    await Deno.writeFile(path, new Uint8Array([...text, ...bytes]));
    await assertRefused(path, "it is not UTF-8; save it as that");
  }
  await Deno.copyFile(Deno.execPath(), path);
  await assertRefused(path, "it has over 1 MiB; give the path of a TOML file");
});

Deno.test("Config.load() takes a file of 1 MiB, and refuses a larger one without reading it", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/agentfs.toml`;
  const start = "cache_size = 5\n#";
  await Deno.writeTextFile(path, start.padEnd(1 << 20, "#"));
  assert.equal((await Config.load(path)).cacheSize, 5);
  await Deno.writeTextFile(path, start.padEnd((1 << 20) + 1, "#"));
  await assertRefused(path, "it has over 1 MiB; give the path of a TOML file");
  // A TiB of nothing: whoever reads it all does not come back.
  await Deno.truncate(path, 2 ** 40);
  await assertRefused(path, "it has over 1 MiB; give the path of a TOML file");
  // A file that does not say how large it is.
  await assert.rejects(Config.load("/proc/self/maps"), { code: "ConfigError" });
});

Deno.test("Config.load() refuses a file in a workspace, however it is called", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w/x");
  await workspace.writeFile("/deep/agentfs.toml", `author = "${SECRET} <a@b>"\n`);
  await workspace.writeFile("/agentfs.toml", "cache_size = 5\n");
  const rule = "agents can write there; keep it outside of workspaces";
  const inside = `${workspace.path}/agentfs.toml`;
  const paths = [inside, `${workspace.path}/deep/agentfs.toml`];
  const { directory } = project;
  await Deno.symlink(inside, `${directory}/link.toml`);
  await Deno.symlink(workspace.path, `${directory}/linked`);
  paths.push(`${directory}/link.toml`, `${directory}/linked/deep/agentfs.toml`);
  await Deno.symlink("linked/deep/agentfs.toml", `${directory}/through.toml`);
  paths.push(`${directory}/through.toml`);
  for (const path of paths) await assertRefused(path, rule);
  const dotted = new URL(
    `file://${project.path}/./.agentfs/home/../workspaces/w%252Fx/agentfs.toml`,
  );
  await assert.rejects(Config.load(dotted), { code: "ConfigError", message: new RegExp(rule) });
  // Up and out of it again is outside.
  await Deno.writeTextFile(`${project.path}/agentfs.toml`, "cache_size = 7\n");
  const out = `${workspace.path}/../../../agentfs.toml`;
  assert.equal((await Config.load(out)).cacheSize, 7);
  // A link in a workspace is an agent's choice of what is read.
  await Deno.symlink(`${project.path}/agentfs.toml`, `${workspace.path}/out.toml`);
  await assertRefused(`${workspace.path}/out.toml`, rule);
  await assertRefused(`${directory}/linked/out.toml`, rule);
  await workspace.run("true");
  await Deno.writeTextFile(`${project.path}/.agentfs/home/x.toml`, "");
  await assertRefused(`${project.path}/.agentfs/home/x.toml`, rule);
});

Deno.test("Config.load() refuses a file in a workspace wherever the owner has put them", async () => {
  for (const store of ["auto", "own"] as const) {
    await using project = await makeProject({ repository: true });
    const dataDir = `${project.directory}/data`;
    await using afs = new AgentFS(project.path, { dataDir, store });
    const workspace = await afs.workspace.create("w");
    const rule = "agents can write there; keep it outside of workspaces";
    await workspace.writeFile("/a/agentfs.toml", "cache_size = 5\n");
    const path = `${workspace.path}/a/agentfs.toml`;
    await assertRefused(path, rule);
    // Each of the two signs alone.
    await Deno.rename(`${dataDir}/base`, `${dataDir}/base-away`);
    await assertRefused(path, rule);
    await Deno.rename(`${dataDir}/base-away`, `${dataDir}/base`);
    await Deno.remove(`${workspace.path}/.git`);
    await assertRefused(path, rule);
    // What an agent puts in their places hides nothing, and is not waited for.
    await new Deno.Command("mkfifo", { args: [`${workspace.path}/.git`] }).output();
    await new Deno.Command("mkfifo", { args: [`${workspace.path}/a/base`] }).output();
    await Deno.mkdir(`${workspace.path}/a/.git`);
    await assertRefused(path, rule);
    await Deno.mkdir(`${dataDir}/home`, { recursive: true });
    await Deno.writeTextFile(`${dataDir}/home/agentfs.toml`, "");
    await assertRefused(`${dataDir}/home/agentfs.toml`, rule);
  }
});

Deno.test("Config.load() takes a file in other places that look a little like ours", async () => {
  await using project = await makeProject({ repository: true });
  const { directory, path } = project;
  await git(path, "worktree", "add", "--quiet", `${directory}/linked`);
  await Deno.mkdir(`${directory}/home/.agentfs`, { recursive: true });
  await Deno.mkdir(`${directory}/other/workspaces`, { recursive: true });
  await Deno.writeTextFile(`${directory}/other/base`, "debian\n");
  for (const place of [path, "linked", "home/.agentfs", "other", "other/workspaces"]) {
    const file = `${place.startsWith("/") ? place : `${directory}/${place}`}/agentfs.toml`;
    await Deno.writeTextFile(file, "cache_size = 7\n");
    assert.equal((await Config.load(file)).cacheSize, 7, file);
  }
});

/** What a process says that may do no more than `flags` and loads the file. */
async function loadUnder(
  path: string,
  flags: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-lock"],
      ...["--config", new URL("../../deno.json", import.meta.url).pathname],
      ...flags,
      new URL("children/load_config.ts", import.meta.url).pathname,
      path,
    ],
    ...options,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("Config.load() needs to read the file, and nothing else", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/agentfs.toml`;
  await Deno.writeTextFile(path, 'cache_size = 7\ndata_dir = "x"\n');
  await Deno.symlink("agentfs.toml", `${directory.path}/link.toml`);
  assert.equal(await loadUnder(path, [`--allow-read=${path}`]), `7 ${directory.path}/x`);
  const denied = (file: string) =>
    `ConfigError Cannot load ${file}: Deno may not read it; run with --allow-read=${path}`;
  assert.equal(await loadUnder(path, []), denied(path));
  assert.equal(await loadUnder(path, ["--allow-read=/nowhere"]), denied(path));
  const link = `${directory.path}/link.toml`;
  const both = `--allow-read=${link},${path}`;
  assert.equal(await loadUnder(link, [both]), `7 ${directory.path}/x`);
  assert.equal(await loadUnder(link, [`--allow-read=${link}`]), denied(link));
});

Deno.test("Config.load() refuses a file in a workspace, even where it may see nothing around it", async () => {
  await using project = await makeProject({ repository: true });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/agentfs.toml", "cache_size = 7\n");
  const path = `${workspace.path}/agentfs.toml`;
  assert.match(await loadUnder(path, [`--allow-read=${path}`]), /^ConfigError .*agents can write/);
});

Deno.test("Config.load() says that this user may not read a file", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/agentfs.toml`;
  await Deno.writeTextFile(path, "");
  await Deno.chmod(path, 0);
  await Deno.chmod(directory.path, 0o777);
  const root = Deno.uid() === 0;
  const said = await loadUnder(path, ["-A"], {
    env: { DENO_DIR: `${directory.path}/deno` },
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  });
  const rule = "this user may not read it; change its permissions";
  assert.equal(said, `ConfigError Cannot load ${path}: ${rule}`);
});
