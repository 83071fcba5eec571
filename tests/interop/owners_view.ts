/**
 * What the owner of a base sees of it: every file but ours, byte for byte.
 *
 * @module
 */

import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Base } from "./project.ts";

/** Each path with its kind, permission bits, owner, mtime and content. */
type View = ReadonlyMap<string, string>;

/** Looks at everything in a base and around it. */
export function ownersView({ path, store, watched = [path] }: Base): View {
  const view = new Map<string, string>();
  const ours = [
    `${path}/.agentfs`,
    `${store}/agentfs`,
    `${store}/logs/refs/heads/agentfs`,
    `${store}/refs/agentfs`,
    `${store}/refs/heads/agentfs`,
  ];
  const isOurs = (path: string): boolean =>
    ours.includes(path) || path === `${store}/worktrees` ||
    path.startsWith(`${store}/worktrees/agentfs-`);
  const look = (path: string): void => {
    const stat = Deno.lstatSync(path);
    if (!isOurs(path)) view.set(path, facts(path, stat));
    else if (path !== `${store}/worktrees`) return;
    if (!stat.isDirectory) return;
    for (const { name } of Deno.readDirSync(path)) look(`${path}/${name}`);
  };
  for (const directory of watched) look(directory);
  return view;
}

function facts(path: string, stat: Deno.FileInfo): string {
  const owner = `${stat.mode?.toString(8)} ${stat.uid}:${stat.gid}`;
  if (stat.isDirectory) return owner;
  if (stat.isSymlink) return `${owner} ${Deno.readLinkSync(path)}`;
  if (path.endsWith("/packed-refs")) {
    const refs = Deno.readTextFileSync(path).split("\n");
    return `${owner} ${refs.filter((ref) => !/ refs\/(heads\/)?agentfs\//.test(ref)).join("\n")}`;
  }
  const content = createHash("sha1").update(Deno.readFileSync(path)).digest("hex");
  // Git, ours or the oracle's, sets the time of an object that it would have written again.
  return path.includes("/objects/") ? content : `${owner} ${stat.mtime?.getTime()} ${content}`;
}

/** Fails where anything that the owner had is not as it was, or where there is more than objects. */
export function assertUntouched(base: Base, before: View): void {
  const after = ownersView(base);
  const differences: string[] = [];
  for (const [path, facts] of before) {
    const now = after.get(path);
    if (now !== facts) differences.push(`${path}: ${facts} became ${now ?? "nothing"}`);
  }
  for (const path of after.keys()) {
    if (!before.has(path) && !path.startsWith(`${base.store}/objects/`)) {
      differences.push(`${path} is new`);
    }
  }
  assert.deepEqual(differences, []);
}
