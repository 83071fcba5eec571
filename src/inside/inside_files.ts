/**
 * The files of a workspace, worked on by the helper inside a sandbox.
 *
 * What can be said of the arguments alone is said here, before anybody is asked, and the workspace's
 * lock is taken here for each change.
 *
 * @module
 */

import { checkOptions } from "../arguments.ts";
import type { FileEffect } from "../changes.ts";
import { slicesOf } from "../files/content.ts";
import type { FileContext } from "../files/context.ts";
import type { Draft } from "../files/draft.ts";
import type { Files } from "../files/files.ts";
import { checkMode } from "../files/mode.ts";
import { closedWhileRead, type ReadSource } from "../files/reading_stream.ts";
import { openThrough } from "../files/stream.ts";
import type {
  DeleteOptions,
  FileContent,
  FileInfo,
  FileStream,
  ListOptions,
  StreamEnded,
  StreamMode,
  WriteOptions,
} from "../files/types.ts";
import { checkWriteOptions, type DraftTarget, writeThrough } from "../files/write.ts";
import { pathComponents } from "../paths.ts";
import { rooted } from "../worktree/beneath.ts";
import type { Exchange, FileClient } from "./file_client.ts";
import { PIECE_BYTES } from "./frames.ts";
import { type ChangingVerb, checkedEffect, unpackInfo, type Verb, type Verbs } from "./messages.ts";

/** What gives the helper, and has it stay until it is let go of. */
export interface HelperUse {
  readonly client: FileClient;
  release(): void;
}

/** Everything that can be done with files, asked of a helper. */
export class InsideFiles implements Files, DraftTarget {
  readonly context: FileContext;
  readonly #use: () => Promise<HelperUse>;

  /** `use` gives the helper, which is started if need be. */
  constructor(context: FileContext, use: () => Promise<HelperUse>) {
    this.context = context;
    this.#use = use;
  }

  async readBytes(path: string): Promise<Uint8Array> {
    const source = await this.open(path);
    try {
      const pieces: Uint8Array[] = [];
      for (let length = PIECE_BYTES; length === PIECE_BYTES;) {
        const piece = await source.read(PIECE_BYTES);
        length = piece?.length ?? 0;
        if (piece !== null) pieces.push(piece);
      }
      return joined(pieces);
    } finally {
      source.close();
    }
  }

  async writeFile(
    path: string,
    data: FileContent,
    options: WriteOptions = {},
  ): Promise<FileEffect> {
    if (data instanceof ReadableStream) return await writeThrough(this, path, data, options);
    checkWriteOptions(options);
    checkPath(path);
    return await this.#write(path, inPieces(slicesOf(rooted(path), data)), options);
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#look("exists", [checkPath(path)])).value;
  }

