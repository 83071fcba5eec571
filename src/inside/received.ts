/**
 * Objects that come from an untrusted repository: each gets the id of its own bytes and must be well-formed,
 * as `git fsck --strict` asks, before it is written.
 *
 * @module
 */

import { AT_ONCE_BYTES, hashObject, type ObjectType } from "../git/object.ts";
import type { ObjectWriter } from "../git/store.ts";
import { MODE, parseTree, serializeTree, type TreeEntry } from "../git/tree.ts";
import { isGitmodulesName, isGitName } from "../paths.ts";
import { messageOf } from "../platform/failure.ts";
import { Slices } from "../platform/slices.ts";
import type { ByteReader } from "./byte_reader.ts";
import { Refused } from "./refused.ts";

/** What a commit names. */
export interface CommitLinks {
  readonly tree: string;
  readonly parents: readonly string[];
}

/** The objects that were received, with what they name. */
export interface Received {
  readonly commits: ReadonlyMap<string, CommitLinks>;
  /** The trees' bytes. */
  readonly trees: ReadonlyMap<string, Uint8Array>;
  readonly blobs: ReadonlySet<string>;
}

/** All objects together; more is no work of an agent, or not one to be taken over by the way. */
const MAX_BYTES = 4 * 1024 ** 3;
/** All trees and commits together, which are kept in memory until it is clear what they name. */
const MAX_LINK_BYTES = 256 << 20;
const MAX_COMMIT_BYTES = 4 << 20;
/** What an id costs to remember. */
const OID_COST = 200;
const MAX_HEADER = 200;

const HEADER = /^([0-9a-f]{40}) (commit|tree|blob) (\d{1,12})$/;

/**
 * Reads what `git cat-file --batch` writes, to its end, into `writer`.
 *
 * @throws {Refused} on anything but well-formed objects that have the ids they are said to have.
 */
export async function receive(reader: ByteReader, writer: ObjectWriter): Promise<Received> {
  const commits = new Map<string, CommitLinks>();
  const trees = new Map<string, Uint8Array>();
  const blobs = new Set<string>();
  const slices = new Slices();
  let [bytes, kept] = [0, 0];
  for (;;) {
    const header = await reader.line(MAX_HEADER);
    if (header === null) break;
    const [, announced = "", type, digits] = HEADER.exec(header) ?? [];
    if (type === undefined) throw new Refused(`git inside cannot read ${JSON.stringify(header)}`);
    const size = Number(digits);
    bytes += size;
    kept += type === "blob" ? OID_COST : size + OID_COST;
    if (bytes > MAX_BYTES) throw new Refused("its new commits hold over 4 GiB");
    if (kept > MAX_LINK_BYTES) throw new Refused("its new commits hold too many trees");
    const is = type as ObjectType;
    if (is === "blob" && size > AT_ONCE_BYTES) {
      requireId(await writer.writeStream("blob", size, reader.pieces(size)), announced);
      blobs.add(announced);
    } else {
      const data = await reader.bytes(size);
      if (data === null) throw new Refused(`the object ${announced} is cut off`);
      requireId(hashObject(is, data), announced);
      if (is === "commit") commits.set(announced, parseCommit(announced, data));
      else if (is === "tree") trees.set(announced, checkedTree(announced, data.slice()));
      else blobs.add(announced);
      writer.write(is, data);
    }
    if ((await reader.bytes(1))?.[0] !== 0x0a) {
      throw new Refused(`the object ${announced} is not as long as it is said to be`);
    }
    if (slices.due) await slices.rest();
  }
  return { commits, trees, blobs };
}

function requireId(oid: string, announced: string): void {
  if (oid !== announced) throw new Refused(`the object ${announced} has another id: ${oid}`);
}

const MODES: ReadonlySet<number> = new Set(Object.values(MODE));
const NO_OBJECT = "0".repeat(40);

function checkedTree(oid: string, data: Uint8Array): Uint8Array {
  const entries = entriesOf(oid, data);
  const bad = entries.find((entry) => !isGoodEntry(entry));
  if (bad === undefined) return data;
  throw new Refused(
    `the tree ${oid} holds ${JSON.stringify(bad.name)} with the mode ${bad.mode.toString(8)}, ` +
      "which git refuses",
  );
}

/** A tree is well-formed, sorted and without duplicates exactly where git would write the same bytes. */
function entriesOf(oid: string, data: Uint8Array): TreeEntry[] {
  try {
    const entries = parseTree(data);
    if (hashObject("tree", serializeTree(entries)) === oid) return entries;
  } catch (error) {
    throw new Refused(`the tree ${oid} is malformed: ${messageOf(error)}`);
  }
  throw new Refused(`the tree ${oid} is malformed: its entries are not in git's order`);
}

function isGoodEntry({ name, mode, oid }: TreeEntry): boolean {
  return MODES.has(mode) && oid !== NO_OBJECT && name !== "." && name !== ".." &&
    !isGitName(name) && !(mode === MODE.symlink && isGitmodulesName(name));
}

const PERSON = "[^<>\\n]* <[^<>\\n]*> (?:0|[1-9]\\d{0,11}) [+-]\\d{4}";
const COMMIT = new RegExp(
  `^tree ([0-9a-f]{40})\\n((?:parent [0-9a-f]{40}\\n)*)author ${PERSON}\\ncommitter ${PERSON}\\n`,
);

/**
 * What a commit names.
 *
 * @throws {Refused} where it is malformed.
 */
function parseCommit(oid: string, data: Uint8Array): CommitLinks {
  const malformed = new Refused(`the commit ${oid} is malformed`);
  if (data.length > MAX_COMMIT_BYTES || data.includes(0)) throw malformed;
  const text = new TextDecoder("latin1").decode(data);
  const match = COMMIT.exec(text);
  if (match === null) throw malformed;
  const [headers, tree = "", parents = ""] = match;
  const rest = text.slice(headers.length);
  // Other headers may follow, then an empty line and the message.
  if (!rest.startsWith("\n") && !rest.includes("\n\n")) throw malformed;
  return { tree, parents: parents.match(/[0-9a-f]{40}/g) ?? [] };
}
