/**
 * The files of a workspace, worked on by the process that asks: each verb is one function of this
 * room.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
import type { FileContext } from "./context.ts";
import { copy } from "./copy.ts";
import { mkdir } from "./directory.ts";
import type { Draft } from "./draft.ts";
import type { Files } from "./files.ts";
import { readLink, symlink } from "./links.ts";
import { listDir } from "./list.ts";
import { chmod } from "./mode.ts";
import { move } from "./move.ts";
import { PinnedFile } from "./pinned_file.ts";
import { readBytes } from "./read.ts";
import type { ReadSource } from "./reading_stream.ts";
import { remove } from "./remove.ts";
import { exists, stat } from "./stat.ts";
import { openStream } from "./stream.ts";
import type {
  DeleteOptions,
  FileContent,
  FileInfo,
  FileStream,
  ListOptions,
  StreamEnded,
  StreamMode,
  WriteOptions,
} from "./types.ts";
import { directTarget, type DraftTarget, publish, writeFile } from "./write.ts";

/** The functions of this room, with the workspace that they work on. */
export class DirectFiles implements Files, DraftTarget {
  readonly context: FileContext;

  constructor(context: FileContext) {
    this.context = context;
  }

  readBytes(path: string, ledTo?: (path: string) => void): Promise<Uint8Array> {
    return readBytes(this.context, path, ledTo);
  }

  writeFile(path: string, data: FileContent, options?: WriteOptions): Promise<FileEffect> {
    return writeFile(this.context, path, data, options);
  }

  exists(path?: string): Promise<boolean> {
    return exists(this.context, path);
  }

  stat(path: string): Promise<FileInfo> {
    return stat(this.context, path);
  }

  listDir(path?: string, options?: ListOptions): Promise<FileInfo[]> {
    return listDir(this.context, path, options);
  }

  copy(from: string, to: string): Promise<FileEffect> {
    return copy(this.context, from, to);
  }

  move(from: string, to: string): Promise<FileEffect> {
    return move(this.context, from, to);
  }

  delete(path: string, options?: DeleteOptions): Promise<FileEffect> {
    return remove(this.context, path, options);
  }

  mkdir(path: string): Promise<FileEffect> {
    return mkdir(this.context, path);
  }

  symlink(target: string, path: string): Promise<FileEffect> {
    return symlink(this.context, target, path);
  }

  readLink(path: string): Promise<string> {
    return readLink(this.context, path);
  }

  chmod(path: string, mode: number): Promise<FileEffect> {
    return chmod(this.context, path, mode);
  }

  openStream(path: string, mode?: StreamMode, ended?: StreamEnded): Promise<FileStream> {
    return openStream(this.context, path, mode, ended);
  }

  /** Opens a file to read it piece by piece. */
  open(path: string): Promise<ReadSource> {
    return Promise.try(() => new PinnedFile(this.context, path));
  }

  locate(path: string, options: WriteOptions): Promise<string> {
    return directTarget(this.context).locate(path, options);
  }

  publish(path: string, draft: Draft, options: WriteOptions): Promise<FileEffect> {
    return publish(this.context, path, draft, options);
  }
}
