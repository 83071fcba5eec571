/**
 * Reads git's index, versions 2 to 4.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { nodeCrypto } from "../platform/builtin.ts";
import {
  CHECKSUM_BYTES,
  FLAG,
  HEADER_BYTES,
  type IndexEntry,
  OFFSET,
  SIGNATURE,
} from "./index_entry.ts";
import { decodeName } from "./name_bytes.ts";

/**
 * The entries of an index file, sorted by path and stage, as git sorts. Each is read when it is asked for,
 * and damage is found when it is come to. In a sparse index an entry of mode 040000 stands for a directory.
 * Extensions that git calls optional are passed over.
 *
 * @throws {StoreError} on damage, on a split index and on an extension that must be understood.
 */
export function* parseIndex(bytes: Uint8Array): Generator<IndexEntry, void> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = data.length - CHECKSUM_BYTES;
  if (end < HEADER_BYTES || data.readUInt32BE(0) !== SIGNATURE) throw damaged("it is no index");
  checkChecksum(data, end);
  const version = data.readUInt32BE(4);
  if (version < 2 || version > 4) throw damaged(`its version is ${version}, and 2 to 4 are known`);
  let at = HEADER_BYTES;
  let path: Buffer = Buffer.alloc(0);
  for (let count = data.readUInt32BE(8); count > 0; count--) {
    const flags = at + OFFSET.extendedFlags <= end ? data.readUInt16BE(at + OFFSET.flags) : 0;
    const isExtended = version > 2 && (flags & FLAG.extended) !== 0;
    const nameStart = at + OFFSET.extendedFlags + (isExtended ? 2 : 0);
    let nameEnd: number;
    if (version === 4) {
      const [strip, suffix] = readVarint(data, nameStart);
      nameEnd = data.indexOf(0, suffix);
      if (strip > path.length || nameEnd < 0) throw truncated();
      path = Buffer.concat([path.subarray(0, path.length - strip), data.subarray(suffix, nameEnd)]);
    } else {
      const length = flags & FLAG.lengthMask;
      nameEnd = length < FLAG.lengthMask ? nameStart + length : data.indexOf(0, nameStart + length);
      path = data.subarray(nameStart, nameEnd);
    }
    if (nameEnd >= end || nameEnd < nameStart) throw truncated();
    const extendedFlags = isExtended ? data.readUInt16BE(at + OFFSET.extendedFlags) : 0;
    yield readEntry(data, at, path, flags, extendedFlags);
    // Up to version 3, one to eight NULs fill an entry up to a multiple of eight bytes.
    at = version === 4 ? nameEnd + 1 : at + ((nameEnd - at + 8) & ~7);
  }
  checkExtensions(data, at, end);
}

function readEntry(
  data: Buffer,
  at: number,
  path: Buffer,
  flags: number,
  extendedFlags: number,
): IndexEntry {
  return {
    path: decodeName(path),
    oid: data.toString("hex", at + OFFSET.oid, at + OFFSET.flags),
    mode: data.readUInt32BE(at + OFFSET.mode),
    stage: (flags >> FLAG.stageShift) & 3,
    size: data.readUInt32BE(at + OFFSET.size),
    mtime: data.readUInt32BE(at + OFFSET.mtime) * 1000 +
      Math.floor(data.readUInt32BE(at + OFFSET.mtime + 4) / 1e6),
    ctime: data.readUInt32BE(at + OFFSET.ctime),
    ino: data.readUInt32BE(at + OFFSET.ino),
    dev: data.readUInt32BE(at + OFFSET.dev),
    uid: data.readUInt32BE(at + OFFSET.uid),
    gid: data.readUInt32BE(at + OFFSET.gid),
    skipWorktree: (extendedFlags & FLAG.skipWorktree) !== 0,
    assumeValid: (flags & FLAG.assumeValid) !== 0,
    intentToAdd: (extendedFlags & FLAG.intentToAdd) !== 0,
  };
}

/** A number in version 4's encoding, as in packs' offsets, and where it ends. */
function readVarint(data: Buffer, start: number): [value: number, end: number] {
  let at = start;
  let byte = data[at++] ?? 0;
  let value = byte & 0x7f;
  while (byte >= 0x80) {
    byte = data[at++] ?? 0;
    value = (value + 1) * 0x80 + (byte & 0x7f);
  }
  return [value, at];
}

function checkChecksum(data: Buffer, end: number): void {
  const stored = data.subarray(end);
  // All zeros: git was told not to compute it (`index.skipHash`).
  if (stored.every((byte) => byte === 0)) return;
  const computed = nodeCrypto().createHash("sha1").update(data.subarray(0, end)).digest();
  if (!computed.equals(stored)) throw damaged("its checksum does not fit");
}

function checkExtensions(data: Buffer, start: number, end: number): void {
  for (let at = start; at < end;) {
    if (at + 8 > end) throw truncated();
    const name = data.toString("latin1", at, at + 4);
    if (name === "link") {
      throw new StoreError(
        "Cannot read the index: it is a split index, which is not supported; " +
          "join it with `git update-index --no-split-index`",
      );
    }
    // git begins the names of those with a capital that may be passed over.
    if (!/^[A-Z]/.test(name) && name !== "sdir") {
      throw damaged(`its extension ${JSON.stringify(name)} is not known`);
    }
    at += 8 + data.readUInt32BE(at + 4);
    if (at > end) throw truncated();
  }
}

function truncated(): StoreError {
  return damaged("an entry or extension leads beyond its end");
}

function damaged(problem: string): StoreError {
  return new StoreError(
    `Cannot read the index: ${problem}; delete the file and make it anew with \`git reset\``,
  );
}
