/**
 * What the owner of a base sees of it: every file, byte for byte.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Base } from "./bases.ts";

/** Each path with its kind, permission bits, owner, mtime and content. */
type View = ReadonlyMap<string, string>;

/** Where AgentFS may add something, in a repository. */
const ADDITIONS = new RegExp(
  "(^|/)\\.git/(" + [
    "agentfs",
    "objects",
    "refs/agentfs",
    "refs/heads/agentfs",
    "logs/refs/heads/agentfs",
    "worktrees/agentfs-[^/]+",
  ].join("|") + ")(/|$)|/\\.git/worktrees$|/\\.agentfs(/|$)",
);

/** Looks at everything in a base and around it. */
export function ownersView({ path, watched = [path] }: Base): View {
  const view = new Map<string, string>();
  for (const directory of watched) look(view, directory);
  return view;
}

function look(view: Map<string, string>, path: string): void {
  const stat = Deno.lstatSync(path);
  const owner = `${stat.mode?.toString(8)} ${stat.uid}:${stat.gid}`;
  if (stat.isDirectory) {
    view.set(path, owner);
    for (const { name } of Deno.readDirSync(path)) look(view, `${path}/${name}`);
    return;
  }
  const content = stat.isSymlink
    ? Deno.readLinkSync(path)
    : createHash("sha1").update(Deno.readFileSync(path)).digest("hex");
  // Git, ours or the oracle's, sets the time of an object that it would have written again.
  const time = path.includes("/objects/") ? "" : stat.mtime?.getTime();
  view.set(path, `${owner} ${time} ${content}`);
}

/** Fails where anything that the owner had is not as it was, or where something new is not ours. */
export function assertUntouched(base: Base, before: View): void {
  const after = ownersView(base);
  const differences: string[] = [];
  for (const [path, facts] of before) {
    const now = after.get(path);
    if (now !== facts) differences.push(`${path}: ${facts} became ${now ?? "nothing"}`);
  }
  const additions = base.config?.store === "own" ? /\/\.agentfs(\/|$)/ : ADDITIONS;
  for (const path of after.keys()) {
    if (!before.has(path) && !additions.test(path)) differences.push(`${path} is new`);
  }
  assert.deepEqual(differences, []);
}
