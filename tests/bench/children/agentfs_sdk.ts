/**
 * Does with agentfs-sdk what it reads from stdin, `prepare <operation>` or `run <operation>` on each line,
 * and writes a line whenever it is done. Its argument says where the library is to be had.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createInterface } from "node:readline";
import process from "node:process";
import { SDK_AMOUNT } from "../files/agentfs_sdk.ts";
import { FileRounds, type Operation } from "../files/file_rounds.ts";

/** What is used of it. */
interface Sdk {
  readonly AgentFS: {
    open(options: { path: string }): Promise<{ fs: FileSystem; close(): Promise<void> }>;
  };
}

interface FileSystem {
  mkdir(path: string): Promise<void>;
  writeFile(path: string, data: Buffer): Promise<void>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  stat(path: string): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  open(path: string): Promise<FileHandle>;
}

interface FileHandle {
  pread(offset: number, size: number): Promise<Buffer>;
  pwrite(offset: number, data: Buffer): Promise<void>;
}

const { AgentFS }: Sdk = await import(Deno.args[0]!);
const agent = await AgentFS.open({ path: "agent.db" });
const { fs } = agent;
const buffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
const rounds = new FileRounds({
  mkdir: (path) => fs.mkdir(path),
  write: (path, content) => fs.writeFile(path, buffer(content)),
  read: (path) => fs.readFile(path, "utf8"),
  stat: (path) => fs.stat(path),
  move: (from, to) => fs.rename(from, to),
  delete: (path) => fs.unlink(path),
  writeLarge: async (path, piece, count) => {
    await fs.writeFile(path, Buffer.alloc(0));
    const file = await fs.open(path);
    for (let i = 0; i < count; i++) await file.pwrite(i * piece.length, buffer(piece));
  },
  readLarge: async (path, pieceBytes, count) => {
    const file = await fs.open(path);
    for (let i = 0; i < count; i++) await file.pread(i * pieceBytes, pieceBytes);
  },
}, SDK_AMOUNT);

const done = () => Deno.stdout.writeSync(new TextEncoder().encode("done\n"));
done();
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, operation] = line.split(" ") as ["prepare" | "run", Operation];
  await rounds[verb](operation);
  done();
}
await agent.close();
