/**
 * The hash chain: every entry's hash covers the entry and the hash before it, so the newest one stands for
 * the whole log.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { nodeCrypto } from "../platform/builtin.ts";
import type { AuditDetails, AuditEntry } from "./types.ts";

/** All columns of an entry but its hash, in the order in which they are hashed. */
export type Content = readonly [
  id: number,
  timestamp: number,
  workspace: string,
  workspaceId: string,
  agentId: string | null,
  sessionId: string,
  operation: string,
  path: string | null,
  details: string | null,
];

/** All of an entry but what its place in the chain gives it. */
export type Facts = Content extends readonly [id: number, ...facts: infer Rest] ? Rest : never;

/** An entry as it is stored. */
export type Row = readonly [...Content, hash: Uint8Array];

/** The columns of a {@linkcode Row}. */
export const COLUMNS =
  "id, timestamp, workspace, workspace_id, agent_id, session_id, operation, path, details, hash";

/** No entry of ours has a higher id; a row that has is a forgery, and its id is no exact number. */
export const MAX_ID = Number.MAX_SAFE_INTEGER;

/** Before every id that a row can have. */
export const BEFORE_ALL = -(2n ** 63n);

/** The newest entry that somebody knows of. */
export interface Head {
  readonly id: number;
  readonly hash: Uint8Array;
}

/** What the first entry follows. */
export const GENESIS: Head = { id: 0, hash: new Uint8Array(32) };

/** The hash of an entry that follows the one with the hash `previous`. */
export function linkHash(previous: Uint8Array, content: Content): Uint8Array {
  return nodeCrypto().createHash("sha256").update(previous).update(JSON.stringify(content))
    .digest();
}

/** Whether a row is the entry that comes next after `head`, as it was written. */
export function follows(head: Head, row: Row): boolean {
  return row[0] === head.id + 1 && sameHash(linkHash(head.hash, contentOf(row)), row[9]);
}

/** A row without its hash. */
export function contentOf(row: Row): Content {
  return row.slice(0, -1) as unknown as Content;
}

/** Whether two hashes are the same. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A hash as people and refs have it: hexadecimal digits. */
export function hexOf(hash: Uint8Array): string {
  return hash.toHex();
}

/** The entry that is stored as these columns. */
export function toEntry(content: Content | Row): AuditEntry {
  const [id, timestamp, workspace, , agentId, sessionId, operation, path, details] = content;
  return {
    id,
    timestamp: new Date(timestamp),
    workspace,
    agentId,
    sessionId,
    operation,
    path,
    details: details === null ? null : parse(id, details),
  };
}

function parse(id: number, details: string): AuditDetails {
  try {
    return JSON.parse(details);
  } catch (error) {
    throw new StoreError(
      `Cannot read the audit log: entry ${id} was changed; verify() says where that begins`,
      { cause: error },
    );
  }
}
