import assert from "node:assert/strict";
import { SandboxError, type Workspace } from "@agentfs/sdk";
import { makeProject } from "../project.ts";
import { Child } from "../concurrent/children.ts";
import { helpersOf, sandboxTest, until } from "./helpers.ts";
import { outcomes } from "./verbs.ts";

/** A workspace in which a command runs until it is disposed of. */
async function withCommand(options: { name?: string } = {}) {
  const project = await makeProject({ config: { lockTimeout: 20_000 } });
  const workspace = await project.afs.workspace.create(options.name ?? "w");
  const command = await workspace.spawn(["sleep", "600"]);
  return {
    project,
    workspace,
    command,
    async [Symbol.asyncDispose]() {
      await command[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

async function makeFifo({ path }: Workspace): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [`${path}/fifo`] }).output();
  assert.ok(success);
}

sandboxTest("file calls do the same and fail alike while a command runs", async () => {
  await using alone = await makeProject();
  const direct = await alone.afs.workspace.create("w");
  await makeFifo(direct);
  const expected = await outcomes(direct);
  assert.deepEqual(helpersOf(direct.path), []);

  await using busy = await withCommand();
  await makeFifo(busy.workspace);
  const found = await outcomes(busy.workspace);
  assert.ok(helpersOf(busy.workspace.path).length > 0);
  for (const what of Object.keys(expected)) assert.deepEqual(found[what], expected[what], what);
});

sandboxTest("file calls see what a command does, line by line", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const lines = workspace.runStream(
    'for i in 1 2 3; do echo "line $i" > file$i; echo $i; ' +
      "while [ ! -e go$i ]; do sleep 0.01; done; done",
  );
  const seen: string[] = [];
  for await (const line of lines) {
    const number = line.trim();
    seen.push((await workspace.readFile(`file${number}`)).trim());
    await workspace.writeFile(`/go${number}`, "");
  }
  assert.deepEqual(seen, ["line 1", "line 2", "line 3"]);
});

sandboxTest("file calls move 20 MB both ways while a command runs", async () => {
  await using busy = await withCommand();
  const { workspace } = busy;
  const data = new Uint8Array(20_000_000);
  for (let at = 0; at < data.length; at += 65_536) {
    crypto.getRandomValues(data.subarray(at, at + 65_536));
  }
  await workspace.writeFile("/big", data);
  assert.ok(equal(await workspace.readBytes("/big"), data));
  await using reading = await workspace.openStream("/big");
  await workspace.writeFile("/copy", reading.readable);
  assert.ok(equal(await Deno.readFile(`${workspace.path}/copy`), data));
  const text = "é".repeat(5_000_000);
  await workspace.writeFile("/text", text);
  assert.equal(await workspace.readFile("/text"), text);
});

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

sandboxTest("file calls list ten thousand files while a command runs", async () => {
  await using busy = await withCommand();
  const { workspace } = busy;
  const name = (i: number) => `${"é".repeat(50)}${String(i).padStart(5, "0")}`;
  await Deno.mkdir(`${workspace.path}/many`);
  for (let i = 0; i < 10_000; i++) Deno.writeTextFileSync(`${workspace.path}/many/${name(i)}`, "");
  const found = await workspace.listDir("/many");
  assert.equal(found.length, 10_000);
  assert.equal(found[9_999]?.name, name(9_999));
});

sandboxTest(
  "file calls of two commands share one helper, which ends with the last of them",
  async () => {
    await using busy = await withCommand();
    const { workspace, command } = busy;
    const second = await workspace.spawn(["sleep", "600"]);
    await Promise.all([
      workspace.writeFile("/a", "1"),
      workspace.listDir(),
      workspace.exists("/b"),
    ]);
    const helpers = helpersOf(workspace.path);
    await second[Symbol.asyncDispose]();
    assert.equal(await workspace.readFile("/a"), "1");
    assert.deepEqual(helpersOf(workspace.path), helpers);
    await command[Symbol.asyncDispose]();
    assert.equal(await workspace.readFile("/a"), "1");
    await until(() => helpersOf(workspace.path).length === 0);
  },
);

sandboxTest("a stream that is opened before a command starts is closed while it runs", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/read", "as it was");
  await using reading = await workspace.openStream("/read");
  const writing = await workspace.openStream("/written", "w");
  await writing.write("before, ");
  {
    await using _command = await workspace.spawn(["sleep", "600"]);
    await writing.write("during");
    await writing.close();
    await workspace.writeFile("/read", "another");
    assert.equal(new TextDecoder().decode(await reading.read(100) ?? undefined), "as it was");
  }
  assert.equal(await workspace.readFile("/written"), "before, during");
});

