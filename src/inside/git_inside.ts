/**
 * Git for the commands of a sandbox. They see the workspace's `.git` file and the store's objects, both
 * read-only, and a repository of their own where the file leads. Before a command the host's commits are
 * brought into that repository; after it, the commits that it made are brought to the host.
 *
 * @module
 */

import type { Skipped } from "../changes.ts";
import { SandboxError } from "../errors.ts";
import type { Inside } from "../exec/host.ts";
import type { Mount, Sandbox } from "../exec/sandbox.ts";
import { attemptStore, isRefusal, messageOf } from "../platform/failure.ts";
import { lstat, removeFile } from "../platform/fs.ts";
import { acquireLock, acquireLockSoon, type HeldLock, tryAcquireLock } from "../platform/lock.ts";
import { holdsFiles } from "../registry/admin.ts";
import { readInsideNote, writeInsideNote } from "../worktree/inside_note.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { changedFacts, hostFacts } from "./host_facts.ts";
import { followIndex } from "./follow_index.ts";
import { PrivateRepository } from "./private_repository.ts";
import { Postponed, Refused } from "./refused.ts";
import { takeOver } from "./take_over.ts";

/** A `.git` file of ours is far shorter. */
const GIT_FILE_BYTES = 1 << 16;

/** Git inside one workspace. */
export class GitInside {
  readonly #worktree: Worktree;
  readonly #sandbox: () => Promise<Sandbox>;
  readonly #repository: PrivateRepository;
  #lastTurn: Promise<unknown> = Promise.resolve();

  /** `sandbox` holds the git that looks into the private repository. */
  constructor(worktree: Worktree, sandbox: () => Promise<Sandbox>) {
    this.#worktree = worktree;
    this.#sandbox = sandbox;
    this.#repository = new PrivateRepository(worktree);
  }

  /**
   * Readies git for a command that is about to start. The caller has said that a command runs.
   *
   * @throws {SandboxError} where the workspace's `.git` is nothing that a sandbox can be given.
   */
  async enter(): Promise<Inside> {
    await attemptStore("ready git for a command", () => this.#prepare());
    const running = await this.#lock(false);
    try {
      const mounts = [...this.#gitFile(), ...this.#repositoryMounts(true)];
      return { mounts, leave: (limit) => this.#leave(running, limit) };
    } catch (error) {
      running[Symbol.dispose]();
      throw error;
    }
  }

  /** Brings both sides together, unless a command runs for which nothing may move. */
  async #prepare(): Promise<void> {
    using alone = await this.#whileMissing() ?? await this.#tryAlone();
    if (alone === null) return;
    await this.#repairGitFile();
    await this.#bringTogether();
  }

  /** The lock, if there is no repository; `null` once another command has made it, which may then run for hours. */
  async #whileMissing(): Promise<HeldLock | null> {
    const { base, name } = this.#worktree;
    const deadline = performance.now() + base.settings.lockTimeout;
    while (lstat(this.#repository.path) === null) {
      if (performance.now() >= deadline) return await this.#lock(true, 0);
      const alone = await acquireLockSoon(base.layout.insideLock(name), "making git inside");
      if (alone !== null) return alone;
    }
    return null;
  }

  /** The lock, if no other command runs; where there is nothing to do, without waiting to find out. */
  async #tryAlone(): Promise<HeldLock | null> {
    const { base, name } = this.#worktree;
    const [path, purpose] = [base.layout.insideLock(name), "readying git inside"];
    return tryAcquireLock(path, purpose) ??
      (this.#isBehind() ? await acquireLockSoon(path, purpose) : null);
  }

  /** Whether the host's side has moved on since both were brought together. */
  #isBehind(): boolean {
    const { base, name } = this.#worktree;
    const note = readInsideNote(base, name);
    return note === null ||
      changedFacts(hostFacts(this.#worktree, note.host), note.host).size > 0;
  }

  async #lock(
    exclusive: boolean,
    timeout = this.#worktree.base.settings.lockTimeout,
  ): Promise<HeldLock> {
    const { base, name } = this.#worktree;
    return await acquireLock(base.layout.insideLock(name), {
      exclusive,
      purpose: "running a command with git inside",
      subject: `workspace "${name}"`,
      timeout,
    });
  }

  /** Makes the `.git` file right, where nothing of somebody else's is in its place. */
  async #repairGitFile(): Promise<void> {
    const { base, name, directory, gitDirectory } = this.#worktree;
    const path = `${directory}/.git`;
    const stat = lstat(path);
    // What else it may be, is told where it is to be mounted.
    if (stat !== null && !stat.isFile && !stat.isDirectory) return;
    if (stat?.isFile && stat.size > GIT_FILE_BYTES) removeFile(path);
    const isRight = stat?.isDirectory || holdsFiles(base, name, directory);
    if (!isRight || lstat(`${gitDirectory}/HEAD`) === null) {
      await this.#worktree.repair();
    }
  }

  /** Nobody can change it: it is mounted so in every sandbox, or nobody has begun. */
  #gitFile(): Mount[] {
    const { directory, name } = this.#worktree;
    const path = `${directory}/.git`;
    const stat = lstat(path);
    if (stat?.isFile) return [{ path, writable: false }];
    if (stat?.isDirectory) return [];
    throw new SandboxError(
      `Cannot run a command in a sandbox in workspace "${name}": its .git ` +
        (stat === null
          ? "file is gone while another command runs; wait for that command, or end it"
          : "is not the file that leads to its git directory; remove it, and it is made again"),
    );
  }

