/**
 * The tables of the database, as the steps that lead to them from nothing. The number of steps that a
 * file has behind it is its `user_version`. A step that was released is never changed.
 *
 * @module
 */

const AUDIT = `
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    timestamp INTEGER NOT NULL,
    workspace TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    agent_id TEXT,
    session_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    path TEXT,
    details TEXT,
    hash BLOB NOT NULL
  ) STRICT;

  -- The last entry of those that were removed from the beginning, if any were.
  CREATE TABLE anchor (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;

  -- The stretches of entries whose values are in lookup; workspaces is a sorted JSON array of ids.
  CREATE TABLE segment (
    number INTEGER PRIMARY KEY,
    earliest INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    workspaces TEXT NOT NULL
  ) STRICT;

  CREATE TABLE lookup (
    segment INTEGER NOT NULL,
    workspace_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (segment, workspace_id, field, value, id)
  ) WITHOUT ROWID, STRICT;
`;

/** Each step, in order. */
export const MIGRATIONS: readonly string[] = [AUDIT];
