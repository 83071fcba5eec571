/**
 * A base directory that is open: its git store, and what all its workspaces share.
 *
 * @module
 */

import { FileNotFoundError, NotADirectoryError, PathError, StoreError } from "../errors.ts";
import { configValue, openRepository, type Repository } from "../git/repository.ts";
import { makeBareRepository } from "../git/bare_repository.ts";
import { RefStore, sweepDeadLocks } from "../git/refs.ts";
import { ObjectStore, sweepKeeps } from "../git/store.ts";
import { writeTextAtomic } from "../platform/atomic.ts";
import {
  chmod,
  errorCode,
  isDenied,
  lstat,
  makeDirectory,
  readTextFile,
  realPath,
  removeTree,
  stat,
} from "../platform/fs.ts";
import { acquireLock, type HeldLock } from "../platform/lock.ts";
import { Journal } from "./journal.ts";
import { Layout } from "./layout.ts";
import { Session } from "./session.ts";

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
    });
    this.refs = new RefStore(layout.commonDirectory, temporary);
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
    const dataDirectory = settings.dataDirectory ?? `${base}/.agentfs`;
    prepareDataDirectory(dataDirectory, base);
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

  /** A setting of the base's repository, such as `user.name`; `null` where it has none. */
  configValue(key: string): string | null {
    return this.repository && configValue(this.repository, key);
  }

  /** Takes the lock on a workspace's files and refs. */
  async lockWriter(workspace: string, purpose: string, signal?: AbortSignal): Promise<HeldLock> {
    return await acquireLock(this.layout.writerLock(workspace), {
      exclusive: true,
      purpose,
      subject: `workspace "${workspace}"`,
      timeout: this.settings.lockTimeout,
      signal,
    });
  }

  /** Takes the lock that commands share; exclusive, it waits until none of them runs. */
  async lockCommands(
    workspace: string,
    purpose: string,
    options: { exclusive: boolean; signal?: AbortSignal | undefined },
  ): Promise<HeldLock> {
    return await acquireLock(this.layout.commandLock(workspace), {
      exclusive: options.exclusive,
      purpose,
      subject: `workspace "${workspace}"`,
      timeout: this.settings.lockTimeout,
      signal: options.signal,
    });
  }

  /** Takes the lock on the set of workspaces. */
  async lockRegistry(purpose: string): Promise<HeldLock> {
    return await acquireLock(this.layout.registryLock, {
      exclusive: true,
      purpose,
      subject: "the list of workspaces",
      timeout: this.settings.lockTimeout,
    });
  }

  /** Clears away what killed processes left: temporary files, git locks, held packs. */
  #sweep(): void {
    const dead = this.session.deadSessions();
    if (dead.size === 0) return;
    sweepDeadLocks(this.layout.commonDirectory, this.session.leftovers(dead));
    sweepKeeps(this.layout.objects, (session) => dead.has(session));
    this.session.sweep(dead);
  }

  /** Closes the store and ends the session. */
  [Symbol.asyncDispose](): Promise<void> {
    this.objects[Symbol.dispose]();
    this.session[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** What the base is to git; with a store of our own, a repository that we could not use is none. */
function whatItIs(base: string, settings: Settings): ReturnType<typeof openRepository> {
  try {
    const found = openRepository(base);
    if (found.kind === "repository" && /\/worktrees\/agentfs-[^/]+$/.test(found.gitDirectory)) {
      throw new PathError(
        `Cannot open the base ${base}: it is a workspace itself; open the project it was made from`,
        base,
      );
    }
    return found;
  } catch (error) {
    if (settings.store === "own" && error instanceof StoreError) {
      return { kind: "none", enclosing: null };
    }
    throw error;
  }
}

/** Makes the directory that holds the workspaces' files, for this user only and ignored by git. */
function prepareDataDirectory(path: string, base: string): void {
  if (lstat(path)?.isDirectory !== true) makeDirectory(path, 0o700);
  if (((lstat(path)?.mode ?? 0) & 0o777) !== 0o700) chmod(path, 0o700);
  const marker = `${path}/base`;
  const owner = readTextFile(marker);
  if (owner !== null && owner !== base && stat(owner) !== null && realPath(owner) === owner) {
    // A copy of a base has a copy of its marker, which is not worth an error.
    if (path !== `${base}/.agentfs`) {
      throw new StoreError(
        `Cannot use ${path} for the base ${base}: it belongs to the base ${owner}; ` +
          "give each base a dataDir of its own",
      );
    }
  }
  const temporary = `${path}/base.new`;
  if (readTextFile(`${path}/.gitignore`) !== "*\n") {
    removeTree(temporary);
    writeTextAtomic(`${path}/.gitignore`, "*\n", { temporary, durable: false });
  }
  if (owner === base) return;
  removeTree(temporary);
  writeTextAtomic(marker, base, { temporary, durable: false });
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
