/**
 * What the audit log gives and takes.
 *
 * @module
 */

/** What an entry says besides; which facts there are depends on the operation. */
export interface AuditDetails {
  /** How many bytes the file had. */
  sizeBefore?: number | null;
  /** How many bytes it has now. */
  sizeAfter?: number | null;
  /** The git object id of the file's content before. */
  oidBefore?: string | null;
  /** The git object id of its content now. */
  oidAfter?: string | null;
  /** Any other fact, as plain JSON. */
  [key: string]: unknown;
}

/** One entry of the audit log: who did what, when, and what came of it. */
export interface AuditEntry {
  /** Counts up from 1 over all workspaces of the base; it gives the order. */
  id: number;
  /** When, by the clock of the machine, which may have been set back in between. */
  timestamp: Date;
  /** The name of the workspace. */
  workspace: string;
  /** The agent that the workspace belongs to. */
  agentId: string | null;
  /** The opening of the base that did it. */
  sessionId: string;
  /** What was done, such as `write`, or what an agent has called it. */
  operation: string;
  /** The file that it was done to; `null` where it was not done to one. */
  path: string | null;
  /** What else there is to say. */
  details: AuditDetails | null;
}

/** Which entries are wanted; what is left out does not matter. */
export interface AuditFilter {
  /** Only these operations. */
  operation?: string | string[];
  /**
   * Only entries about this path, also where it was the source of a copy or a move; or about the paths
   * that fit this pattern, in gitignore's reading, where it has any of `*`, `?`, `[` and `\`.
   *
   * Paths inside a batch (`details.operations`), and those that a command, a restore or a commit
   * changed (`details.changes`), are not found by this: ask for these operations, and look there.
   */
  path?: string;
  /** Only entries of this moment and later. */
  from?: Date;
  /** Only entries of this moment and earlier. */
  to?: Date;
  /** Only entries of this agent. */
  agentId?: string;
  /** How many at most: the newest, or with `after` the first behind that entry. */
  limit?: number;
  /** Only entries behind the one with this id. */
  after?: number;
}

/** How an export is written: one JSON array, a JSON object a line, or comma-separated values. */
export type AuditFormat = "json" | "jsonl" | "csv";

/** Which entries are exported, and how. */
export interface AuditExportOptions extends AuditFilter {
  /** Default: what the file's name ends in, else `json`. */
  format?: AuditFormat;
}

/** A place in the log, and all that comes before it in one number. */
export interface AuditHead {
  /** The id of the newest entry; 0 where there is none. */
  id: number;
  /** The hash of that entry and of all before it: 64 hexadecimal digits. */
  hash: string;
}

/** What was found of the log. */
export interface AuditVerification {
  /** Whether every entry is there, and as it was. */
  ok: boolean;
  /** How many entries there are. */
  entries: number;
  /** The id of the first entry that is missing or not as it was; `null` where there is none. */
  brokenAt: number | null;
}