  async stat(path: string): Promise<FileInfo> {
    return unpackInfo((await this.#look("stat", [checkPath(path)])).value);
  }

  async listDir(path = "/", options: ListOptions = {}): Promise<FileInfo[]> {
    checkOptions("list a directory", options, { recursive: "boolean" });
    const found: FileInfo[] = [];
    const take = (entry: FileInfo): void => void found.push(entry);
    await this.#look("listDir", [checkPath(path), options.recursive ?? false], { take });
    return found;
  }

  async copy(from: string, to: string): Promise<FileEffect> {
    return await this.#change(`copy ${from} to ${to}`, "copy", [checkPath(from), checkPath(to)]);
  }

  async move(from: string, to: string): Promise<FileEffect> {
    return await this.#change(`move ${from} to ${to}`, "move", [checkPath(from), checkPath(to)]);
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<FileEffect> {
    checkOptions("delete", options, { recursive: "boolean" });
    const given: [string, boolean] = [checkPath(path), options.recursive ?? false];
    return await this.#change(`delete ${path}`, "delete", given);
  }

  async mkdir(path: string): Promise<FileEffect> {
    return await this.#change(`mkdir ${path}`, "mkdir", [checkPath(path)]);
  }

  async symlink(target: string, path: string): Promise<FileEffect> {
    return await this.#change(`symlink ${path}`, "symlink", [target, checkPath(path)]);
  }

  async readLink(path: string): Promise<string> {
    return (await this.#look("readLink", [checkPath(path)])).value;
  }

  async chmod(path: string, mode: number): Promise<FileEffect> {
    checkMode(mode);
    return await this.#change(`chmod ${path}`, "chmod", [checkPath(path), mode]);
  }

  openStream(path: string, mode: StreamMode = "r", ended?: StreamEnded): Promise<FileStream> {
    return openThrough(this, (path) => this.open(path), path, mode, ended);
  }

  /** Opens a file, for which the helper stays until it is closed. */
  async open(path: string): Promise<ReadSource> {
    checkPath(path);
    this.context.requireRoot();
    const use = await this.#use();
    try {
      const { value } = await use.client.ask("open", [path]);
      return new HelpersFile(rooted(path), use, value);
    } catch (error) {
      use.release();
      throw error;
    }
  }

  async locate(path: string, options: WriteOptions): Promise<string> {
    return (await this.#look("locate", [checkPath(path), options])).value;
  }

  /** The draft is this process's; the helper makes one of its own, of the same content. */
  async publish(path: string, draft: Draft, options: WriteOptions): Promise<FileEffect> {
    return await this.#write(path, draft.pieces(), options);
  }

  async #write(
    path: string,
    content: Iterator<Uint8Array>,
    options: WriteOptions,
  ): Promise<FileEffect> {
    return await this.#change(`write ${path}`, "writeFile", [path, options], { content });
  }

  async #look<Name extends Verb>(
    verb: Name,
    given: Verbs[Name]["given"],
    exchange?: Exchange,
  ): ReturnType<typeof FileClient.prototype.ask<Name>> {
    this.context.requireRoot();
    const { client, release } = await this.#use();
    try {
      return await client.ask(verb, given, exchange);
    } finally {
      release();
    }
  }

  async #change<Name extends ChangingVerb>(
    purpose: string,
    verb: Name,
    given: Verbs[Name]["given"],
    exchange?: Exchange,
  ): Promise<FileEffect> {
    using _lock = await this.context.hold(purpose);
    return checkedEffect((await this.#look(verb, given, exchange)).value);
  }
}

/** A file that the helper has open. */
class HelpersFile implements ReadSource {
  readonly #path: string;
  readonly #use: HelperUse;
  readonly #file: number;
  /** The last read, which the next one waits for; never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(path: string, use: HelperUse, file: number) {
    this.#path = path;
    this.#use = use;
    this.#file = file;
  }

  read(size: number): Promise<Uint8Array | null> {
    const read = this.#last.then(() => this.#read(size));
    this.#last = read.catch(() => {});
    return read;
  }

  async #read(size: number): Promise<Uint8Array | null> {
    const pieces: Uint8Array[] = [];
    for (let rest = size; rest > 0;) {
      if (this.#closed) throw closedWhileRead(this.#path);
      const wanted = Math.min(rest, PIECE_BYTES);
      const { value, bytes } = await this.#use.client.ask("read", [this.#file, wanted]);
      if (!value) break;
      pieces.push(bytes);
      rest -= bytes.length;
      if (bytes.length < wanted) break;
    }
    return pieces.length === 0 ? null : joined(pieces);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A helper that is gone has closed it.
    this.#use.client.ask("close", [this.#file]).catch(() => {}).finally(() => this.#use.release());
  }
}

/** Text that is encoded a slice at a time gives more bytes than it has characters. */
function* inPieces(slices: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const slice of slices) {
    for (let at = 0; at < slice.length; at += PIECE_BYTES) {
      yield slice.subarray(at, at + PIECE_BYTES);
    }
  }
}

/** Says what is wrong with a path whatever is on disk. */
function checkPath(path: string): string {
  pathComponents(rooted(path));
  return path;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
