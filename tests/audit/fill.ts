/**
 * Long logs in a moment: entries with the right hashes, written in one transaction.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { type Content, GENESIS, linkHash } from "../../src/audit/chain.ts";
import type { AuditDraft } from "../../src/audit/log.ts";

/** Fills a log that has no entries yet; `make` gives the one at each place, from 0. */
export function fill(
  file: string,
  count: number,
  make: (index: number) => AuditDraft & { timestamp: number },
): Promise<void> {
  const database = new DatabaseSync(file);
  const insert = database.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  database.exec("BEGIN");
  let { hash } = GENESIS;
  for (let index = 0; index < count; index++) {
    const { timestamp, workspace, workspaceId, agentId, operation, path, details } = make(index);
    const content: Content = [
      index + 1,
      timestamp,
      workspace,
      workspaceId,
      agentId,
      "session",
      operation,
      path,
      details && JSON.stringify(details),
    ];
    hash = linkHash(hash, content);
    insert.run(...content, hash);
  }
  database.exec("COMMIT");
  database.close();
  return Promise.resolve();
}
