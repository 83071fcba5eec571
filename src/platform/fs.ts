/**
 * The file system, as the rest of the library sees it: synchronous calls (in Deno three to eight
 * times as fast as the asynchronous ones), paths of this machine, and errors told apart by their
 * POSIX code.
 *
 * @module
 */

import { nodeFs } from "./builtin.ts";
import type { DirectoryEntry, FileStat } from "./file_stat.ts";
import { nativeReadDirectory, nativeStat, nativeStats } from "./libc.ts";

export type { DirectoryEntry, FileStat };

function toStat(info: Deno.FileInfo): FileStat {
  return {
    isFile: info.isFile,
    isDirectory: info.isDirectory,
    isSymlink: info.isSymlink,
    size: info.size,
    mtime: info.mtime?.getTime() ?? 0,
    ctime: Math.floor((info.ctime?.getTime() ?? 0) / 1000),
    dev: info.dev,
    ino: info.ino ?? 0,
    mode: info.mode ?? 0,
    nlink: info.nlink ?? 1,
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
  };
}

/** The POSIX code of a failure of the operating system, such as `ENOENT`; else `null`. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof Deno.errors.NotFound) return "ENOENT";
  if (error instanceof Deno.errors.AlreadyExists) return "EEXIST";
  if (error instanceof Deno.errors.NotADirectory) return "ENOTDIR";
  if (error instanceof Deno.errors.IsADirectory) return "EISDIR";
  if (error instanceof Deno.errors.PermissionDenied) return "EACCES";
  if (error instanceof Deno.errors.FilesystemLoop) return "ELOOP";
  return null;
}

/** Whether nothing is at the path: `ENOENT`, or `ENOTDIR` where a directory on the way is a file. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Whether Deno's own permissions, not the operating system, refused the call. */
export function isDenied(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable;
}

function orNull<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * Whether the path leads to anything, links followed; also `false` where that cannot be told. To find
 * nothing takes a tenth of what it takes the other calls, which make an error of it.
 */
export function exists(path: string): boolean {
  const found = nativeStat(path, true);
  return found === undefined ? nodeFs().existsSync(path) : found !== null;
}

/** The file itself, links not followed; `null` where nothing is there. */
export function lstat(path: string): FileStat | null {
  const found = nativeStat(path, false);
  if (found !== undefined) return found;
  // Not by a closure: a look at a tree makes this call once for every file.
  try {
    return toStat(Deno.lstatSync(path));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * What is at each of the names in a directory, links not followed; `null` where nothing is, or it cannot
 * be told.
 */
export function lstatEach(directory: string, names: readonly string[]): (FileStat | null)[] {
  return nativeStats(directory, names) ?? names.map((name) => {
    try {
      return lstat(`${directory}/${name}`);
    } catch {
      return null;
    }
  });
}

/** The file that the path leads to, links followed; `null` where nothing is there. */
export function stat(path: string): FileStat | null {
  const found = nativeStat(path, true);
  return found === undefined ? orNull(() => toStat(Deno.statSync(path))) : found;
}

/** The names in a directory, in no order; `null` where it is missing or no directory. */
export function readDirectory(path: string): DirectoryEntry[] | null {
  const found = nativeReadDirectory(path);
  return found === undefined ? orNull(() => [...Deno.readDirSync(path)]) : found;
}

/** The content of a file; `null` where it is missing. */
export function readFile(path: string): Uint8Array<ArrayBuffer> | null {
  return orNull(() => Deno.readFileSync(path));
}

/** The content of a file as text; `null` where it is missing. */
export function readTextFile(path: string): string | null {
  return orNull(() => Deno.readTextFileSync(path));
}

/** The target of a link as it is stored. */
export function readLink(path: string): string {
  return Deno.readLinkSync(path);
}

/** The path with all its links resolved; `null` where it is missing. */
export function realPath(path: string): string | null {
  return orNull(() => Deno.realPathSync(path));
}

/** Makes the directory and those above it; none of them need be missing. */
export function makeDirectory(path: string, mode?: number): void {
  Deno.mkdirSync(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
}

/** Makes one directory; `EEXIST` where something is there. */
export function makeNewDirectory(path: string, mode?: number): void {
  Deno.mkdirSync(path, mode === undefined ? {} : { mode });
}

/** Removes a file, a link or an empty directory; nothing happens where it is missing. */
export function removeFile(path: string): void {
  orNull(() => Deno.removeSync(path));
}

/** Removes a directory with all below it, whatever its permission bits; one that is missing, too. */
export function removeTree(path: string): void {
  const remove = () => orNull(() => Deno.removeSync(path, { recursive: true }));
  try {
    remove();
  } catch (error) {
    if (errorCode(error) !== "EACCES") throw error;
    openDirectories(path);
    remove();
  }
}

/** Removes a directory with all below it on another thread, so that this one can go on. */
export async function removeTreeAside(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true });
}

/** A directory that its owner may not write holds on to its names. */
function openDirectories(path: string): void {
  if (lstat(path)?.isDirectory !== true) return;
  chmod(path, 0o700);
  for (const { name, isDirectory } of readDirectory(path) ?? []) {
    if (isDirectory) openDirectories(`${path}/${name}`);
  }
}

/** Renames, replacing a file that is at `to`. */
export function rename(from: string, to: string): void {
  Deno.renameSync(from, to);
}

/** Gives a file a second name; `EEXIST` where something is there. */
export function hardLink(from: string, to: string): void {
  Deno.linkSync(from, to);
}

/** Makes a link; the target is stored as it is given. */
export function symlink(target: string, path: string): void {
  Deno.symlinkSync(target, path);
}

/** Whether this process may make links: Deno allows that only under unscoped read and write. */
export function maySymlink(): boolean {
  return Deno.permissions.querySync({ name: "read" }).state === "granted" &&
    Deno.permissions.querySync({ name: "write" }).state === "granted";
}

/** Whether Deno lets this process read what is at `path`. */
export function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** Whether Deno lets this process write what is at `path`. */
export function mayWrite(path: string): boolean {
  return Deno.permissions.querySync({ name: "write", path }).state === "granted";
}

/** Sets the permission bits of what the path leads to. */
export function chmod(path: string, mode: number): void {
  Deno.chmodSync(path, mode);
}

/** Sets the times of last access and change, in ms since 1970. */
export function setTimes(path: string, atime: number, mtime: number): void {
  Deno.utimeSync(path, new Date(atime), new Date(mtime));
}

/** How a file is opened; the words are Deno's. */
export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly create?: boolean;
  readonly createNew?: boolean;
  readonly truncate?: boolean;
  readonly mode?: number;
}

