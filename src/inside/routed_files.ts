/**
 * The files of a workspace, worked on by whoever can do it safely: by this process while no sandboxed
 * command runs in the workspace, by a helper inside a sandbox while one does.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { ClosedError } from "../errors.ts";
import type { Sandbox } from "../exec/sandbox.ts";
import { DirectFiles } from "../files/direct_files.ts";
import type { FileContext } from "../files/context.ts";
import type { Draft } from "../files/draft.ts";
import type { Files } from "../files/files.ts";
import { OpenStreams } from "../files/open_streams.ts";
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
import { type DraftTarget, writeThrough } from "../files/write.ts";
import { readDirectory } from "../platform/fs.ts";
import { discardTree } from "../worktree/discard.ts";
import { isTemporaryName } from "../worktree/temporary_name.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { DirectCalls } from "./direct_calls.ts";
import { Helper } from "./helper.ts";
import { InsideFiles } from "./inside_files.ts";

/** What calls on files are made of. */
export interface RoutedFilesParts {
  readonly worktree: Worktree;
  readonly context: FileContext;
  /** Looks what commands are held by; `null`: nothing, so that no helper is safer than this process. */
  readonly detect: () => Promise<Sandbox | null>;
  /** Whether commands are trusted that this process has not put into a sandbox. */
  readonly trusting: boolean;
}

/** Decides for each call who does it. */
export class RoutedFiles implements Files, DraftTarget {
  readonly context: FileContext;
  readonly #worktree: Worktree;
  readonly #detect: () => Promise<Sandbox | null>;
  readonly #trusting: boolean;
  readonly #direct: DirectFiles;
  readonly #calls: DirectCalls;
  readonly #helper: Helper;
  readonly #streams = new OpenStreams();
  /** How many sandboxed commands of this process run in the workspace. */
  #commands = 0;
  #sandbox: Promise<Sandbox | null> | null = null;
  /** Whether a killed helper may have left something. */
  #sweepDue = true;

