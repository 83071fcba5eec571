/**
 * The program of the helper that works on a workspace's files while a sandboxed command runs there.
 *
 * It is started inside a sandbox in which nothing but the workspace can be written, and there is none of
 * the owner's but that to read: so a path that the command has turned into a way out, between a look at
 * it and its use, leads nowhere. What it does is what this library does everywhere: the functions
 * of `src/files/`.
 *
 * @module
 */

import { DirectFiles } from "../files/direct_files.ts";
import type { ReadSource } from "../files/reading_stream.ts";
import type { FileInfo } from "../files/types.ts";
import { programArguments, standardInput, standardOutput } from "../platform/runtime.ts";
import { temporaryName } from "../worktree/temporary_name.ts";
import { encodeFrame, readFrames } from "./frames.ts";
import {
  type Answer,
  packError,
  packInfo,
  type Request,
  type Verb,
  type Verbs,
} from "./messages.ts";

/** This module: who imports it for that has it in Deno's cache, where the helper looks for it. */
export const FILE_SERVER: URL = new URL(import.meta.url);

/** The last argument, where changes are to tell object ids. */
export const IDENTIFY = "identify";

/** About as many characters as the entries of one frame have. */
const ENTRIES_LENGTH = 128 * 1024;

/** How the pieces of content of a request get into its stream. */
type Feed = ReadableStreamDefaultController<Uint8Array>;

/** Answers requests about the files of the workspace at `root`. */
class FileServer {
  readonly #files: DirectFiles;
  readonly #output = standardOutput().getWriter();
  readonly #feeds = new Map<number, Feed>();
  readonly #open = new Map<number, ReadSource>();
  #opened = 0;

  constructor(root: string, id: string, identify: boolean) {
    let count = 0;
    this.#files = new DirectFiles({
      root,
      identify,
      wary: true,
      temporary: () => `${root}/${temporaryName(id, count++)}`,
      // The one who asks holds the lock, and has looked whether the workspace is there.
      hold: () => Promise.resolve({ [Symbol.dispose]: () => {} }),
      requireRoot: () => {},
    });
  }

  async serve(): Promise<void> {
    for await (const { header, bytes } of readFrames<Request>(standardInput())) {
      const { id, kind } = header;
      const feed = this.#feeds.get(id);
      if (kind === "call") void this.#answer(header);
      else if (kind === "ping") void this.#send({ id, kind: "pong" });
      else if (kind === "piece") feed?.enqueue(bytes);
      else if (kind === "end") feed?.close();
      else feed?.error(new Error("the content ends in an error"));
    }
  }

  async #answer({ id, verb, given }: Extract<Request, { kind: "call" }>): Promise<void> {
    try {
      // The types hold on the other side, which is the same version of the same library.
      const { value, bytes } = await this.#verbs[verb](id, given as never);
      await this.#send({ id, kind: "answer", value }, bytes);
    } catch (error) {
      await this.#send({ id, kind: "error", error: packError(error) });
    } finally {
      this.#feeds.delete(id);
    }
  }

  /** The content that comes for a request, asked for piece by piece. */
  #content(id: number): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (feed) => void this.#feeds.set(id, feed),
      pull: () => this.#send({ id, kind: "next" }),
    }, { highWaterMark: 0 });
  }

  async #send(answer: Answer, bytes?: Uint8Array): Promise<void> {
    await this.#output.write(encodeFrame(answer, bytes));
  }

  async #sendEntries(id: number, found: readonly FileInfo[]): Promise<void> {
    let [start, length] = [0, 0];
    for (const [index, { path }] of found.entries()) {
      length += path.length + 150;
      if (length < ENTRIES_LENGTH && index + 1 < found.length) continue;
      const entries = found.slice(start, index + 1).map(packInfo);
      await this.#send({ id, kind: "entries", entries });
      [start, length] = [index + 1, 0];
    }
  }

  #source(file: number): ReadSource {
    const source = this.#open.get(file);
    if (source === undefined) throw new Error(`no file ${file} is open`);
    return source;
  }

  readonly #verbs: {
    readonly [Name in Verb]: (
      id: number,
      given: Verbs[Name]["given"],
    ) => Promise<{ value: Verbs[Name]["answer"]; bytes?: Uint8Array }>;
  } = {
    exists: async (_, [path]) => ({ value: await this.#files.exists(path) }),
    stat: async (_, [path]) => ({ value: packInfo(await this.#files.stat(path)) }),
    listDir: async (id, [path, recursive]) => {
      await this.#sendEntries(id, await this.#files.listDir(path, { recursive }));
      return DONE;
    },
    copy: async (_, [from, to]) => ({ value: await this.#files.copy(from, to) }),
    move: async (_, [from, to]) => ({ value: await this.#files.move(from, to) }),
    delete: async (_, [path, recursive]) => ({
      value: await this.#files.delete(path, { recursive }),
    }),
    mkdir: async (_, [path]) => ({ value: await this.#files.mkdir(path) }),
    symlink: async (_, [target, path]) => ({ value: await this.#files.symlink(target, path) }),
    readLink: async (_, [path]) => ({ value: await this.#files.readLink(path) }),
    chmod: async (_, [path, mode]) => ({ value: await this.#files.chmod(path, mode) }),
    locate: async (_, [path, options]) => ({ value: await this.#files.locate(path, options) }),
    writeFile: async (id, [path, options]) => ({
      value: await this.#files.writeFile(path, this.#content(id), options),
    }),
    open: async (_, [path]) => {
      const file = this.#opened++;
      this.#open.set(file, await this.#files.open(path));
      return { value: file };
    },
    read: async (_, [file, size]) => {
      const bytes = await this.#source(file).read(size);
      return bytes === null ? { value: false } : { value: true, bytes };
    },
    close: (_, [file]) => {
      this.#source(file).close();
      this.#open.delete(file);
      return Promise.resolve(DONE);
    },
  };
}

const DONE = { value: null };

if (import.meta.main) {
  const [root = "/", id = "", identify] = programArguments();
  await new FileServer(root, id, identify === IDENTIFY).serve();
}
