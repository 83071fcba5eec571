/**
 * The owner's branches, tags and remote branches, as the git inside sees them: in `packed-refs`, where
 * whatever an agent makes lies over them. Other workspaces' branches and our own refs are not among them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { StoreError } from "../errors.ts";
import { isRefName, type RefReader } from "../git/refs.ts";
import { readDirectory } from "../platform/fs.ts";
import { look, stamp } from "./stamp.ts";

const PREFIXES = ["refs/heads/", "refs/tags/", "refs/remotes/"];
const OURS = "refs/heads/agentfs";

/** What changed less than this ago may change again without looking different. */
const SETTLED_MS = 1000;
/** No stamp, and in no name of a ref. */
const UNSETTLED = "?";

/**
 * The owner's refs as lines of a `packed-refs` file; `null` where one of them is damaged, so that there is
 * no saying which there are.
 */
export function ownersRefs(refs: RefReader): string | null {
  try {
    return PREFIXES.flatMap((prefix) => refs.list(prefix))
      .filter(({ ref }) => !ref.startsWith(`${OURS}/`))
      .map(({ ref, oid }) => `${oid} ${ref}\n`).join("");
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

/**
 * What tells whether any of them has changed: git replaces a ref's file, which changes its directory.
 * A line for each directory, and for `packed-refs`.
 */
export function ownersRefsFacts(commonDirectory: string): string {
  const paths = PREFIXES.flatMap((prefix) =>
    directoriesBelow(commonDirectory, prefix.slice(0, -1))
  );
  const recent = Date.now() - SETTLED_MS;
  return ["packed-refs", ...paths].map((path) => {
    const stat = look(`${commonDirectory}/${path}`);
    const isSettled = stat === null || stat.mtime < recent;
    return `${isSettled ? stamp(`${commonDirectory}/${path}`) : UNSETTLED} ${path}`;
  }).join("\n");
}

/** Whether they are as they were when `facts` were found; never while they could change unseen. */
export function areOwnersRefs(commonDirectory: string, facts: string): boolean {
  return facts.split("\n").every((line) => {
    const space = line.indexOf(" ");
    return stamp(`${commonDirectory}/${line.slice(space + 1)}`) === line.slice(0, space);
  });
}

/** Whether they were looked at so soon after a change that another one might look the same. */
export function mayChangeUnseen(facts: string): boolean {
  return facts.includes(UNSETTLED);
}

function directoriesBelow(commonDirectory: string, path: string): string[] {
  if (path === OURS) return [];
  const entries = readDirectory(`${commonDirectory}/${path}`) ?? [];
  const directories = entries.filter(({ isDirectory }) => isDirectory);
  return [
    path,
    ...directories.flatMap(({ name }) => directoriesBelow(commonDirectory, `${path}/${name}`)),
  ];
}

const LINE = /^[0-9a-f]{40} (refs\/.*)$/;

/**
 * The `packed-refs` of the private repository with the owner's refs as they are now: those lines of it
 * that were not given to it `before` are the agent's own, and stay.
 */
export function mergePackedRefs(current: string, before: string, now: string): string {
  const given = new Set(before.split("\n"));
  const lines = new Map(linesByRef(now));
  for (const [ref, line] of linesByRef(current)) if (!given.has(line)) lines.set(ref, line);
  const sorted = [...lines].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return "# pack-refs with: sorted \n" + sorted.map(([, line]) => `${line}\n`).join("");
}

function linesByRef(text: string): [ref: string, line: string][] {
  return text.split("\n").flatMap((line) => {
    const ref = LINE.exec(line)?.[1];
    return ref === undefined || !isRefName(ref) ? [] : [[ref, line] as [string, string]];
  });
}
