/**
 * The repository that sandboxed commands see in the place of the workspace's own git directory: whole in
 * itself, but for the objects of the store, which it borrows. They may write all of it, and it lives on
 * from command to command. Nothing in it is ever believed, and git never runs on it outside a sandbox.
 *
 * @module
 */

import { alternateDirectories } from "../git/alternates.ts";
import { makeOwnedDirectory, ownerOf } from "../git/owner.ts";
import { OPERATION_FILES } from "../git/repository.ts";
import { randomId } from "../names.ts";
import { writeAtomic } from "../platform/atomic.ts";
import {
  errorCode,
  type FileStat,
  makeDirectory,
  readFile,
  readTextFile,
  realPath,
  rename,
} from "../platform/fs.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { authorSignature } from "../registry/signature.ts";
import { discardTree } from "../worktree/discard.ts";
import type { HostFacts } from "../worktree/inside_note.ts";
import type { Worktree } from "../worktree/worktree.ts";
import { HostileDirectory } from "./hostile_directory.ts";
import { excludeText } from "./host_facts.ts";
import { mergePackedRefs, ownersRefs } from "./owners_refs.ts";
import { look, stamp } from "./stamp.ts";

/** What an unfinished operation leaves besides what it is known by. */
const OPERATION_REMAINS = ["AUTO_MERGE", "MERGE_MODE", "MERGE_MSG", "MERGE_RR", "sequencer"];

const ALTERNATES = "objects/info/alternates";

/** More refs than this in one file are no agent's work. */
const PACKED_REFS_BYTES = 64 << 20;

const INDEX_BYTES = 256 << 20;

/** The private repository of one workspace. */
export class PrivateRepository {
  readonly path: string;
  readonly #worktree: Worktree;
  readonly #files: HostileDirectory;
  readonly #branch: string;
  /** What this process has written into the list of alternates. */
  #lent: { readonly text: string; readonly stamp: string } | null = null;

  /** Looks at nothing yet. */
  constructor(worktree: Worktree) {
    const { base, name } = worktree;
    this.path = base.layout.privateRepository(name);
    this.#worktree = worktree;
    this.#files = new HostileDirectory(this.path, () => base.session.storeTemporary());
    this.#branch = refNames.branch(name);
  }

