/**
 * What git stores: objects of four types, each named by the SHA-1 of its type, size and bytes.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { nodeCrypto } from "../platform/builtin.ts";

/** The four types of objects. */
export type ObjectType = "blob" | "tree" | "commit" | "tag";

/** An object as it is stored; nobody writes into `data`, since caches share it. */
export interface GitObject {
  readonly type: ObjectType;
  readonly data: Uint8Array;
}

/** What is known of an object without reading all of it; `size` in bytes. */
export interface ObjectHeader {
  readonly type: ObjectType;
  readonly size: number;
}

/** The id of the tree with nothing in it, which git takes as being in every repository. */
export const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** The bytes of an object in pieces. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Larger objects are better read and written in pieces: at once they would hold the event loop. */
export const AT_ONCE_BYTES = 1 << 20;

/** The bytes of an id. */
export const OID_BYTES = 20;

/** Computes the id of an object whose bytes come in pieces. */
export class ObjectHasher {
  readonly #hash: Hash;

  /** Starts with the header; `size` is the number of bytes that will come. */
  constructor(type: ObjectType, size: number) {
    this.#hash = nodeCrypto().createHash("sha1").update(`${type} ${size}\0`);
  }

  /** Takes the next piece. */
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The id; nothing can be added after. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** The id that git gives to this object: 40 hexadecimal digits. */
export function hashObject(type: ObjectType, data: Uint8Array): string {
  if (type === "tree" && data.length === 0) return EMPTY_TREE;
  const hasher = new ObjectHasher(type, data.length);
  hasher.update(data);
  return hasher.digest();
}

/** Whether the text is an id: 40 hexadecimal digits, lower case. */
export function isOid(text: string): boolean {
  return text.length === 2 * OID_BYTES && /^[0-9a-f]+$/.test(text);
}
