/**
 * A base directory that is open: its git store, and what all its workspaces share.
 *
 * @module
 */

import {
  ClosedError,
  FileNotFoundError,
  NotADirectoryError,
  PathError,
  StoreError,
} from "../errors.ts";
import { configValue, openRepository, type Repository } from "../git/repository.ts";
import { makeBareRepository } from "../git/bare_repository.ts";
import { RefStore, sweepDeadLocks } from "../git/refs.ts";
import { ObjectStore, sweepKeeps } from "../git/store.ts";
import { errorCode, isDenied, lstat, realPath, removeTree, stat } from "../platform/fs.ts";
import { acquireLock, LockFiles, type LockOptions } from "../platform/lock.ts";
import { isWorkspace } from "./admin.ts";
import { prepareDataDirectory } from "./data_directory.ts";
import { Journal } from "./journal.ts";
import { Layout } from "./layout.ts";
import { Session } from "./session.ts";
import { resolve } from "@std/path/posix";

/** The settings that the rooms below the front door use. */
export interface Settings {
  /** How long to wait for somebody else's lock, ms. */
  readonly lockTimeout: number;
  /** How many bytes of objects are kept in memory. */
  readonly cacheBytes: number;
  /** Patterns of paths that are ignored besides those that git ignores. */
  readonly exclude: readonly string[];
  /** `Name <email>` of commits; `null`: the repository's. */
  readonly author: string | null;
  /** Where the workspaces' files are; `null`: `.agentfs` in the base. */
  readonly dataDirectory: string | null;
  /** `own`: nothing is written to the base's repository. */
  readonly store: "auto" | "own";
}

/** A base directory, opened by this process. */
export class OpenBase implements AsyncDisposable {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly session: Session;
  readonly objects: ObjectStore;
  readonly refs: RefStore;
  readonly journal: Journal;
  /** The base's repository; `null` where the base is none. It need not be the store. */
  readonly repository: Repository | null;
  /** The repository around a base that is none itself. */
  readonly enclosing: { root: string; commonDirectory: string } | null;
  readonly #closing = new AbortController();
  readonly #writerLocks = new Map<string, LockFiles>();
  /** What is under way; each resolves at its end. */
  readonly #uses = new Set<Promise<void>>();

  private constructor(
    layout: Layout,
    settings: Settings,
    found: Pick<OpenBase, "repository" | "enclosing">,
  ) {
    this.layout = layout;
    this.settings = settings;
    this.repository = found.repository;
    this.enclosing = found.enclosing;
    this.session = Session.start(layout);
    this.journal = new Journal(layout, this.session);
    const temporary = { temporaryDirectory: layout.storeTemporary, session: this.session.id };
    this.objects = new ObjectStore(layout.objects, {
      ...temporary,
      cacheBytes: settings.cacheBytes,
      packsLock: layout.packsLock,
    });
    this.refs = new RefStore(layout.commonDirectory, {
      ...temporary,
      removeDeadLocks: () => this.#sweep(),
    });
  }

