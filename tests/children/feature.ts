/**
 * Uses one feature of README's table of permissions, and says how that went.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AgentFS, AgentFSError, type Workspace } from "@agentfs/sdk";
import { TemporaryWorkspace } from "@agentfs/sdk/testing";

/** What each feature does; the workspace "w" is there already. */
const FEATURES: Record<string, (afs: AgentFS) => Promise<void>> = {
  async workspaces(afs) {
    const workspace = await afs.workspace.create("new", { copyIgnored: ["ignored"] });
    assert.equal(await afs.workspace.get("new"), workspace);
    assert.deepEqual((await afs.workspace.list()).map(({ name }) => name), ["new", "w"]);
    await afs.workspace.create("fork", { from: "new" });
    for (const name of ["new", "fork"]) await afs.workspace.delete(name);
    await (await afs.workspace.temp())[Symbol.asyncDispose]();
  },

  async files(afs) {
    const workspace = await afs.workspace.get("w");
    await workspace.writeFile("/d/one.txt", "one\n", { mode: 0o640 });
    await workspace.writeFile("/d/one.txt", "two\n", { append: true });
    await workspace.copy("/d", "/e");
    await workspace.move("/e/one.txt", "/e/two.txt");
    await workspace.chmod("/e/two.txt", 0o755);
    await workspace.mkdir("/f/g");
    assert.equal(await workspace.readFile("/e/two.txt"), "one\ntwo\n");
    assert.equal((await workspace.readBytes("/a.txt")).length, 4);
    assert.equal((await workspace.stat("/e/two.txt")).mode, 0o755);
    assert.equal((await workspace.listDir("/", { recursive: true })).length, 8);
    {
      await using stream = await workspace.openStream("/f/g/h", "w");
      await stream.write("streamed");
    }
    await using stream = await workspace.openStream("/f/g/h");
    assert.equal((await stream.read(100))?.length, 8);
    await workspace.batch((batch) => {
      batch.writeFile("/d/one.txt", "over\n");
      batch.writeFile("/new/file", "new\n", { mode: 0o755 });
      batch.move("/e", "/moved/e");
      batch.copy("/moved", "/e");
      batch.delete("/moved", { recursive: true });
    });
    const results = workspace.batchProcess(["/d/one.txt", "/gone"], (path) => workspace.stat(path));
    const sizes = (await Array.fromAsync(results)).map(({ value }) => value?.size ?? null);
    assert.deepEqual(sizes, [5, null]);
    for (const path of ["/d", "/e", "/f", "/new"]) {
      await workspace.delete(path, { recursive: true });
    }
  },

  async history(afs) {
    const workspace = await afs.workspace.get("w");
    await workspace.snapshot.create("s");
    await workspace.writeFile("/a.txt", "changed\n");
    assert.equal((await workspace.status()).modified.length, 1);
    assert.equal((await workspace.diff({ against: "s" })).changes.length, 1);
    assert.equal((await workspace.commit("Change")).created, true);
    assert.equal((await workspace.log())[0]?.message, "Change\n");
    assert.equal((await workspace.snapshot.restore("s")).changes.length, 1);
    await workspace.snapshot.delete("s");
    const { before, after } = await afs.gc();
    assert.ok(after.packs < before.packs);
  },

  async upkeep(afs) {
    const { before, after, refs, pruned } = await afs.gc();
    assert.ok(after.packs <= before.packs);
    assert.deepEqual([refs, pruned], [[], 0]);
  },

  async programs(afs) {
    const workspace = await afs.workspace.get("w");
    assert.equal((await workspace.run(["cat", "a.txt"])).stdout, "one\n");
    const lines = await Array.fromAsync(workspace.runStream(["cat", "a.txt"]));
    assert.deepEqual(lines, ["one\n"]);
    await using process = await workspace.spawn(["cat"]);
    process.kill();
    assert.equal((await process.status).success, false);
  },

  async sandbox(afs) {
    const workspace = await afs.workspace.get("w");
    const { stdout, changes, sandbox } = await workspace.run("cat a.txt; echo new > new.txt");
    assert.deepEqual([stdout, changes.length, sandbox], ["one\n", 1, "bubblewrap"]);
    assert.equal((await workspace.run("setsid sleep 1000", { timeout: 100 })).timedOut, true);
    const read = { read: [workspace.path], write: false };
    assert.equal((await workspace.run("touch x", { permissions: read })).code, 1);
    assert.equal((await workspace.run(["cat"], { stdin: "in" })).stdout, "in");
    for await (const line of workspace.runStream("echo one; sleep 0.2")) {
      assert.equal(line, "one\n");
      assert.equal(await workspace.readFile("/a.txt"), "one\n");
      await workspace.writeFile("/meanwhile.txt", "written\n");
    }
    await workspace.delete("/meanwhile.txt");
    await workspace.delete("/new.txt");
    await using process = await workspace.spawn("sleep 1000");
    process.kill();
    assert.equal((await process.status).success, false);
  },

  async everything(afs) {
    await FEATURES.sandbox!(afs);
    const workspace = await afs.workspace.get("w");
    const script =
      "echo new > b.txt; git add b.txt; git commit -qm 'From inside'; git log --oneline";
    assert.match((await workspace.run(script, { check: true })).stdout, /From inside/);
    assert.equal((await workspace.log())[0]?.message, "From inside\n");
    await workspace.run("git rm -q b.txt; git commit -qm 'Away again'", { check: true });
    for (const feature of ["workspaces", "files", "history", "links", "upkeep"]) {
      await FEATURES[feature]!(afs);
    }
  },

  async commands(afs) {
    const workspace = await afs.workspace.get("w");
    const { stdout, changes } = await workspace.run("cat a.txt; echo new > new.txt");
    assert.deepEqual([stdout, changes.length], ["one\n", 1]);
    assert.equal((await workspace.run("sleep 1000 & sleep 1000", { timeout: 100 })).timedOut, true);
    const lines = await Array.fromAsync(workspace.runStream("echo one; echo two"));
    assert.deepEqual(lines, ["one\n", "two\n"]);
    await using process = await workspace.spawn("sleep 1000");
    process.kill();
    assert.equal((await process.status).success, false);
  },

  async links(afs) {
    const workspace = await afs.workspace.get("w");
    await workspace.symlink("a.txt", "/link");
    await workspace.snapshot.create("s");
    await workspace.delete("/link");
    await workspace.snapshot.restore("s");
    assert.equal(await workspace.readLink("/link"), "a.txt");
    await afs.workspace.create("linked", { from: "w", copyIgnored: ["ignored-link"] });
  },

  async restore(afs) {
    await (await afs.workspace.get("w")).snapshot.restore("with-link");
  },

  async carry(afs) {
    await afs.workspace.create("carried", { copyIgnored: ["ignored", "ignored-link"] });
  },

  async ignored(afs) {
    const workspace = await afs.workspace.get("w");
    for (const name of ["x.mine", "x.usual"]) await workspace.writeFile(`/${name}`, "x");
    const { ignored } = await workspace.status({ ignored: true });
    throw new Error(ignored.map(({ path }) => path).join());
  },

  async testing() {
    await using temporary = await TemporaryWorkspace.create({ files: { "/a.txt": "one\n" } });
    const workspace: Workspace = temporary.workspace;
    assert.equal(await workspace.readFile("/a.txt"), "one\n");
    await workspace.commit("Nothing", { allowEmpty: true });
  },
};

const WITHOUT_SANDBOX: ReadonlySet<string> = new Set(["commands", "programs"]);

const [feature = "", base = ""] = Deno.args;
const outcome: { code: string | null; message: string } = { code: null, message: "" };
try {
  const sandbox = WITHOUT_SANDBOX.has(feature) ? "off" : "required";
  await using afs = new AgentFS(base, { run: { sandbox } });
  await FEATURES[feature]!(afs);
} catch (error) {
  outcome.code = error instanceof AgentFSError ? error.code : `${error}`;
  outcome.message = error instanceof Error ? error.message : "";
}
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(outcome)));
