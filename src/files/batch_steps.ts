/**
 * Carries out the operations of a batch, in steps that can be taken back. Each does what the file
 * method of its name does.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import { DirectoryNotEmptyError, FileExistsError, PathError } from "../errors.ts";
import {
  chmod,
  chown,
  errorCode,
  type FileStat,
  lstat,
  OpenFile,
  readDirectory,
} from "../platform/fs.ts";
import type { Place } from "../worktree/beneath.ts";
import { attempt, cannot, pathFailure } from "../worktree/path_failure.ts";
import { type BatchEffect, entriesBelow } from "./batch_effect.ts";
import { copyRest } from "./content.ts";
import { type FileContext, isTaken, locate, locateTaken, type TakenPlace } from "./context.ts";
import { copyTree, duplicateLink, requireApart } from "./copy.ts";
import { effectAt, type Identity, identityAt, NO_CONTENT } from "./effect.ts";
import { checkDirectories, isSameFile } from "./move.ts";
import { openPlace, requireFile } from "./open.ts";
import { IS_NOT_EMPTY, IS_WORKSPACE } from "./remove.ts";
import type { Drafts } from "./drafts.ts";
import type { BatchOperation } from "./types.ts";
import type { Step, UndoLog } from "./undo_log.ts";
import { locateFile, requireName } from "./write.ts";

/** The content of a write, which is in a file already. */
export interface WrittenContent {
  readonly path: string;
  readonly identity: Identity;
}

type Operation<Type extends BatchOperation["type"]> = Extract<BatchOperation, { type: Type }>;

/** A batch that is being carried out, by who has the workspace alone. */
export class BatchSteps {
  readonly #context: FileContext;
  readonly #log: UndoLog;
  readonly #drafts: Drafts;

  constructor(context: FileContext, log: UndoLog, drafts: Drafts) {
    this.#context = context;
    this.#log = log;
    this.#drafts = drafts;
  }