sandboxTest("a stream that is opened while a command runs outlives it", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/read", "first second");
  const command = await workspace.spawn(["sleep", "600"]);
  await using reading = await workspace.openStream("/read");
  const read = async (size: number) =>
    new TextDecoder().decode(await reading.read(size) ?? undefined);
  assert.equal(await read(6), "first ");
  await using writing = await workspace.openStream("/written", "a");
  await writing.write("written");
  await command[Symbol.asyncDispose]();
  await workspace.delete("/read");
  await writing.close();
  assert.equal(await workspace.readFile("/written"), "written");
  assert.equal(await read(100), "second");
  await reading.close();
});

sandboxTest(
  "a helper that is killed fails the calls under way, and the next call has a new one",
  async () => {
    await using busy = await withCommand();
    const { workspace } = busy;
    await workspace.writeFile("/a", "old");
    const writing = workspace.writeFile("/a", new Uint8Array(400_000_000));
    const refused = assert.rejects(writing, SandboxError);
    await until(() => leftovers(workspace).length > 0);
    for (const id of helpersOf(workspace.path)) kill(id);
    await refused;
    assert.equal(await workspace.readFile("/a"), "old");
    assert.equal(leftovers(workspace).length, 1);
    assert.deepEqual((await workspace.listDir()).map(({ name }) => name), ["a", "a.txt"]);
    const { added } = await workspace.status();
    assert.deepEqual(added.map(({ path }) => path), ["/a"]);
    await busy.command[Symbol.asyncDispose]();
    await workspace.writeFile("/b", "swept before");
    assert.deepEqual(leftovers(workspace), []);
  },
);

function leftovers({ path }: Workspace): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name)
    .filter((name) => name.startsWith(".agentfs-"));
}

function kill(id: number): void {
  try {
    Deno.kill(id, "SIGKILL");
  } catch (error) {
    // It went with the process around it.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

sandboxTest("a call goes on when the command ends in the middle of it", async () => {
  await using busy = await withCommand();
  const { workspace } = busy;
  const data = new Uint8Array(100_000_000).fill(7);
  const writing = workspace.writeFile("/big", data);
  await until(() => leftovers(workspace).length > 0);
  await busy.command[Symbol.asyncDispose]();
  await writing;
  assert.equal((await workspace.stat("/big")).size, data.length);
  assert.deepEqual(leftovers(workspace), []);
});

sandboxTest("close() ends calls under way and the helper", async () => {
  await using busy = await withCommand();
  const { workspace, project } = busy;
  await using stream = await workspace.openStream("/a.txt");
  await project.afs.close();
  await assert.rejects(stream.read(1), { code: "ClosedError" });
  await assert.rejects(workspace.readFile("/a.txt"), { code: "ClosedError" });
  assert.deepEqual(helpersOf(workspace.path), []);
});

sandboxTest(
  "another process works through a helper of its own while a command runs here",
  async () => {
    await using busy = await withCommand();
    const { workspace, project } = busy;
    await using other = new Child("../inside/children/other_process.ts", project.path, "w");
    assert.equal(await other.line(), "ready");
    const ask = async (what: string) => {
      await other.tell(what);
      return await other.line();
    };
    assert.equal(await ask("write /other"), "done");
    assert.equal(await workspace.readFile("/other"), "written by another process");
    const own = helpersOf(workspace.path);
    assert.equal(await ask("read /a.txt"), "one");
    assert.ok(helpersOf(workspace.path).length > own.length / 2);
    await busy.command[Symbol.asyncDispose]();
    await until(() => helpersOf(workspace.path).length === 0);
    assert.equal(await ask("read /other"), "written by another process");
    assert.deepEqual(helpersOf(workspace.path), []);
    await other.end();
  },
);

sandboxTest("a command waits for the call of another process that is under way", async () => {
  await using project = await makeProject({ config: { lockTimeout: 20_000 } });
  const workspace = await project.afs.workspace.create("w");
  await workspace.writeFile("/big", new Uint8Array(30_000_000));
  await using other = new Child("../inside/children/other_process.ts", project.path, "w");
  assert.equal(await other.line(), "ready");
  await other.tell("hold 500");
  assert.equal(await other.line(), "held");
  const order: string[] = [];
  const run = workspace.run("true", { changes: false }).then(() => order.push("command"));
  const call = other.line().then(() => order.push("call"));
  await Promise.all([run, call]);
  assert.deepEqual(order, ["call", "command"]);
  await other.end();
});

sandboxTest("the helper stays away where nobody asks for files", async () => {
  await using busy = await withCommand();
  assert.equal(await busy.workspace.exists(), true);
  assert.deepEqual(helpersOf(busy.workspace.path), []);
});
