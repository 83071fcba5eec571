/**
 * Commits as git stores them: headers, an empty line, and the message.
 *
 * Git takes much that it would never write itself, and real histories have it, so a commit is refused
 * only where git refuses it: without a tree.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { type GitObject, isOid, OID_BYTES } from "./object.ts";
import { parseSignature, type Signature } from "./signature.ts";
import type { ObjectStore } from "./store.ts";

/** A commit without its id. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  /** As it is stored, commonly with a newline at its end. */
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
}

/** A commit. */
export interface CommitObject extends NewCommit {
  readonly oid: string;
  readonly parents: string[];
}

/**
 * Reads a commit; its text is decoded as its `encoding` says.
 *
 * @throws {StoreError} where it is missing, damaged, or no commit.
 */
export function readCommit(store: ObjectStore, oid: string): CommitObject {
  return parseCommit(oid, store.read(oid));
}

/**
 * The id of a commit's tree.
 *
 * @throws {StoreError} where the commit is missing, damaged or none.
 */
export function treeOf(store: ObjectStore, commit: string): string {
  return readCommit(store, commit).tree;
}

function parseCommit(oid: string, { type, data }: GitObject): CommitObject {
  if (type !== "commit") throw new StoreError(`Cannot read the commit ${oid}: it is a ${type}`);
  let text = UTF8.decode(data);
  let end = endOfHeaders(text);
  const encoding = header(text, "encoding", end);
  if (encoding !== "") {
    text = decode(data, encoding);
    end = endOfHeaders(text);
  }
  if (!TREE.test(text)) {
    throw new StoreError(`Cannot read the commit ${oid}: it is damaged, it names no tree`);
  }
  return {
    oid,
    tree: text.slice(TREE_AT, PARENTS_AT - 1),
    parents: parentsOf(text),
    message: text.slice(end + END_OF_HEADERS.length),
    author: parseSignature(header(text, "author", end)),
    committer: parseSignature(header(text, "committer", end)),
  };
}

const OID_DIGITS = 2 * OID_BYTES;
const TREE = /^tree [0-9a-f]{40}\n/;
const TREE_AT = "tree ".length;
const PARENTS_AT = TREE_AT + OID_DIGITS + 1;
const PARENT = "parent ";
const END_OF_HEADERS = "\n\n";

/** Where the last header ends: before its newline. */
function endOfHeaders(text: string): number {
  const end = text.indexOf(END_OF_HEADERS);
  return end < 0 ? text.trimEnd().length : end;
}

/** Only right behind the tree do parents count. */
function parentsOf(text: string): string[] {
  const parents: string[] = [];
  let at = PARENTS_AT;
  while (text.startsWith(PARENT, at)) {
    const oid = text.slice(at + PARENT.length, at + PARENT.length + OID_DIGITS);
    if (!isOid(oid)) break;
    parents.push(oid);
    at += PARENT.length + OID_DIGITS + 1;
  }
  return parents;
}

/**
 * The first line of a header, `""` where it is not there. Further lines, as of a signature, begin with
 * a blank, so they are never mistaken for a header.
 */
function header(text: string, name: string, end: number): string {
  const key = `\n${name} `;
  const at = text.indexOf(key);
  if (at < 0 || at >= end) return "";
  const lineEnd = text.indexOf("\n", at + 1);
  return text.slice(at + key.length, lineEnd < 0 ? text.length : lineEnd);
}

const UTF8 = new TextDecoder();

/** Decodes with an encoding as a commit names it; UTF-8 where nobody knows it, as git does. */
function decode(data: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding).decode(data);
  } catch {
    return UTF8.decode(data);
  }
}
