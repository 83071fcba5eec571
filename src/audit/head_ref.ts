/**
 * The head of the log, kept in refs as well: a blob `<id> <hash>` at `refs/agentfs/<workspace>/audit`.
 *
 * Who cuts the newest entries off the database must find and change these too, and any clone or copy of
 * the repository that has them.
 *
 * @module
 */

import { StoreError } from "../errors.ts";
import { publish, type Staged } from "../git/publication.ts";
import type { StagedRef } from "../git/refs.ts";
import type { ObjectWriter } from "../git/store.ts";
import { refNames } from "../registry/layout.ts";
import type { OpenBase } from "../registry/open_base.ts";
import { type Head, hexOf } from "./chain.ts";
import type { AuditLog } from "./log.ts";

/** All refs of workspaces, and of those that were deleted. */
const OUR_REFS = "refs/agentfs/";
const ATTEMPTS = 5;

/** The blob that was written last, with which the next one is compared; its id says what is in it. */
let written = { oid: "", id: 0 };

/**
 * Lets the refs of workspaces hold the head of the log as this process knows it. One that holds a later
 * head is left.
 *
 * @throws {StoreError} where a ref or its blob cannot be read or written.
 */
export async function keepHead(
  base: OpenBase,
  log: AuditLog,
  ...workspaces: readonly string[]
): Promise<void> {
  using writer = base.objects.writer();
  function* staged(): Iterable<Staged | null> {
    for (const workspace of workspaces) yield stageHead(base, log, workspace, writer);
  }
  await publish(writer, staged());
}

/** The same with what `writer` writes anyway; `null` where the ref holds the head already. */
export function stageHead(
  base: OpenBase,
  log: AuditLog,
  workspace: string,
  writer: ObjectWriter,
): Staged | null {
  const ref = refNames.audit(workspace);
  const { latest } = log;
  if (isKept(base, ref, latest)) return null;
  const text = `${latest.id} ${hexOf(latest.hash)}\n`;
  const oid = writer.write("blob", new TextEncoder().encode(text));
  written = { oid, id: latest.id };
  const staged = base.refs.stage(ref, oid, undefined);
  return { ...staged, place: () => moveRef(base, ref, latest, staged) };
}

function isKept(base: OpenBase, ref: string, head: Head): boolean {
  const oid = base.refs.read(ref);
  if (oid === null) return false;
  const { id } = oid === written.oid ? written : readHead(base, ref, oid);
  return id >= head.id;
}

function moveRef(base: OpenBase, ref: string, head: Head, staged: StagedRef): void {
  for (let attempt = 1; !isKept(base, ref, head); attempt++) {
    const before = base.refs.read(ref);
    try {
      return staged.placeOver(before);
    } catch (error) {
      // Another process has moved it in the meantime.
      if (attempt === ATTEMPTS || base.refs.read(ref) === before) throw error;
    }
  }
}

/**
 * The heads that refs hold, of workspaces that are there and of those that were deleted.
 *
 * @throws {StoreError} where one of them is damaged.
 */
export function keptHeads(base: OpenBase): Head[] {
  return base.refs.list(OUR_REFS)
    // A snapshot can be called so, too; then it is a commit.
    .filter(({ ref, oid }) => ref.endsWith("/audit") && base.objects.header(oid)?.type !== "commit")
    .map(({ ref, oid }) => readHead(base, ref, oid));
}

function readHead(base: OpenBase, ref: string, oid: string): Head {
  const text = new TextDecoder().decode(base.objects.read(oid).data);
  const [, id, hash] = /^(\d{1,15}) ([0-9a-f]{64})\n$/.exec(text) ?? [];
  if (id !== undefined && hash !== undefined) {
    return { id: Number(id), hash: Uint8Array.fromHex(hash) };
  }
  throw new StoreError(
    `Cannot read the ref ${ref}: it holds no head of the audit log; find out who has changed it, ` +
      "and delete it",
  );
}
