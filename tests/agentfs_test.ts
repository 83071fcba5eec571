/** Opening and closing a base, wherever it is and whatever it is called. */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { AgentFS, Config, type Workspace } from "@agentfs/sdk";
import { everythingBelow } from "./everything.ts";
import { git, makeRepository } from "./git.ts";
import { makeProject } from "./project.ts";
import { temporaryDirectory } from "./temporary.ts";

Deno.test("AgentFS() does nothing before the first call, by which the base must be there", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/later`;
  await using afs = new AgentFS(path);
  await assert.rejects(afs.workspace.list(), {
    code: "FileNotFoundError",
    message: `Cannot open the base ${path}: nothing is there`,
  });
  await Deno.mkdir(path);
  await Deno.writeTextFile(`${path}/a.txt`, "one\n");
  assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["a.txt"]);
  const workspace = await afs.workspace.create("w");
  assert.equal(await workspace.readFile("/a.txt"), "one\n");
});

Deno.test("AgentFS() takes paths and file: URLs, and makes them absolute", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/odd % name`;
  await Deno.mkdir(path);
  const cwd = Deno.cwd();
  const up = "../".repeat(cwd.split("/").length - 1);
  const forms = [
    path,
    `${path}/`,
    `${path}/./x/..`,
    `${up}${path.slice(1)}`,
    pathToFileURL(path),
    pathToFileURL(`${path}/`),
  ];
  for (const form of forms) {
    await using afs = new AgentFS(form);
    assert.equal(afs.basePath, path);
    assert.deepEqual(await afs.workspace.list(), []);
  }
});

Deno.test("AgentFS() refuses what is no path", () => {
  const wrong: unknown[] = ["", "a\0b", "\ud800", 5, null, undefined, {}, ["/tmp"]];
  for (const path of [...wrong, new URL("https://example.com/")] as string[]) {
    assert.throws(() => new AgentFS(path), {
      name: "TypeError",
      message: "Cannot open a base: its path is a text that is not empty and holds no NUL, or a " +
        "file: URL",
    });
  }
});

Deno.test("AgentFS() takes settings as they are, as a Config, and wrapped", () => {
  const config = new Config({ cacheSize: 128 });
  assert.equal(new AgentFS("/", config).config, config);
  assert.equal(new AgentFS("/", { config }).config, config);
  assert.equal(new AgentFS("/", { cacheSize: 128 }).config.cacheSize, 128);
  assert.equal(new AgentFS("/", { config: { cacheSize: 128 } }).config.cacheSize, 128);
  assert.equal(new AgentFS("/").config.cacheSize, 64);
});

Deno.test("AgentFS() opens a base through links at its real place", async () => {
  await using project = await makeProject({ repository: true });
  const link = `${project.directory}/link`;
  await Deno.symlink("project", link);
  const workspace = await project.afs.workspace.create("w");
  await using afs = new AgentFS(link);
  assert.equal(afs.basePath, link);
  assert.equal((await afs.workspace.get("w")).path, workspace.path);
});

Deno.test("close() closes once, and `await using` closes too", async () => {
  await using project = await makeProject();
  const { afs } = project;
  await afs.workspace.create("w");
  const closing = afs.close();
  assert.equal(afs.close(), closing);
  await closing;
  await afs.close();
  await afs[Symbol.asyncDispose]();
  await assert.rejects(afs.workspace.list(), { code: "ClosedError" });
  const never = new AgentFS(`${project.directory}/never`);
  await never.close();
  await assert.rejects(never.workspace.list(), { code: "ClosedError" });
  await using again = new AgentFS(project.path);
  assert.equal((await again.workspace.list()).length, 1);
});