  /** What tells whether a commit was made in it, or HEAD moved. */
  marks(): string {
    return ["HEAD", "packed-refs", this.#branch, "logs/HEAD"]
      .map((file) => stamp(`${this.path}/${file}`)).join(" ");
  }

  /** What tells whether its index was written. */
  indexMark(): string {
    return stamp(`${this.path}/index`);
  }

  /** The bytes of its index; `null` where it has none that could be one. No command runs. */
  readIndex(): Uint8Array | null {
    return this.#files.read("index", INDEX_BYTES);
  }

  /** Whether git would take it for a repository, and could not be kept waiting by what it reads first. */
  isSound(): boolean {
    const at = (name: string): FileStat | null => look(`${this.path}/${name}`);
    const isFile = (stat: FileStat | null): boolean =>
      stat?.isFile === true && (stat.mode & 0o600) === 0o600;
    const isDirectory = (stat: FileStat | null): boolean =>
      stat?.isDirectory === true && (stat.mode & 0o700) === 0o700;
    return isDirectory(look(this.path)) &&
      ["objects", "refs"].every((name) => isDirectory(at(name))) &&
      ["HEAD", "config"].every((name) => isFile(at(name))) &&
      ["index", "packed-refs", "shallow", this.#branch]
        .map(at).every((stat) => stat === null || isFile(stat));
  }

  /** Makes it anew; what is there goes. */
  async make(): Promise<void> {
    const { base, name } = this.#worktree;
    const directory = base.layout.inside(name);
    const draft = base.session.storeTemporary();
    for (const inner of ["info", "objects/info", "objects/pack", "refs/heads", "refs/tags"]) {
      makeDirectory(`${draft}/${inner}`);
    }
    const files = new HostileDirectory(draft, () => base.session.storeTemporary());
    files.write("config", this.#config());
    files.write("HEAD", `ref: ${this.#branch}\n`);
    files.write(ALTERNATES, this.#alternates());
    makeOwnedDirectory(ownerOf(base.layout.commonDirectory), directory);
    if (look(this.path) !== null) {
      // Another user's can be moved where it is, and not be removed.
      const damaged = `${this.path}-${randomId(8)}`;
      rename(this.path, damaged);
      await discardTree(damaged);
    }
    rename(draft, this.path);
  }

  /** Brings what has `changed` on the host into it. No command runs. */
  async update(facts: HostFacts, changed: ReadonlySet<keyof HostFacts>): Promise<void> {
    try {
      this.#update(facts, changed);
    } catch (error) {
      // Made unwritable by a command, or by another user.
      if (errorCode(error) === null) throw error;
      await this.make();
      this.#update(facts, new Set(Object.keys(facts) as (keyof HostFacts)[]));
    }
  }

  #update(facts: HostFacts, changed: ReadonlySet<keyof HostFacts>): void {
    const { layout } = this.#worktree.base;
    if (changed.has("refs")) this.#updateRefs();
    if (changed.has("shallow")) this.#copy(`${layout.commonDirectory}/shallow`, "shallow");
    if (changed.has("exclude")) this.#files.write("info/exclude", excludeText(this.#worktree));
    if (changed.has("branch") && facts.branch !== null) {
      this.#files.write(this.#branch, `${facts.branch}\n`);
    }
    if (changed.has("head") && facts.head !== "") this.#files.write("HEAD", facts.head);
    if (changed.has("branch") || changed.has("head") || changed.has("index")) {
      for (const file of [...OPERATION_FILES, ...OPERATION_REMAINS]) this.#files.remove(file);
      this.#copy(`${this.#worktree.gitDirectory}/index`, "index");
    }
  }

  /**
   * Lends it the store's objects, which a command may have taken from it, and removes the locks of a git
   * that was killed. No command runs. Says whether that could be done.
   */
  care(): boolean {
    try {
      for (const lock of this.#locks()) {
        if (look(`${this.path}/${lock}`) !== null) this.#files.remove(lock);
      }
      const text = this.#alternates();
      if (this.#lent?.text !== text || this.#lent.stamp !== stamp(this.#alternatesFile)) {
        this.#files.write(ALTERNATES, text);
        this.#lent = { text, stamp: stamp(this.#alternatesFile) };
      }
      return true;
    } catch (error) {
      if (errorCode(error) === null) throw error;
      return false;
    }
  }

  #locks(): string[] {
    return ["HEAD", "index", "config", "packed-refs", this.#branch].map((file) => `${file}.lock`);
  }

  get #alternatesFile(): string {
    return `${this.path}/${ALTERNATES}`;
  }

  /** All of them at once: git does not follow alternates of alternates for ever. */
  #alternates(): string {
    return this.objectDirectories().map(({ path }) => `${quoted(path)}\n`).join("");
  }

  /** The directories that the store's objects are in: where git looks, and what is really there. */
  objectDirectories(): { path: string; source: string }[] {
    const { objects } = this.#worktree.base.layout;
    return [
      { path: objects, source: realPath(objects) ?? objects },
      ...alternateDirectories(objects).map((path) => ({ path, source: path })),
    ];
  }

  #updateRefs(): void {
    const { base, name } = this.#worktree;
    const given = base.layout.insideRefs(name);
    const before = readTextFile(given) ?? "";
    const now = ownersRefs(base.refs);
    if (now === null) return;
    const current = this.#files.read("packed-refs", PACKED_REFS_BYTES);
    const text = new TextDecoder().decode(current ?? new Uint8Array());
    const merged = mergePackedRefs(text, before, now);
    const note = (refs: string): void => {
      const temporary = base.session.storeTemporary();
      writeAtomic(given, new TextEncoder().encode(refs), { temporary, durable: false });
    };
    // Both while it changes: what is in neither is the agent's, also after a kill.
    if (now !== before) note(before + now);
    if (merged !== text) this.#files.write("packed-refs", merged);
    if (now !== before) note(now);
  }

  #copy(file: string, name: string): void {
    const bytes = readFile(file);
    if (bytes === null) this.#files.remove(name);
    else this.#files.write(name, bytes);
  }

  /**
   * Of the owner's own configuration only who commits, for addresses may hold credentials; and that
   * objects may be missing, where the owner's is a partial clone.
   */
  #config(): string {
    const { base } = this.#worktree;
    const { name, email } = authorSignature(base, undefined);
    return [
      "[core]",
      "\trepositoryformatversion = 0",
      "\tfilemode = true",
      "\tbare = false",
      "\tlogallrefupdates = true",
      ...promisors(base).flatMap((remote) => [`[remote ${quoted(remote)}]`, "\tpromisor = true"]),
      "[gc]",
      "\tauto = 0",
      "[user]",
      `\tname = ${quoted(name)}`,
      `\temail = ${quoted(email)}`,
      "",
    ].join("\n");
  }
}

/** The remotes that a partial clone has its missing objects from. */
function promisors({ ownsStore, repository }: OpenBase): string[] {
  if (ownsStore || repository === null) return [];
  const { config } = repository;
  const extension = config.get("extensions.partialClone");
  const remotes = config.keys().flatMap((key) => {
    const name = /^remote\.(.+)\.promisor$/s.exec(key)?.[1];
    return name !== undefined && config.getBoolean(key) === true ? [name] : [];
  });
  return [...new Set(extension === null ? remotes : [...remotes, extension])];
}

/** In quotes, as configuration and alternates both have it. */
function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