  /** Does one operation; `content` is that of a write. */
  async do(operation: BatchOperation, content: WrittenContent | null): Promise<BatchEffect> {
    return { type: operation.type, ...await this.#effectOf(operation, content) };
  }

  #effectOf(operation: BatchOperation, content: WrittenContent | null): Promise<FileEffect> {
    switch (operation.type) {
      case "write":
        return this.#write(operation, content!);
      case "delete":
        return this.#delete(operation);
      case "copy":
        return this.#copy(operation.from, operation.to);
      case "move":
        return this.#move(operation.from, operation.to);
      case "mkdir":
        return Promise.try(() => this.#mkdir(operation.path));
    }
  }

  async #write(
    { path, append = false, mode }: Operation<"write">,
    content: WrittenContent,
  ): Promise<FileEffect> {
    const place = locateFile(this.#context, path);
    const before = await identityAt(this.#context, place);
    let { path: draft, identity: after } = content;
    if (append && isTaken(place)) {
      draft = await this.#appended(place, draft);
      after = await identityAt(this.#context, { path: draft, stat: lstat(draft) });
    }
    this.#putFile(place, draft, mode);
    return effectAt(place, before, after);
  }

  /** Makes a draft of what is at `place`, and then of what is in the file `added`. */
  async #appended(place: TakenPlace, added: string): Promise<string> {
    using old = openPlace(this.#context, place);
    const draft = this.#drafts.add();
    using whole = attempt("write", place.asked, () => newFile(draft));
    await copyRest(place.asked, old, whole);
    using more = attempt("read", place.asked, () => new OpenFile(added));
    await copyRest(place.asked, more, whole);
    return draft;
  }

  async #delete({ path, recursive = false }: Operation<"delete">): Promise<FileEffect> {
    const place = locateTaken(this.#context, "delete", path, { follow: false });
    const { asked, inside, stat } = place;
    if (inside === "/") throw new PathError(cannot("delete", asked, IS_WORKSPACE), asked);
    const effect = effectAt(place, await identityAt(this.#context, place), NO_CONTENT);
    if (!stat.isDirectory || !recursive) {
      this.#do("delete", place, this.#removing("delete", place, IS_NOT_EMPTY));
      return stat.isDirectory ? { ...effect, entries: 0 } : effect;
    }
    const entries = await this.#entriesBelow(place.path);
    this.#do("delete", place, [this.#log.takingAway(place.path)]);
    return { ...effect, ...entries };
  }

  async #copy(from: string, to: string): Promise<FileEffect> {
    const source = locateTaken(this.#context, "copy", from, { follow: false });
    if (source.stat.isDirectory) return await this.#copyDirectory(source, to);
    const draft = this.#drafts.add();
    using file = source.stat.isSymlink ? null : openPlace(this.#context, source);
    const target = file === null
      ? locate(this.#context, to, { follow: false })
      : locateFile(this.#context, to);
    requireFile("copy to", target);
    requireName("copy to", target);
    if (file === null) attempt("copy", source.asked, () => duplicateLink(source.path, draft));
    else {
      using copied = attempt("write", target.asked, () => newFile(draft));
      await copyRest(target.asked, file, copied);
    }
    const before = await identityAt(this.#context, target);
    const after = await identityAt(this.#context, source);
    const mode = source.stat.mode & 0o7777;
    if (file === null) this.#put("copy to", target, draft);
    else this.#putFile(target, draft, mode);
    return effectAt(target, before, after, source);
  }

  async #copyDirectory(source: TakenPlace, to: string): Promise<FileEffect> {
    const target = locate(this.#context, to, { follow: false });
    requireApart(source, target);
    const draft = this.#drafts.add();
    await copyTree(this.#context, source.path, draft, source.inside);
    const mode = source.stat.mode & 0o7777;
    // Only a directory that its owner may write can be moved.
    const movable = mode | 0o700;
    attempt("copy to", target.asked, () => chmod(draft, movable));
    this.#put("copy to", target, draft);
    if (movable !== mode) this.#do("copy to", target, [["chmod", target.path, movable, mode]]);
    const entries = await this.#entriesBelow(target.path);
    return { ...effectAt(target, NO_CONTENT, NO_CONTENT, source), ...entries };
  }

  async #move(from: string, to: string): Promise<FileEffect> {
    const source = locateTaken(this.#context, "move", from, { follow: false });
    const target = locate(this.#context, to, { follow: false });
    const after = await identityAt(this.#context, source);
    if (source.path === target.path) return effectAt(target, after, after, source);
    checkDirectories(source, target);
    const before = await identityAt(this.#context, target);
    // rename(2) does nothing between two names of one file.
    if (isSameFile(source, target)) {
      this.#do("move to", target, [this.#log.takingAway(source.path)]);
    } else {
      const move = ["move", source.path, target.path] as const;
      this.#do("move to", target, [...this.#makingPlace("move to", target), move]);
    }
    return effectAt(target, before, after, source);
  }

  #mkdir(path: string): FileEffect {
    const place = locate(this.#context, path, { follow: true });
    const effect = effectAt(place, NO_CONTENT, NO_CONTENT);
    if (place.stat?.isDirectory) return effect;
    if (isTaken(place) || isTaken(locate(this.#context, path, { follow: false }))) {
      const rule = "something else is there already";
      throw new FileExistsError(cannot("make the directory", place.asked, rule), place.asked);
    }
    this.#do("make the directory", place, [...makingParents(place), ["mkdir", place.path]]);
    return effect;
  }

  /** Puts a file in its place, with the mode and the owner of the one that it replaces. */
  #putFile(place: Place, draft: string, mode: number | undefined): void {
    attempt("write", place.asked, () => dress(draft, place, mode));
    this.#put("write", place, draft);
  }

  /** Puts a draft in its place. */
  #put(action: string, place: Place, draft: string): void {
    this.#do(action, place, this.#makingPlace(action, place));
    this.#do(action, place, [["put", draft, place.path]]);
    this.#drafts.isPut(draft);
  }

  /** The steps after which nothing is at a place, and a directory above it. */
  #makingPlace(action: string, place: Place): Step[] {
    const removing = isTaken(place)
      ? this.#removing(action, place, "the directory is not empty")
      : [];
    return [...makingParents(place), ...removing];
  }

  /** The steps that take away a file, a link or an empty directory; `rule` is against any other. */
  #removing(action: string, { asked, path, stat }: TakenPlace, rule: string): Step[] {
    const takingAway = this.#log.takingAway(path);
    if (!stat.isDirectory) return [takingAway];
    if (attempt(action, asked, () => readDirectory(path))?.length !== 0) {
      throw new DirectoryNotEmptyError(cannot(action, asked, rule), asked);
    }
    const mode = stat.mode & 0o7777;
    const movable = mode | 0o700;
    return movable === mode ? [takingAway] : [["chmod", path, mode, movable], takingAway];
  }

  #do(action: string, { asked }: Place, steps: readonly Step[]): void {
    try {
      this.#log.do(steps);
    } catch (error) {
      throw pathFailure(action, asked, error);
    }
  }

  async #entriesBelow(directory: string): Promise<Pick<FileEffect, "entries">> {
    return this.#context.identify ? { entries: await entriesBelow(directory) } : {};
  }
}

function newFile(path: string): OpenFile {
  return new OpenFile(path, { write: true, createNew: true });
}

function makingParents({ missing }: Place): Step[] {
  return missing.map((directory) => ["mkdir", directory]);
}

/** Gives a draft its mode and, where root works on somebody's files, that owner. */
function dress(draft: string, { stat }: Place, mode: number | undefined): void {
  const old = stat?.isFile ? stat : null;
  if (old !== null) keepOwner(draft, old);
  const bits = mode ?? (old === null ? undefined : old.mode & 0o7777);
  if (bits !== undefined && bits !== modeOf(draft)) chmod(draft, bits);
}

function keepOwner(draft: string, { uid, gid }: FileStat): void {
  const own = lstat(draft);
  if (own?.uid === uid && own.gid === gid) return;
  try {
    chown(draft, uid, gid);
  } catch (error) {
    // Others than root may not give files away.
    if (errorCode(error) !== "EPERM" && errorCode(error) !== "EINVAL") throw error;
  }
}

function modeOf(path: string): number | null {
  const stat = lstat(path);
  return stat && stat.mode & 0o7777;
}
