/**
 * Writing the `.idx` file of a pack, in git's version 2.
 *
 * @module
 */

import { nodeCrypto } from "../platform/builtin.ts";
import { OID_BYTES } from "./object.ts";
import type { Steps } from "./steps.ts";

const MAGIC = 0xff744f63;
const VERSION = 2;
/** From here on an offset takes 64 bits, in a table of its own. */
const LARGE_OFFSET = 0x80000000;
/** So many ids are written in a millisecond. */
const STEP = 4096;

/** Where one object is in its pack. */
export interface PackedObject {
  readonly oid: string;
  /** Where its entry begins, in bytes. */
  readonly offset: number;
  /** The CRC-32 of its entry. */
  readonly crc: number;
}

/** The bytes of the index of a pack that holds these objects and ends with this checksum. */
export function* serializePackIndex(
  objects: readonly PackedObject[],
  checksum: string,
): Steps<Uint8Array> {
  const sorted: PackedObject[] = [];
  const counts: number[] = [];
  for (const bucket of byFirstByte(objects)) {
    for (const object of bucket.sort((a, b) => a.oid < b.oid ? -1 : 1)) sorted.push(object);
    counts.push(sorted.length);
    yield;
  }
  const large = sorted.map(({ offset }) => offset).filter((offset) => offset >= LARGE_OFFSET);
  const length = 8 + 256 * 4 + sorted.length * (OID_BYTES + 8) + large.length * 8 + 2 * OID_BYTES;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const putNumber = (value: number): void => {
    view.setUint32(at, value);
    at += 4;
  };
  const putOid = (hex: string): void => {
    bytes.subarray(at, at += OID_BYTES).setFromHex(hex);
  };

  putNumber(MAGIC);
  putNumber(VERSION);
  for (const count of counts) putNumber(count);
  for (const [index, { oid }] of sorted.entries()) {
    putOid(oid);
    if (index % STEP === 0) yield;
  }
  for (const { crc } of sorted) putNumber(crc);
  yield;
  let largeBefore = 0;
  for (const { offset } of sorted) {
    putNumber(offset < LARGE_OFFSET ? offset : LARGE_OFFSET + largeBefore++);
  }
  yield;
  for (const offset of large) {
    putNumber(Math.floor(offset / 2 ** 32));
    putNumber(offset % 2 ** 32);
  }
  putOid(checksum);
  putOid(nodeCrypto().createHash("sha1").update(bytes.subarray(0, at)).digest("hex"));
  return bytes;
}

/** The objects by the first byte of their ids. */
function byFirstByte(objects: readonly PackedObject[]): PackedObject[][] {
  const buckets = Array.from({ length: 256 }, (): PackedObject[] => []);
  for (const object of objects) buckets[parseInt(object.oid.slice(0, 2), 16)]?.push(object);
  return buckets;
}