Deno.test("close() waits for what is under way, and refuses what waits for its turn", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`f${index}.txt`, `${index}\n`.repeat(500)]),
  );
  await using project = await makeProject({ files });
  const { afs } = project;
  const workspace = await afs.workspace.create("w");
  const other = await afs.workspace.create("other");
  await workspace.snapshot.create("s");
  await workspace.run("for f in *; do echo more >> $f; done", { check: true });
  const begun: Record<string, Promise<unknown>> = {
    create: afs.workspace.create("new"),
    snapshot: workspace.snapshot.create("t"),
    restore: workspace.snapshot.restore("s"),
    status: workspace.status(),
    diff: workspace.diff(),
    log: workspace.log(),
    list: workspace.snapshot.list(),
    commit: other.commit("x", { allowEmpty: true }),
    delete: afs.workspace.delete("other"),
    write: workspace.writeFile("/f1.txt", new Uint8Array(5_000_000)),
    run: workspace.run("sleep 1000"),
  };
  const outcomes = Object.entries(begun).map(async ([name, promise]) => {
    try {
      await promise;
      return [name, "done"];
    } catch (error) {
      return [name, (error as { code?: string }).code ?? `${error}`];
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await afs.close();
  for (const [name, outcome] of await Promise.all(outcomes)) {
    assert.match(outcome!, /^(done|ClosedError)$/, `${name}: ${outcome}`);
  }
  const left = [
    ".agentfs/tmp",
    ".agentfs/store.git/agentfs/tmp",
    ".agentfs/store.git/agentfs/journal",
  ];
  for (const directory of left) {
    assert.deepEqual([...Deno.readDirSync(`${project.path}/${directory}`)], [], directory);
  }
  await project.reopen();
  const again = await project.workspace("w");
  await again.status();
  await again.snapshot.restore("s");
  assert.equal(await git(again.path, "fsck", "--strict", "--no-dangling"), "");
});

Deno.test("close() ends commands, also from inside the loop over their lines", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const running = workspace.run("echo on; sleep 1000");
  const spawned = await workspace.spawn("sleep 1000");
  const lines: string[] = [];
  for await (const line of workspace.runStream("echo line; sleep 1000")) {
    lines.push(line);
    await project.afs.close();
  }
  assert.deepEqual(lines, ["line\n"]);
  const { signal, success, sandbox } = await running;
  assert.deepEqual([signal, success], [sandbox === "none" ? "SIGTERM" : "SIGKILL", false]);
  assert.equal((await spawned.status).success, false);
});

Deno.test("a workspace, or a directory in one, is no base", async () => {
  for (const repository of [false, true]) {
    await using project = await makeProject({ files: { "sub/a.txt": "one\n" }, repository });
    const { path } = await project.afs.workspace.create("w");
    for (const base of [path, `${path}/sub`]) {
      const before = everythingBelow(path);
      await using afs = new AgentFS(base);
      await assert.rejects(afs.workspace.list(), {
        code: "PathError",
        message:
          `Cannot open the base ${base}: it is a workspace or inside one; open the project ` +
          "that the workspace was made from",
      });
      assert.deepEqual(everythingBelow(path), before);
    }
  }
});

Deno.test("a file is no base", async () => {
  await using project = await makeProject();
  for (const path of [`${project.path}/a.txt`, `${project.path}/a.txt/below`]) {
    await using afs = new AgentFS(path);
    await assert.rejects(afs.workspace.list(), {
      code: path.endsWith("below") ? "FileNotFoundError" : "NotADirectoryError",
      message: new RegExp(`^Cannot open the base ${path}: `),
    });
  }
});

/** Works with everything that a workspace has. */
async function work(workspace: Workspace): Promise<void> {
  await workspace.writeFile("/new.txt", "new\n");
  await workspace.run("pwd > pwd.txt; git status --porcelain", { check: true });
  assert.equal(await workspace.readFile("/pwd.txt"), `${workspace.path}\n`);
  await workspace.snapshot.create("s");
  await workspace.commit("Work");
  await workspace.delete("/new.txt");
  await workspace.snapshot.restore("s");
  assert.equal(await git(workspace.path, "status", "--porcelain"), "");
}

