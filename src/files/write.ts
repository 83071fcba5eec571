/**
 * Writing a file whole, and what every way of writing one has in common: where the file goes, and
 * how it gets there.
 *
 * @module
 */

import { checkOptions, type OptionKinds } from "../arguments.ts";
import type { FileEffect } from "../changes.ts";
import { FileExistsError, IsADirectoryError } from "../errors.ts";
import { type Place, rooted } from "../worktree/beneath.ts";
import { cannot } from "../worktree/path_failure.ts";
import { type FileContext, isTaken, locate } from "./context.ts";
import { isShort, slicesOf } from "./content.ts";
import { Draft, type DraftContext } from "./draft.ts";
import { effectAt, type Identity, identityAt } from "./effect.ts";
import { checkMode } from "./mode.ts";
import { openPlace, requireFile } from "./open.ts";
import type { FileContent, WriteOptions } from "./types.ts";

const OPTIONS: OptionKinds<WriteOptions> = {
  append: "boolean",
  mode: "number",
  createNew: "boolean",
};

/** What takes a draft to its place: this process, or one that sees the workspace in its stead. */
export interface DraftTarget {
  /** Where drafts are made. */
  readonly context: DraftContext;

  /** Gives the rooted path, if a file can be written there now; of the options `createNew` counts. */
  locate(path: string, options: WriteOptions): Promise<string>;

  /** Puts a draft where `path` leads by then, or behind what is there. */
  publish(path: string, draft: Draft, options: WriteOptions): Promise<FileEffect>;
}

/**
 * Writes the file at `path`, with the directories above it. A reader sees the old content or the new;
 * a failure, also one of the stream that is written, leaves the old. A link that stays inside is
 * followed, a hard link is cut.
 *
 * @throws {FileExistsError} under `createNew`, where anything is there.
 * @throws {IsADirectoryError} where a directory is there, or where the path ends in a slash.
 * @throws {PathError} where the path leads out, or to a FIFO, a socket or a device.
 */
export async function writeFile(
  context: FileContext,
  path: string,
  data: FileContent,
  options: WriteOptions = {},
): Promise<FileEffect> {
  if (!isShort(data)) return await writeThrough(directTarget(context), path, data, options);
  checkWriteOptions(options);
  // At most one slice: to write it keeps nobody waiting, so that all is done under the lock.
  const [content = new Uint8Array()] = slicesOf(rooted(path), data);
  using _lock = await context.hold(`write ${path}`);
  const place = locateFile(context, path, options);
  using draft = new Draft(context, place.asked, content.length);
  await draft.write(content);
  return await putDraft(context, place, draft, options);
}

/** This process as what takes drafts to their place. */
export function directTarget(context: FileContext): DraftTarget {
  return {
    context,
    locate: (path, options) => Promise.try(() => locateFile(context, path, options).asked),
    publish: (path, draft, options) => publish(context, path, draft, options),
  };
}

/** Writes the file at `path`: a draft is made here, and the target puts it in its place. */
export async function writeThrough(
  target: DraftTarget,
  path: string,
  data: FileContent,
  options: WriteOptions,
): Promise<FileEffect> {
  try {
    checkWriteOptions(options);
    const asked = await target.locate(path, options);
    const size = data instanceof Uint8Array ? data.length : undefined;
    using draft = new Draft(target.context, asked, size);
    if (data instanceof ReadableStream) {
      for await (const chunk of data) await draft.write(chunk);
    } else await draft.write(data);
    return await target.publish(path, draft, options);
  } catch (error) {
    // Whoever makes the stream hears of it, as from `pipeTo`.
    if (data instanceof ReadableStream && !data.locked) await data.cancel(error).catch(() => {});
    throw error;
  }
}

/** @throws {TypeError | RangeError} naming the option that is wrong. */
export function checkWriteOptions(options: WriteOptions): void {
  checkOptions("write a file", options, OPTIONS);
  if (options.mode !== undefined) checkMode(options.mode);
}

/** Puts a draft where `path` leads now, or what is there and then the draft. */
export async function publish(
  context: FileContext,
  path: string,
  draft: Draft,
  options: WriteOptions,
): Promise<FileEffect> {
  // Before the lock is taken: to read a large draft takes its time.
  if (!options.append) await draft.identity();
  using _lock = await context.hold(`write ${path}`);
  return await putDraft(context, locateFile(context, path, options), draft, options);
}

/** Puts a draft at a place, or what is there and then the draft. The workspace's lock is held. */
async function putDraft(
  context: FileContext,
  place: Place,
  draft: Draft,
  options: WriteOptions,
): Promise<FileEffect> {
  const before = await identityAt(context, place);
  if (!options.append || !isTaken(place)) return await put(draft, place, options, before);
  using old = openPlace(context, place);
  using whole = new Draft(context, place.asked, place.stat.size + draft.size);
  await whole.copy(old);
  await whole.copyDraft(draft);
  return await put(whole, place, options, before);
}

async function put(
  draft: Draft,
  place: Place,
  options: WriteOptions,
  before: Identity,
): Promise<FileEffect> {
  const after = await draft.identity();
  draft.put(place, options);
  return effectAt(place, before, after);
}

/** Finds where `path` leads, if a file can be written there. */
export function locateFile(
  context: FileContext,
  path: string,
  { createNew = false }: Pick<WriteOptions, "createNew"> = {},
): Place {
  const place = locate(context, path, { follow: !createNew });
  if (createNew) requireFree("write", place);
  requireFile("write", place);
  requireName("write", place);
  return place;
}

/** @throws {FileExistsError} where anything is there. */
export function requireFree(action: string, { asked, stat }: Place): void {
  if (stat === null) return;
  throw new FileExistsError(cannot(action, asked, "something is there already"), asked);
}

/** @throws {IsADirectoryError} where the path ends in a slash, so that it names a directory to be. */
export function requireName(action: string, { asked, directoryOnly }: Place): void {
  if (!directoryOnly) return;
  throw new IsADirectoryError(
    cannot(action, asked, "a path with a slash at its end is a directory"),
    asked,
  );
}