  constructor({ worktree, context, detect, trusting }: RoutedFilesParts) {
    const { layout } = worktree.base;
    this.context = context;
    this.#worktree = worktree;
    this.#detect = detect;
    this.#trusting = trusting;
    this.#direct = new DirectFiles(context);
    this.#calls = new DirectCalls({
      files: layout.filesLock(worktree.name),
      run: layout.commandLock(worktree.name),
    });
    this.#helper = new Helper(context, () => this.#sweepDue = true);
  }

  /**
   * Says that a sandboxed command is about to start, and waits for the calls of all processes that no
   * helper does. The command has ended when what is given is disposed of.
   *
   * @throws {BusyError} where others have the workspace for longer than they may.
   */
  async starting(purpose: string, signal?: AbortSignal): Promise<Disposable> {
    const { base } = this.#worktree;
    using held = new DisposableStack();
    held.use(await this.#worktree.holdCommand(purpose, signal));
    held.defer(() => this.#commands--);
    this.#commands++;
    // There is a sandbox, whatever was found before.
    this.#sandbox = null;
    await this.#calls.settled(purpose, base.settings.lockTimeout, signal);
    this.#worktree.requireOpen();
    held.use(this.#helper.keep());
    return held.move();
  }

  /** Ends the streams that are open; then the helper, if there is one, and what it was doing. */
  async close(why: string): Promise<void> {
    await this.#streams.end(new ClosedError(`Cannot use a stream: ${why}`));
    this.#calls[Symbol.dispose]();
    await this.#helper.close();
  }

  readBytes(path: string, ledTo?: (path: string) => void): Promise<Uint8Array> {
    return this.#look((files) => files.readBytes(path, ledTo));
  }

  writeFile(path: string, data: FileContent, options: WriteOptions = {}): Promise<FileEffect> {
    // A stream may take its time: commands can start and end meanwhile.
    if (data instanceof ReadableStream) return this.#writeStream(path, data, options);
    return this.#change((files) => files.writeFile(path, data, options));
  }

  exists(path?: string): Promise<boolean> {
    if (path === undefined) return this.#direct.exists();
    return this.#look((files) => files.exists(path));
  }

  stat(path: string): Promise<FileInfo> {
    return this.#look((files) => files.stat(path));
  }

  listDir(path?: string, options?: ListOptions): Promise<FileInfo[]> {
    return this.#look((files) => files.listDir(path, options));
  }

  copy(from: string, to: string): Promise<FileEffect> {
    return this.#change((files) => files.copy(from, to));
  }

  move(from: string, to: string): Promise<FileEffect> {
    return this.#change((files) => files.move(from, to));
  }

  delete(path: string, options?: DeleteOptions): Promise<FileEffect> {
    return this.#change((files) => files.delete(path, options));
  }

  mkdir(path: string): Promise<FileEffect> {
    return this.#change((files) => files.mkdir(path));
  }

  symlink(target: string, path: string): Promise<FileEffect> {
    return this.#change((files) => files.symlink(target, path));
  }

  readLink(path: string): Promise<string> {
    return this.#look((files) => files.readLink(path));
  }

  chmod(path: string, mode: number): Promise<FileEffect> {
    return this.#change((files) => files.chmod(path, mode));
  }

  async openStream(
    path: string,
    mode: StreamMode = "r",
    ended?: StreamEnded,
  ): Promise<FileStream> {
    const open = (path: string) => this.#look((files) => files.open(path));
    const stream = await openThrough(this, open, path, mode, ended);
    await this.#streams.add(stream);
    return stream;
  }

  /** Writes what a stream gives, which may never come to its end. */
  async #writeStream(
    path: string,
    data: ReadableStream<Uint8Array>,
    options: WriteOptions,
  ): Promise<FileEffect> {
    const stop = new AbortController();
    const taken = data.pipeThrough(new TransformStream(), { signal: stop.signal });
    const written = writeThrough(this, path, taken, options);
    const closed = written.then(() => {}, () => {});
    const end = (reason: Error) => (stop.abort(reason), closed);
    await this.#streams.add({ closed, end });
    return await written;
  }

  locate(path: string, options: WriteOptions): Promise<string> {
    return this.#look((files) => files.locate(path, options));
  }

  publish(path: string, draft: Draft, options: WriteOptions): Promise<FileEffect> {
    return this.#change((files) => files.publish(path, draft, options));
  }

  /** The content of a file, for who is looking at the files already: see {@linkcode Readers}. */
  readContent(path: string): Promise<Uint8Array> {
    return this.#route((files) => files.readBytes(path));
  }

  async #look<T>(call: (files: DirectFiles | InsideFiles) => Promise<T>): Promise<T> {
    const { readers } = this.#worktree;
    while (readers.barred !== null) await readers.barred;
    readers.begin();
    try {
      return await this.#route(call);
    } finally {
      readers.end();
    }
  }

  async #route<T>(call: (files: DirectFiles | InsideFiles) => Promise<T>): Promise<T> {
    this.#worktree.requireOpen();
    if (this.#commands === 0 && this.#calls.begin()) {
      try {
        return await call(this.#direct);
      } finally {
        this.#calls.end();
      }
    }
    const sandbox = await this.#findSandbox();
    if (sandbox === null) return await call(this.#direct);
    const use = () => Promise.try(() => this.#helper.use(sandbox));
    return await call(new InsideFiles(this.context, use));
  }

  async #findSandbox(): Promise<Sandbox | null> {
    if (this.#commands === 0 && this.#trusting) return null;
    return await (this.#sandbox ??= this.#detect());
  }

  /** Waits for the writer's lock by itself, so that it does not count as one who looks. */
  async #change<T>(call: (files: DirectFiles | InsideFiles) => Promise<T>): Promise<T> {
    const { readers } = this.#worktree;
    while (readers.barred !== null) await readers.barred;
    return await this.#route(async (files) => {
      if (this.#sweepDue && files === this.#direct) await this.#sweep();
      return await call(files);
    });
  }

  /** Removes what a helper left that was killed in the middle of a call; no command runs. */
  async #sweep(): Promise<void> {
    const { root } = this.context;
    // A helper that works has this lock held for it.
    using _lock = await this.context.hold("clear away what a helper left");
    this.#sweepDue = false;
    for (const { name } of readDirectory(root) ?? []) {
      if (isTemporaryName(name)) await discardTree(`${root}/${name}`);
    }
  }
}
