/**
 * A patch: the text that `git diff` prints for a list of changed files, and `git apply` takes.
 *
 * @module
 */

import type { Change } from "../changes.ts";
import { Slices } from "../platform/slices.ts";
import { ByteParts } from "./byte_parts.ts";
import { writeHunks } from "./hunks.ts";
import { diffLines, type LineChange, type LineDiff, withoutCommonTail } from "./line_diff.ts";
import { quoteName } from "./quoted_name.ts";
import { finish } from "./steps.ts";
import { MODE } from "./tree.ts";

/** How many lines came and went. */
export interface LineCounts {
  readonly insertions: number;
  readonly deletions: number;
}

/** A change, and how much of a renamed file stayed. */
export interface PatchItem {
  readonly change: Change;
  /** Percent, for a renamed file. */
  readonly similarity: number | null;
}

/** One side of a change. */
export interface PatchSide {
  /** Without the slash that paths of ours start with. */
  readonly name: string;
  readonly oid: string;
  readonly mode: number;
}

/** Where a patch gets what it shows. */
export interface PatchSource {
  /**
   * The content of a file or the target of a link; `null` where the file is larger than
   * {@linkcode TEXT_BYTES}. Asked for only where it is shown, right before.
   */
  read(side: PatchSide, which: "old" | "new"): Promise<Uint8Array | null>;
  /** Shortens an id. */
  abbreviate(oid: string): string;
}

/** Larger files are only said to differ, as binary ones are. Git does so from 512 MiB on. */
export const TEXT_BYTES = 100 << 20;

/** A NUL among so many bytes at its start makes a file a binary one. */
const BINARY_LOOK = 8000;
const NO_OID = "0".repeat(40);
const NOTHING = new Uint8Array();
/** The part of a mode that says what kind of thing it is. */
const KIND = 0o170000;

const encoder = new TextEncoder();

/** Writes a patch, file by file. */
export class PatchWriter {
  readonly #parts = new ByteParts();
  readonly #source: PatchSource;
  readonly #context: number;
  readonly #slices = new Slices();

  /** `context` lines are shown around each change. */
  constructor(source: PatchSource, context: number) {
    this.#source = source;
    this.#context = context;
  }

  /** Writes what happened to one file, and counts the lines. */
  async add(item: PatchItem): Promise<LineCounts> {
    const { change } = item;
    const old = side(change.oldPath ?? change.path, change.oldOid, change.oldMode);
    const now = side(change.path, change.newOid, change.newMode);
    if (old === null || now === null || (old.mode & KIND) === (now.mode & KIND)) {
      return await this.#file(old, now, item.similarity);
    }
    // A file that became a link is one that went and another that came; yet the lines that both have
    // do not count.
    await this.#file(old, null, null);
    await this.#file(null, now, null);
    const diff = await this.#compare(await this.#read(old, "old"), await this.#read(now, "new"));
    return countLines(diff?.changes ?? []);
  }

  /** The whole patch. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(this.#parts.length);
    let at = 0;
    for (const chunk of this.#parts.chunks()) {
      bytes.set(chunk, at);
      at += chunk.length;
      if (this.#slices.due) await this.#slices.rest();
    }
    return bytes;
  }

  async #file(
    old: PatchSide | null,
    now: PatchSide | null,
    similarity: number | null,
  ): Promise<LineCounts> {
    const { abbreviate } = this.#source;
    const oldLabel = quoteName(`a/${(old ?? now)?.name}`);
    const newLabel = quoteName(`b/${(now ?? old)?.name}`);
    this.#write(`diff --git ${oldLabel} ${newLabel}\n`);
    this.#write(modeLines(old, now));
    if (similarity !== null && old !== null && now !== null) {
      this.#write(renameLines(old, now, similarity));
    }
    if (old?.oid === now?.oid) return { insertions: 0, deletions: 0 };
    const ids = `${abbreviate(old?.oid ?? NO_OID)}..${abbreviate(now?.oid ?? NO_OID)}`;
    this.#write(old?.mode === now?.mode ? `index ${ids} ${octal(old?.mode)}\n` : `index ${ids}\n`);
    const labels: Labels = [old ? oldLabel : "/dev/null", now ? newLabel : "/dev/null"];
    return await this.#contents(old, now, labels);
  }

  async #contents(
    old: PatchSide | null,
    now: PatchSide | null,
    [oldLabel, newLabel]: Labels,
  ): Promise<LineCounts> {
    const before = old === null ? NOTHING : await this.#read(old, "old");
    const after = now === null ? NOTHING : await this.#read(now, "new");
    const diff = await this.#compare(before, after);
    if (diff === null) {
      this.#write(`Binary files ${oldLabel} and ${newLabel} differ\n`);
      return { insertions: 0, deletions: 0 };
    }
    if (diff.changes.length > 0) {
      this.#write(`--- ${endLabel(oldLabel)}\n+++ ${endLabel(newLabel)}\n`);
    }
    await finish(writeHunks(this.#parts, diff, this.#context), this.#slices);
    return countLines(diff.changes);
  }

  /** `null` where one is binary, or too large for a comparison. */
  async #compare(before: Uint8Array | null, after: Uint8Array | null): Promise<LineDiff | null> {
    if (isBinary(before) || isBinary(after)) return null;
    const texts = this.#context === 0 ? withoutCommonTail(before, after) : [before, after] as const;
    return await finish(diffLines(...texts), this.#slices);
  }

  async #read(side: PatchSide, which: "old" | "new"): Promise<Uint8Array | null> {
    if (side.mode === MODE.submodule) return encoder.encode(`Subproject commit ${side.oid}\n`);
    return await this.#source.read(side, which);
  }

  #write(text: string): void {
    this.#parts.add(encoder.encode(text));
  }
}

type Labels = readonly [old: string, now: string];

function side(path: string, oid: string | null, mode: number | null): PatchSide | null {
  return oid === null || mode === null ? null : { name: path.slice(1), oid, mode };
}

function modeLines(old: PatchSide | null, now: PatchSide | null): string {
  if (old === null) return `new file mode ${octal(now?.mode)}\n`;
  if (now === null) return `deleted file mode ${octal(old.mode)}\n`;
  return old.mode === now.mode ? "" : `old mode ${octal(old.mode)}\nnew mode ${octal(now.mode)}\n`;
}

function renameLines(old: PatchSide, now: PatchSide, similarity: number): string {
  return `similarity index ${similarity}%\n` +
    `rename from ${quoteName(old.name)}\nrename to ${quoteName(now.name)}\n`;
}

function octal(mode = 0): string {
  return mode.toString(8).padStart(6, "0");
}

function countLines(changes: readonly LineChange[]): LineCounts {
  const counts = { insertions: 0, deletions: 0 };
  for (const { oldStart, oldEnd, newStart, newEnd } of changes) {
    counts.deletions += oldEnd - oldStart;
    counts.insertions += newEnd - newStart;
  }
  return counts;
}

/** A name with a space in it ends in a tab, so that `patch` finds its end. */
function endLabel(label: string): string {
  return label.includes(" ") ? `${label}\t` : label;
}

function isBinary(content: Uint8Array | null): content is null {
  return content === null || content.subarray(0, BINARY_LOOK).includes(0);
}
