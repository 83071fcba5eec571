/**
 * Who makes a commit.
 *
 * @module
 */

import { CommitError } from "../errors.ts";
import { cleanSignature, type Signature } from "../git/signature.ts";
import type { OpenBase } from "./open_base.ts";

/** The library itself, now: the author of snapshots and of the commits that workspaces start from. */
export function ownSignature(now: Date = new Date()): Signature {
  return signature("AgentFS", "agentfs@localhost", now);
}

/**
 * The author of a commit: the one given, else the configured one, else the repository's, else
 * the library itself.
 *
 * @throws {CommitError} where `author` is not of the form `Name <email>`.
 */
export function authorSignature(base: OpenBase, author: string | undefined): Signature {
  const now = new Date();
  const given = author ?? base.settings.author;
  if (given !== null && given !== undefined) return parseAuthor(given, now);
  const name = base.configValue("user.name") ?? "";
  const email = base.configValue("user.email") ?? "";
  const configured = cleanSignature(signature(name, email, now));
  return configured.name && configured.email ? configured : ownSignature(now);
}

/** Whether a commit can be this author's. */
export function isAuthor(author: string): boolean {
  return readAuthor(author, new Date()) !== null;
}

function parseAuthor(author: string, now: Date): Signature {
  const given = readAuthor(author, now);
  if (given !== null) return given;
  throw new CommitError(
    `Cannot commit as the author ${JSON.stringify(author)}: an author is "Name <email>"`,
  );
}

function readAuthor(author: string, now: Date): Signature | null {
  const [, name = "", email = ""] = /^\s*([^<>\n\0]*?)\s*<([^<>\s\0]+)>\s*$/.exec(author) ?? [];
  const given = cleanSignature(signature(name, email, now));
  return name && email && given.name === name && given.email === email ? given : null;
}

function signature(name: string, email: string, now: Date): Signature {
  return { name, email, timestamp: Math.floor(now.getTime() / 1000), timezoneOffset: 0 };
}
