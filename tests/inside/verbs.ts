/**
 * Every file method of a workspace, called in many ways: what comes of it must not depend on who does
 * it.
 *
 * @module
 */

import type { AgentFSError, FileInfo, Workspace } from "@agentfs/sdk";

/** A call, and what it is called in a test's output. */
export type Call = readonly [what: string, call: (workspace: Workspace) => unknown];

const bytes = new Uint8Array([0, 0xff, 0xfe, 10]);
const text = (data: Uint8Array | null) => data && new TextDecoder().decode(data);

/** What a caller from JavaScript can pass in the place of a path or a text. */
function wrong(value: unknown): string {
  return value as string;
}

function streamOf(...pieces: (string | Uint8Array | Error)[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => {
      const piece = pieces.shift();
      if (piece instanceof Error) controller.error(piece);
      else if (piece === undefined) controller.close();
      else controller.enqueue(piece as Uint8Array);
    },
  });
}

/** The calls, each in the state that those before have left. */
export const CALLS: readonly Call[] = [
  ["write text", (w) => w.writeFile("/d/e/text", "été\n")],
  ["write bytes", (w) => w.writeFile("d/bytes", bytes)],
  ["write nothing", (w) => w.writeFile("/empty", "")],
  ["write with a mode", (w) => w.writeFile("/script", "#!\n", { mode: 0o755 })],
  ["write over", (w) => w.writeFile("/script", "#!/bin/sh\n")],
  ["append", (w) => w.writeFile("/script", "true\n", { append: true })],
  ["append to nothing", (w) => w.writeFile("/appended", "a", { append: true })],
  ["create", (w) => w.writeFile("/created", "c", { createNew: true })],
  ["create again", (w) => w.writeFile("/created", "c", { createNew: true })],
  ["write a stream", (w) => w.writeFile("/streamed", streamOf("one ", new Uint8Array([50])))],
  ["write a stream that fails", (w) => w.writeFile("/no", streamOf("x", new RangeError("lost")))],
  ["write a stream of numbers", (w) => w.writeFile("/no", streamOf(wrong(1)))],
  ["write half a pair", (w) => w.writeFile("/no", "a\ud800")],
  ["write a number", (w) => w.writeFile("/no", wrong(1))],
  ["write to a directory", (w) => w.writeFile("/d", "x")],
  ["write with a slash", (w) => w.writeFile("/new/", "x")],
  ["write below a file", (w) => w.writeFile("/script/x", "x")],
  ["write out", (w) => w.writeFile("/../x", "x")],
  ["write into .git", (w) => w.writeFile("/.GIT/x", "x")],
  ["write with a wrong mode", (w) => w.writeFile("/no", "x", { mode: NaN })],
  ["write with a wrong option", (w) => w.writeFile("/no", "x", { moed: 1 } as object)],
  ["write to no path", (w) => w.writeFile(wrong(undefined), "x")],
  ["write to a long name", (w) => w.writeFile(`/${"n".repeat(300)}`, "x")],
  ["read text", (w) => w.readFile("/d/e/text")],
  ["read bytes", (w) => w.readBytes("/d/bytes")],
  ["read bytes as text", (w) => w.readFile("/d/bytes")],
  ["read nothing", (w) => w.readFile("/empty")],
  ["read what was appended", (w) => w.readFile("script")],
  ["read what was streamed", (w) => w.readFile("/streamed")],
  ["read what is missing", (w) => w.readFile("/missing")],
  ["read a directory", (w) => w.readBytes("/d")],
  ["read below a file", (w) => w.readBytes("/script/x")],
  ["read with a NUL", (w) => w.readFile("/a\0b")],
  ["read half a pair", (w) => w.readFile("/a\ud800")],
  ["read a number", (w) => w.readFile(wrong(7))],
  ["read an object", (w) => w.readFile(wrong({}))],
  ["read a FIFO", (w) => w.readFile("/fifo")],
  ["exists", async (w) => [await w.exists("/d"), await w.exists("/no"), await w.exists()]],
  ["exists out", (w) => w.exists("/a/../..")],
  ["stat a file", (w) => w.stat("/script")],
  ["stat a directory", (w) => w.stat("d/../d/./e/")],
  ["stat the top", (w) => w.stat("/")],
  ["stat nothing", (w) => w.stat("/missing")],
  ["symlink", (w) => w.symlink("d/e", "/links/../link")],
  ["symlink in a missing directory", (w) => w.symlink("../d/e/text", "/links/text")],
  ["symlink that leads out", (w) => w.symlink("/etc", "/out")],
  ["symlink over", (w) => w.symlink("x", "/link")],
  ["symlink to nothing", (w) => w.symlink("", "/empty-link")],
  ["symlink to half a pair", (w) => w.symlink("\udc00", "/empty-link")],
  ["symlink to a number", (w) => w.symlink(wrong(1), "/empty-link")],
  ["readLink", (w) => w.readLink("/links/text")],
  ["readLink of a file", (w) => w.readLink("/script")],
  ["read through a link", (w) => w.readFile("/link/text")],
  ["write through a link", (w) => w.writeFile("/links/text", "through\n")],
  ["read out", (w) => w.readFile("/out/hostname")],
  ["list", (w) => w.listDir()],
  ["list below", (w) => w.listDir("/", { recursive: true })],
  ["list a link", (w) => w.listDir("link")],
  ["list a file", (w) => w.listDir("/script")],
  ["list nothing", (w) => w.listDir("/missing")],
  ["list with a wrong option", (w) => w.listDir("/", { recursive: wrong("yes") } as object)],
  ["chmod", async (w) => (await w.chmod("/script", 0o700), (await w.stat("/script")).mode)],
  ["chmod of nothing", (w) => w.chmod("/missing", 0o700)],
  ["chmod to no mode", (w) => w.chmod("/script", 0o10000)],
  ["mkdir", (w) => w.mkdir("/made/below")],
  ["mkdir again", (w) => w.mkdir("/made")],
  ["mkdir on a file", (w) => w.mkdir("/script")],
  ["copy a file", (w) => w.copy("/script", "/made/script")],
  ["copy a link", (w) => w.copy("/link", "/made/link")],
  ["copy a directory", (w) => w.copy("/d", "/made/d")],
  ["copy a directory over", (w) => w.copy("/d", "/made")],
  ["copy into itself", (w) => w.copy("/d", "/d/x")],
  ["copy nothing", (w) => w.copy("/missing", "/x")],
  ["move", (w) => w.move("/made/d", "/moved/d")],
  ["move onto a directory", (w) => w.move("/script", "/d")],
  ["move a directory onto a full one", (w) => w.move("/moved", "/d")],
  ["move into itself", (w) => w.move("/d", "/d/x/y")],
  ["move nothing", (w) => w.move("/missing", "/x")],
  ["delete a file", (w) => w.delete("/created")],
  ["delete a full directory", (w) => w.delete("/moved")],
  ["delete all of it", (w) => w.delete("/moved", { recursive: true })],
  ["delete a link", (w) => w.delete("/out")],
  ["delete the top", (w) => w.delete("/", { recursive: true })],
  ["delete nothing", (w) => w.delete("/missing")],
  ["read a stream", async (w) => {
    await using stream = await w.openStream("/d/e/text");
    return [text(await stream.read(3)), text(await stream.read(100)), await stream.read(1)];
  }],
  ["read a stream twice at once", async (w) => {
    await using stream = await w.openStream("/script");
    return (await Promise.all([stream.read(4), stream.read(4)])).map(text);
  }],
  ["read a web stream", async (w) => {
    return await new Response((await w.openStream("/script")).readable).text();
  }],
  ["iterate", async (w) => {
    await using stream = await w.openStream("/script");
    return (await Array.fromAsync(stream)).map(text);
  }],
  ["open nothing", (w) => w.openStream("/missing")],
  ["open a directory", (w) => w.openStream("/d")],
  ["open in no mode", (w) => w.openStream("/script", wrong("x") as "r")],
  ["open a directory to write", (w) => w.openStream("/d", "w")],
  ["read too little", async (w) => {
    await using stream = await w.openStream("/script");
    await stream.read(0);
  }],
  ["write to what is read", async (w) => {
    await using stream = await w.openStream("/script");
    await stream.write("x");
  }],
  ["read after close", async (w) => {
    const stream = await w.openStream("/script");
    await stream.close();
    await stream.read(1);
  }],
  ["write a file piece by piece", async (w) => {
    await using stream = await w.openStream("/pieces", "w");
    await Promise.all(["one ", "two "].map((piece) => stream.write(piece)));
  }],
  ["append to it", async (w) => {
    await using stream = await w.openStream("/pieces", "a");
    await stream.write("three");
  }],
  ["give it up", async (w) => {
    const stream = await w.openStream("/pieces", "w");
    await stream.write("x");
    await stream.writable.abort();
  }],
  ["read the pieces", (w) => w.readFile("/pieces")],
  ["list everything", (w) => w.listDir("/", { recursive: true })],
];

/** What came of each call, by its name. */
export async function outcomes(workspace: Workspace): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [what, call] of CALLS) found[what] = await outcome(() => call(workspace));
  return found;
}

/** What a call returns, without what is another at another time; or what is known of its error. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const value = await call();
    if (Array.isArray(value)) return value.map(timeless);
    return timeless(value);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code } = error as AgentFSError;
    const path = "path" in error ? error.path : undefined;
    return { class: error.constructor.name, code, path, message: error.message };
  }
}

function timeless(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("mtime" in value)) return value;
  const { mtime, ...rest } = value as FileInfo;
  return { ...rest, recent: Math.abs(mtime.getTime() - Date.now()) < 60_000 };
}
