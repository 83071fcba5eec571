import assert from "node:assert/strict";
import type { FileStream, Workspace } from "@agentfs/sdk";
import { makeProject, type Project } from "../project.ts";
import { sandboxTest } from "./helpers.ts";

/** The files below the project that this process has open, and those that are no workspace's. */
function remains({ path }: Project): string[] {
  const found = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });
  const open = found.filter((file) => file.startsWith(`${path}/`));
  const temporary = [...Deno.readDirSync(`${path}/.agentfs/tmp`)].map(({ name }) => name);
  return [...open, ...temporary];
}

/** Streams of every mode that nobody closes. */
async function abandon(
  workspace: Workspace,
): Promise<{ reading: FileStream; written: FileStream[] }> {
  const reading = await workspace.openStream("/a.txt");
  await reading.read(1);
  const written = [
    await workspace.openStream("/new", "w"),
    await workspace.openStream("/a.txt", "a"),
  ];
  for (const stream of written) await stream.write("lost");
  return { reading, written };
}

async function checkAbandoned(
  project: Project,
  { reading, written }: Awaited<ReturnType<typeof abandon>>,
): Promise<void> {
  assert.deepEqual(remains(project), []);
  await assert.rejects(reading.read(1), { code: "ClosedError" });
  for (const stream of written) {
    await assert.rejects(stream.write("more"), { code: "ClosedError" });
    await assert.rejects(stream.close(), {
      code: "ClosedError",
      message: /^Cannot use a stream: /,
    });
  }
}

Deno.test("close() ends streams that nobody closed, and nothing is left of them", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const abandoned = await abandon(workspace);
  const never = workspace.writeFile("/never", new ReadableStream());
  const refused = assert.rejects(never, { code: "ClosedError" });
  const piped = ReadableStream.from((async function* () {
    yield new Uint8Array(10);
    await new Promise(() => {});
  })()).pipeTo((await workspace.openStream("/piped", "w")).writable).catch(() => {});
  await project.afs.close();
  await refused;
  await checkAbandoned(project, abandoned);
  assert.deepEqual(
    [...Deno.readDirSync(`${project.path}/.agentfs/store.git/agentfs/sessions`)],
    [],
  );
  const again = await (await project.reopen()).workspace.get("w");
  assert.deepEqual((await again.listDir()).map(({ name }) => name), ["a.txt"]);
  assert.equal(await again.readFile("/a.txt"), "one\n");
  void piped;
});

Deno.test("to delete a workspace ends its streams, and no others", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  const other = await project.afs.workspace.create("other");
  await using kept = await other.openStream("/kept", "w");
  const { reading, written } = await abandon(workspace);
  await project.afs.workspace.delete("w");
  await assert.rejects(reading.read(1), { code: "ClosedError" });
  for (const stream of written) await assert.rejects(stream.close(), { code: "ClosedError" });
  await kept.write("kept");
  await kept.close();
  assert.equal(await other.readFile("/kept"), "kept");
  await project.afs.close();
  assert.deepEqual(remains(project), []);
});

sandboxTest("close() ends streams that a helper reads for", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.spawn(["sleep", "600"]);
  const abandoned = await abandon(workspace);
  await project.afs.close();
  await checkAbandoned(project, abandoned);
});

Deno.test("a thousand streams leave no more open than none", async () => {
  await using project = await makeProject();
  const workspace = await project.afs.workspace.create("w");
  await workspace.readFile("/a.txt");
  await workspace.writeFile("/b.txt", "");
  const before = remains(project);
  for (let i = 0; i < 250; i++) {
    await using reading = await workspace.openStream("/a.txt");
    await reading.read(1);
    await using writing = await workspace.openStream("/b.txt", i % 2 === 0 ? "w" : "a");
    await writing.write("x");
    await (await workspace.openStream("/a.txt")).readable.cancel();
    await (await workspace.openStream("/b.txt", "w")).writable.abort();
  }
  assert.deepEqual(remains(project), before);
});