/** A file that is open; `using` closes it. Positions are bytes from the start. */
export class OpenFile implements Disposable {
  readonly #file: Deno.FsFile;

  /** Opens `path`. */
  constructor(path: string, options: OpenOptions = { read: true }) {
    this.#file = Deno.openSync(path, options);
  }

  /** What the open file is. */
  stat(): FileStat {
    return toStat(this.#file.statSync());
  }

  /** Moves to `position`. */
  seek(position: number): void {
    this.#file.seekSync(position, Deno.SeekMode.Start);
  }

  /**
   * Fills as much of `buffer` as there is, or at least `enough` bytes of it; returns the number of bytes,
   * 0 at the end.
   */
  read(buffer: Uint8Array, enough: number = buffer.length): number {
    let filled = 0;
    while (filled < enough) {
      const count = this.#file.readSync(buffer.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return filled;
  }

  /** The bytes from `position` on, at most `length` of them. */
  readAt(position: number, length: number): Uint8Array<ArrayBuffer> {
    const buffer = new Uint8Array(length);
    this.seek(position);
    return buffer.subarray(0, this.read(buffer));
  }

  /** Writes all of `data` at the current position. */
  write(data: Uint8Array): void {
    let written = 0;
    while (written < data.length) written += this.#file.writeSync(data.subarray(written));
  }

  /** Cuts the file, or extends it with zeros, to `length` bytes. */
  truncate(length: number): void {
    this.#file.truncateSync(length);
  }

  /** Brings the content onto the disk. */
  sync(): void {
    this.#file.syncSync();
  }

  /** The same on another thread: what several files have, goes onto the disk together. */
  async syncAside(): Promise<void> {
    await this.#file.sync();
  }

  /** Takes the flock if nobody has it. A crash releases it, and so does `close`. */
  tryLock(exclusive: boolean): boolean {
    return this.#file.tryLockSync(exclusive);
  }

  /** Lets go of the flock. */
  unlock(): void {
    this.#file.unlockSync();
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Writes a file in place, where a half-written one does no harm; makes it if need be. */
export function writeFile(path: string, data: Uint8Array, mode?: number): void {
  Deno.writeFileSync(path, data, mode === undefined ? {} : { mode });
}

/** Brings a directory's names onto the disk, so that a rename in it survives a power loss. */
export function syncDirectory(path: string): void {
  using directory = new OpenFile(path);
  directory.sync();
}

/** The same on another thread. */
export async function syncDirectoryAside(path: string): Promise<void> {
  using directory = new OpenFile(path);
  await directory.syncAside();
}

/** The user that this process runs as; `null` where Deno does not say. */
export function currentUser(): number | null {
  try {
    return Deno.uid();
  } catch {
    return null;
  }
}

/** Gives a file to another user; only root may. */
export function chown(path: string, uid: number, gid: number): void {
  Deno.chownSync(path, uid, gid);
}

/** This process's id. */
export function processId(): number {
  return Deno.pid;
}

/** The user's home directory; `null` where it is unknown or this process may not ask. */
export function homeDirectory(): string | null {
  const allowed = Deno.permissions.querySync({ name: "env", variable: "HOME" }).state === "granted";
  return allowed ? Deno.env.get("HOME") ?? null : null;
}

/** A variable of this process's environment, where Deno lets it be read. */
export function environmentVariable(name: string): string | undefined {
  return Deno.env.get(name);
}

/** This process's working directory. */
export function currentDirectory(): string {
  return Deno.cwd();
}

/** Makes a directory of this name's beginning where temporary files go; its path has no links. */
export function makeTemporaryDirectory(prefix: string): string {
  return Deno.realPathSync(Deno.makeTempDirSync({ prefix }));
}
