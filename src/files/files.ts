/**
 * Everything that can be done with the files of a workspace, whoever does it: this process, or a
 * helper inside a sandbox.
 *
 * @module
 */

import type {
  DeleteOptions,
  FileContent,
  FileInfo,
  FileStream,
  ListOptions,
  StreamMode,
  WriteOptions,
} from "./types.ts";

/** The file methods of a workspace; {@linkcode Workspace} tells what each of them does. */
export interface Files {
  readFile(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  writeFile(path: string, data: FileContent, options?: WriteOptions): Promise<void>;
  exists(path?: string): Promise<boolean>;
  stat(path: string): Promise<FileInfo>;
  listDir(path?: string, options?: ListOptions): Promise<FileInfo[]>;
  copy(from: string, to: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  delete(path: string, options?: DeleteOptions): Promise<void>;
  mkdir(path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readLink(path: string): Promise<string>;
  chmod(path: string, mode: number): Promise<void>;
  openStream(path: string, mode?: StreamMode): Promise<FileStream>;
}
