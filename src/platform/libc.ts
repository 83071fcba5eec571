/**
 * Looking at files and directories by the C library's own calls: a file takes half of what Deno's call
 * takes, one that is missing a tenth, since no error is made of it. A look at a tree is little else.
 *
 * Linux only, and only where this process may call native code anyway (`--allow-ffi`, which is a part of
 * `-A`) and may read everything, since these calls do not ask Deno's permissions. Neither is ever asked
 * for. What they do not tell for certain is left to Deno's calls, which also make the errors.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DirectoryEntry, FileStat } from "./file_stat.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = {
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
const [ENOENT, ENOTDIR] = [2, 20];

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const [DT_UNKNOWN, DT_DIR, DT_REG, DT_LNK] = [0, 4, 8, 10];

const MAX_PATH_BYTES = 4095;
const STATX_BYTES = 256;
const LISTING_BYTES = 32 << 10;

/**
 * What is at the path, by `statx(2)`; `null` where nothing is, `undefined` where Deno is to tell. If it
 * is a link, `follow` says whether that is followed.
 */
export function nativeStat(path: string, follow: boolean): FileStat | null | undefined {
  return library?.stat(path, follow);
}

/**
 * What is at each of the names in a directory, links not followed: `null` where that is not for certain;
 * `undefined` where Deno is to tell. From an open directory the way is shorter than from the root.
 */
export function nativeStats(
  directory: string,
  names: readonly string[],
): (FileStat | null)[] | undefined {
  return library?.stats(directory, names);
}

/**
 * The names in a directory, by `getdents64(2)`; `null` where it is missing or no directory, `undefined`
 * where Deno is to tell.
 */
export function nativeReadDirectory(path: string): DirectoryEntry[] | null | undefined {
  return library?.readDirectory(path);
}

function load(): Library | null {
  if (Deno.build.os !== "linux") return null;
  const ffi = Deno.permissions.querySync({ name: "ffi" });
  const read = Deno.permissions.querySync({ name: "read" });
  if (ffi.state !== "granted" || ffi.partial || read.state !== "granted" || read.partial) {
    return null;
  }
  try {
    const { symbols } = Deno.dlopen(LIBRARY, SYMBOLS);
    const errno = symbols.__errno_location();
    return errno && new Library(symbols, errno, read);
  } catch {
    // Another C library, or too old a one.
    return null;
  }
}

/** The C library, as one thread uses it: what it fills is there until the next call. */
class Library {
  readonly #symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  readonly #errno: Deno.UnsafePointerView;
  readonly #read: Deno.PermissionStatus;
  readonly #encoder = new TextEncoder();
  readonly #path = new Uint8Array(MAX_PATH_BYTES + 1);
  readonly #stat = new Uint8Array(STATX_BYTES);
  readonly #fields = new DataView(this.#stat.buffer);
  readonly #listing = Buffer.alloc(LISTING_BYTES);

  constructor(
    symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"],
    errno: Deno.PointerObject,
    read: Deno.PermissionStatus,
  ) {
    this.#symbols = symbols;
    this.#errno = new Deno.UnsafePointerView(errno);
    this.#read = read;
  }

  stat(path: string, follow: boolean): FileStat | null | undefined {
    return this.#statAt(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
  }

  stats(directory: string, names: readonly string[]): (FileStat | null)[] | undefined {
    const look = (opened: number) =>
      names.map((name) => this.#statAt(opened, name, AT_SYMLINK_NOFOLLOW) ?? null);
    return this.#within(directory, look) ?? undefined;
  }

  readDirectory(path: string): DirectoryEntry[] | null | undefined {
    return this.#within(path, (opened) => this.#list(opened));
  }

  /** Does the work with an open directory; `null` where it is missing or none, `undefined` if Deno must. */
  #within<T>(path: string, work: (directory: number) => T): T | null | undefined {
    if (!this.#setPath(path)) return undefined;
    const { open, close } = this.#symbols;
    const directory = open(this.#path, O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return this.#isMissing() ? null : undefined;
    try {
      return work(directory);
    } finally {
      close(directory);
    }
  }

  #statAt(directory: number, path: string, flags: number): FileStat | null | undefined {
    if (!this.#setPath(path)) return undefined;
    const { statx } = this.#symbols;
    if (statx(directory, this.#path, flags, STATX_BASIC_STATS, this.#stat) === 0) {
      return toStat(this.#fields);
    }
    return this.#isMissing() ? null : undefined;
  }

  #list(directory: number): DirectoryEntry[] | undefined {
    const entries: DirectoryEntry[] = [];
    for (;;) {
      const length = this.#symbols.getdents64(directory, this.#listing, BigInt(LISTING_BYTES));
      if (length === 0) return entries;
      if (length < 0 || !appendEntries(entries, this.#listing, length)) return undefined;
    }
  }

  /** Puts the path where C finds it; `false` where Deno must be asked. */
  #setPath(path: string): boolean {
    // A program can give permissions back, and C has no word for a path with a NUL.
    if (this.#read.state !== "granted" || path.includes("\0")) return false;
    const { read, written } = this.#encoder.encodeInto(path, this.#path);
    this.#path[Math.min(written, MAX_PATH_BYTES)] = 0;
    return read === path.length && written <= MAX_PATH_BYTES;
  }

  /** Whether the last call failed since nothing is at the path. Only a look at a path leaves these codes. */
  #isMissing(): boolean {
    const code = this.#errno.getInt32();
    return code === ENOENT || code === ENOTDIR;
  }
}

/** Reads a `struct statx`, which is the same on all architectures; `undefined` before 1970. */
function toStat(fields: DataView): FileStat | undefined {
  const mode = fields.getUint16(28, true);
  const type = mode & S_IFMT;
  const changed = signed64(fields, 96);
  const modified = signed64(fields, 112);
  if (changed < 0 || modified < 0) return undefined;
  return {
    isFile: type === S_IFREG,
    isDirectory: type === S_IFDIR,
    isSymlink: type === S_IFLNK,
    size: signed64(fields, 40),
    mtime: modified * 1000 + Math.floor(fields.getUint32(120, true) / 1e6),
    ctime: changed,
    dev: deviceNumber(fields.getUint32(136, true), fields.getUint32(140, true)),
    ino: signed64(fields, 32),
    mode,
    nlink: fields.getUint32(16, true),
    uid: fields.getUint32(20, true),
    gid: fields.getUint32(24, true),
  };
}

function signed64(fields: DataView, at: number): number {
  return fields.getInt32(at + 4, true) * 2 ** 32 + fields.getUint32(at, true);
}

/** `makedev(3)` */
function deviceNumber(major: number, minor: number): number {
  const low = (minor & 0xff) + (major & 0xfff) * 2 ** 8 + (minor >>> 8) * 2 ** 20;
  return low + (major >>> 12) * 2 ** 44;
}

/** Appends what `getdents64` filled in; `false` where the file system does not tell what an entry is. */
function appendEntries(entries: DirectoryEntry[], listing: Buffer, length: number): boolean {
  for (let at = 0; at < length;) {
    const end = at + listing.readUInt16LE(at + 16);
    const type = listing[at + 18];
    if (type === DT_UNKNOWN) return false;
    const start = at + 19;
    const name = listing.toString("utf8", start, listing.indexOf(0, start));
    if (name !== "." && name !== "..") {
      entries.push({
        name,
        isFile: type === DT_REG,
        isDirectory: type === DT_DIR,
        isSymlink: type === DT_LNK,
      });
    }
    at = end;
  }
  return true;
}

/** Loaded with this module: a test that is watched for what it leaves open would be blamed for it later. */
const library = load();