  #repositoryMounts(writable: boolean): Mount[] {
    const { path: source } = this.#repository;
    return [
      ...this.#repository.objectDirectories().map((mount) => ({ ...mount, writable: false })),
      { path: this.#worktree.gitDirectory, source, writable },
    ];
  }

  /** Brings what is new inside to the host, then the host's state inside. No command runs. */
  async #bringTogether(): Promise<void> {
    const repository = this.#repository;
    const { base, name } = this.#worktree;
    const isSound = repository.isSound() && repository.care();
    if (!isSound) await repository.make();
    let note = isSound ? readInsideNote(base, name) : null;
    if (note !== null && note.marks !== repository.marks()) {
      await this.#takeOver(true);
      note = readInsideNote(base, name);
    }
    if (note !== null && note.index !== repository.indexMark()) {
      await followIndex(this.#worktree, repository);
      note = readInsideNote(base, name);
    }
    const facts = hostFacts(this.#worktree, note?.host ?? null);
    const changed = changedFacts(facts, note?.host ?? null);
    if (note !== null && changed.size === 0) return;
    await repository.update(facts, changed);
    writeInsideNote(base, name, {
      host: facts,
      marks: repository.marks(),
      index: repository.indexMark(),
      elsewhere: note === null || changed.has("head") ? null : note.elsewhere,
    });
  }

  async #leave(running: HeldLock, limit?: number): Promise<Skipped[]> {
    const { base, name } = this.#worktree;
    const repository = this.#repository;
    running[Symbol.dispose]();
    const note = readInsideNote(base, name);
    const skipped = note?.marks === repository.marks() ? [] : await this.#takeOver(false, limit);
    if (note?.index === repository.indexMark()) return skipped;
    // While another command runs its index may change; the last one to end looks at it.
    const purpose = "looking at the index inside";
    using alone = await acquireLockSoon(base.layout.insideLock(name), purpose);
    if (alone !== null) await followIndex(this.#worktree, repository);
    return skipped;
  }

  /** One at a time: commands that end together would only make each other begin again. */
  async #takeOver(alone: boolean, limit?: number): Promise<Skipped[]> {
    const turn = this.#lastTurn.then(() => this.#takeOverNow(alone, limit));
    this.#lastTurn = turn.catch(() => {});
    return await turn;
  }

  async #takeOverNow(alone: boolean, limit: number | undefined): Promise<Skipped[]> {
    const worktree = this.#worktree;
    const repository = this.#repository;
    const { base, name } = worktree;
    try {
      const refs = base.layout.insideRefs(name);
      const mounts = [
        ...this.#repositoryMounts(false),
        ...(lstat(refs) === null ? [] : [{ path: refs, writable: false }]),
      ];
      const sandbox = await this.#sandbox();
      await takeOver({ worktree, repository, sandbox, mounts, alone, limit });
      return [];
    } catch (error) {
      if (error instanceof Postponed) return [];
      if (!(error instanceof Refused) && !isRefusal(error)) throw error;
      return [{
        path: "/.git",
        reason: `what was committed inside was not taken over: ${messageOf(error)}`,
      }];
    }
  }
}