  /**
   * Opens the store of the base directory `path`, making it if need be.
   *
   * @throws {FileNotFoundError} where nothing is at `path`.
   * @throws {NotADirectoryError} where a file is.
   * @throws {StoreError} where the repository cannot be used.
   */
  static async open(path: string, settings: Settings): Promise<OpenBase> {
    try {
      return await OpenBase.#open(path, settings);
    } catch (error) {
      if (isDenied(error)) {
        throw new PathError(
          `Cannot open the base ${path}: ${(error as Error).message}`,
          path,
          { cause: error },
        );
      }
      const code = errorCode(error);
      if (code === null || !/^E[A-Z]+$/.test(code)) throw error;
      throw new StoreError(`Cannot open the base ${path}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  static async #open(path: string, settings: Settings): Promise<OpenBase> {
    const found = stat(path);
    if (found === null) {
      throw new FileNotFoundError(`Cannot open the base ${path}: nothing is there`, path);
    }
    if (!found.isDirectory) {
      throw new NotADirectoryError(`Cannot open the base ${path}: it is not a directory`, path);
    }
    const base = realPath(path) ?? path;
    const repository = whatItIs(base, settings);
    const wanted = resolve(settings.dataDirectory ?? `${base}/.agentfs`);
    prepareDataDirectory(wanted, base);
    const dataDirectory = realPath(wanted) ?? wanted;
    const own = settings.store === "own" || repository.kind === "none";
    const commonDirectory = own
      ? await ownStore(dataDirectory, settings.lockTimeout)
      : repository.commonDirectory;
    const layout = new Layout({ base, commonDirectory, dataDirectory });
    const opened = new OpenBase(layout, settings, {
      repository: repository.kind === "repository" ? repository : null,
      enclosing: repository.kind === "none" ? repository.enclosing : null,
    });
    opened.#sweep();
    return opened;
  }

  /** Whether the store is ours alone, and not the owner's repository. */
  get ownsStore(): boolean {
    return this.repository?.commonDirectory !== this.layout.commonDirectory;
  }

  /** The objects of the base's repository, where that is not the store; the caller closes them. */
  openOwnersObjects(): ObjectStore | null {
    const { repository, ownsStore, layout, session } = this;
    if (repository === null || !ownsStore) return null;
    return new ObjectStore(`${repository.commonDirectory}/objects`, {
      temporaryDirectory: layout.storeTemporary,
      session: session.id,
      cacheBytes: 0,
    });
  }

  /** A setting of the base's repository, such as `user.name`; `null` where it has none. */
  configValue(key: string): string | null {
    return this.repository && configValue(this.repository, key);
  }

  /** Takes the lock on a workspace's files and refs. */
  async lockWriter(workspace: string, purpose: string, signal?: AbortSignal): Promise<Disposable> {
    let files = this.#writerLocks.get(workspace);
    if (files === undefined) {
      files = new LockFiles(this.layout.writerLock(workspace));
      this.#writerLocks.set(workspace, files);
    }
    return await this.#lock(files, {
      exclusive: true,
      purpose,
      subject: `workspace "${workspace}"`,
      signal,
    });
  }

  /** Closes what {@linkcode OpenBase.lockWriter} keeps open for a workspace that is no longer used. */
  closeWriterLock(workspace: string): void {
    this.#writerLocks.get(workspace)?.[Symbol.dispose]();
    this.#writerLocks.delete(workspace);
  }

  /** Takes the lock that commands share; exclusive, it waits until none of them runs. */
  async lockCommands(
    workspace: string,
    purpose: string,
    options: { exclusive: boolean; signal?: AbortSignal | undefined },
  ): Promise<Disposable> {
    return await this.#lock(this.layout.commandLock(workspace), {
      ...options,
      purpose,
      subject: `workspace "${workspace}"`,
    });
  }

  /** Takes the lock on the set of workspaces. */
  async lockRegistry(purpose: string, signal?: AbortSignal): Promise<Disposable> {
    return await this.#lock(this.layout.registryLock, {
      exclusive: true,
      purpose,
      subject: "the list of workspaces",
      signal,
    });
  }

  /** Takes the lock of whoever takes packs away. */
  async lockPacks(purpose: string, signal?: AbortSignal): Promise<Disposable> {
    return await this.#lock(this.layout.packsLock, {
      exclusive: true,
      purpose,
      subject: "the store's packs",
      signal,
    });
  }

  /** Takes a lock, which is a use of the base; to close the base ends the waiting. */
  async #lock(
    lock: string | LockFiles,
    wanted: Omit<LockOptions, "timeout">,
  ): Promise<Disposable> {
    using held = new DisposableStack();
    held.use(this.use());
    const closing = this.#closing.signal;
    const signal = wanted.signal ? AbortSignal.any([wanted.signal, closing]) : closing;
    const options = { ...wanted, signal, timeout: this.settings.lockTimeout };
    held.use(
      await (lock instanceof LockFiles ? lock.acquire(options) : acquireLock(lock, options)),
    );
    return held.move();
  }

  /**
   * Keeps the base open until it is disposed of.
   *
   * @throws {ClosedError} once the base is being closed.
   */
  use(): Disposable {
    this.requireOpen();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#uses.add(promise);
    return {
      [Symbol.dispose]: () => {
        this.#uses.delete(promise);
        resolve();
      },
    };
  }

  /** @throws {ClosedError} once the base is being closed. */
  requireOpen(): void {
    this.#closing.signal.throwIfAborted();
  }

  /** Lets nobody begin anything any more. */
  beginClosing(): void {
    this.#closing.abort(
      new ClosedError(
        `Cannot use the base ${this.layout.base}: this AgentFS is closed; make a new one`,
      ),
    );
  }

  /** Waits for the end of what is under way. */
  async settled(): Promise<void> {
    while (this.#uses.size > 0) await Promise.all(this.#uses);
  }

  /** Clears away what killed processes left: temporary files, git locks, held packs. */
  #sweep(): void {
    using hold = new DisposableStack();
    const dead = this.session.deadSessions(hold);
    sweepDeadLocks(this.layout.commonDirectory, this.session.leftovers(dead));
    sweepKeeps(this.layout.objects, (id) => dead.has(id) || !this.session.isAlive(id));
    for (const id of dead) this.session.sweep(id);
  }

  /** Closes the store and ends the session. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const files of this.#writerLocks.values()) files[Symbol.dispose]();
    this.objects[Symbol.dispose]();
    this.session[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** What the base is to git; with a store of our own, a repository that we could not use is none. */
function whatItIs(base: string, settings: Settings): ReturnType<typeof openRepository> {
  try {
    const found = openRepository(base);
    const gitDirectory = found.kind === "repository"
      ? found.gitDirectory
      : found.enclosing?.gitDirectory;
    if (gitDirectory === undefined || !isWorkspace(gitDirectory)) return found;
    throw new PathError(
      `Cannot open the base ${base}: it is a workspace or inside one; ` +
        "open the project that the workspace was made from",
      base,
    );
  } catch (error) {
    if (settings.store === "own" && error instanceof StoreError) {
      return { kind: "none", enclosing: null };
    }
    throw error;
  }
}

/** The store of a base that has no repository of its own; made on first use. */
async function ownStore(dataDirectory: string, timeout: number): Promise<string> {
  const path = `${dataDirectory}/store.git`;
  if (lstat(`${path}/HEAD`) !== null) return path;
  using _ = await acquireLock(`${dataDirectory}/store.lock`, {
    exclusive: true,
    purpose: "making the store",
    subject: "the store",
    timeout,
  });
  if (lstat(`${path}/HEAD`) !== null) return path;
  // Git writes HEAD last, so what is here without it is what a killed process left.
  removeTree(path);
  makeBareRepository(path);
  return path;
}
