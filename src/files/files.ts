/**
 * Everything that can be done with the files of a workspace, whoever does it: this process, or a
 * helper inside a sandbox.
 *
 * @module
 */

import type { FileEffect } from "../changes.ts";
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

/**
 * The file methods of a workspace; {@linkcode Workspace} tells what each of them does. Those that change
 * something tell what it was.
 */
export interface Files {
  /** `ledTo` hears which file it was, unless a helper has read it. */
  readBytes(path: string, ledTo?: (path: string) => void): Promise<Uint8Array>;
  writeFile(path: string, data: FileContent, options?: WriteOptions): Promise<FileEffect>;
  exists(path?: string): Promise<boolean>;
  stat(path: string): Promise<FileInfo>;
  listDir(path?: string, options?: ListOptions): Promise<FileInfo[]>;
  copy(from: string, to: string): Promise<FileEffect>;
  move(from: string, to: string): Promise<FileEffect>;
  delete(path: string, options?: DeleteOptions): Promise<FileEffect>;
  mkdir(path: string): Promise<FileEffect>;
  symlink(target: string, path: string): Promise<FileEffect>;
  readLink(path: string): Promise<string>;
  chmod(path: string, mode: number): Promise<FileEffect>;
  /** `ended` hears how writing ended, before `close` does. */
  openStream(path: string, mode?: StreamMode, ended?: StreamEnded): Promise<FileStream>;
}