Deno.test("a base can have any name", async () => {
  await using directory = await temporaryDirectory();
  const names = [
    "sp ace",
    "quo'te\"s",
    "per%20cent",
    "日本👩‍👩‍👧",
    "new\nline",
    "-dash",
    "a,b;c&d$e*f?[g]",
    "tr.lock",
  ];
  for (const name of names) {
    const path = `${directory.path}/${name}`;
    await makeRepository(path, { "a.txt": "one\n" });
    await using afs = new AgentFS(path);
    await work(await afs.workspace.create("w"));
    assert.equal(await git(path, "status", "--porcelain"), "", name);
    assert.equal(await git(path, "fsck", "--strict", "--no-dangling"), "", name);
    await afs.workspace.delete("w");
  }
});

Deno.test("dataDir holds the workspaces, elsewhere and inside the base", async () => {
  await using project = await makeProject({ repository: true });
  for (const dataDir of [`${project.directory}/data/deep`, `${project.path}/build/data/`]) {
    const afs = await project.reopen({ dataDir });
    const name = dataDir.includes("build") ? "inside" : "outside";
    const workspace = await afs.workspace.create(name);
    assert.equal(workspace.path, `${dataDir.replace(/\/$/, "")}/workspaces/${name}`);
    await work(workspace);
    assert.equal(await git(project.path, "status", "--porcelain"), "");
    assert.equal((await Deno.stat(dataDir)).mode! & 0o777, 0o700);
  }
  // Workspaces are found again where they were made, whatever dataDir is by then.
  const afs = await project.reopen({});
  const found = (await afs.workspace.list()).map(({ name }) => name);
  assert.deepEqual(found, ["inside", "outside"]);
  await work(await afs.workspace.create("usual"));
  await (await afs.workspace.get("outside")).writeFile("/more.txt", "more\n");
  for (const name of [...found, "usual"]) await afs.workspace.delete(name);
});

Deno.test("dataDir belongs to one base", async () => {
  await using project = await makeProject({ repository: true });
  const dataDir = `${project.directory}/data`;
  const other = `${project.directory}/other`;
  await makeRepository(other, {});
  const first = await project.reopen({ dataDir });
  await first.workspace.create("w");
  {
    await using second = new AgentFS(other, { dataDir });
    const before = everythingBelow(project.directory);
    await assert.rejects(second.workspace.create("w"), {
      code: "StoreError",
      message: `Cannot use ${dataDir} for the base ${other}: it belongs to the base ` +
        `${project.path}; give each base a dataDir of its own`,
    });
    assert.deepEqual(everythingBelow(project.directory), before);
  }
  // A base that is gone has no claim.
  await first.close();
  await Deno.remove(project.path, { recursive: true });
  await Deno.remove(dataDir, { recursive: true });
  await using second = new AgentFS(other, { dataDir });
  await second.workspace.create("w");
});

Deno.test("dataDir can be a link", async () => {
  await using project = await makeProject({ repository: true });
  await Deno.mkdir(`${project.directory}/real`);
  await Deno.symlink("real", `${project.directory}/data`);
  const afs = await project.reopen({ dataDir: `${project.directory}/data` });
  const workspace = await afs.workspace.create("w");
  assert.equal(workspace.path, `${project.directory}/real/workspaces/w`);
  await work(workspace);
});

Deno.test("a moved base takes its workspaces along", async () => {
  await using project = await makeProject({ repository: true });
  await work(await project.afs.workspace.create("w"));
  await project.afs.close();
  const moved = `${project.directory}/moved`;
  await Deno.rename(project.path, moved);
  await using afs = new AgentFS(moved);
  const workspace = await afs.workspace.get("w");
  assert.equal(workspace.path, `${moved}/.agentfs/workspaces/w`);
  assert.equal((await workspace.status()).hasChanges, false);
  await workspace.snapshot.restore("s");
  await workspace.run("git log -1 && git status", { check: true });
  await afs.workspace.delete("w");
});
