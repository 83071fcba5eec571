/**
 * Everything in a directory as data that can be compared: to show that a call changed nothing.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What any call may touch and nobody sees: locks, sessions, temporary files, caches, notes, the log. */
const TRANSIENT = new RegExp(
  [
    "/agentfs/(cache|locks|sessions|tmp)/",
    "/\\.agentfs/tmp/",
    "/agentfs/inside/[^/]+/note\\.json$",
    "/agentfs/agentfs\\.db[^/]*$",
  ].join("|"),
);

/** Each path below `directory` with its kind, permission bits and the hash of its content. */
export function everythingBelow(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  look(directory);
  return found;

  function look(path: string): void {
    if (TRANSIENT.test(path)) return;
    const stat = Deno.lstatSync(path);
    const mode = ((stat.mode ?? 0) & 0o7777).toString(8);
    const shown = path.slice(directory.length);
    if (stat.isDirectory) {
      found[`${shown}/`] = mode;
      for (const { name } of Deno.readDirSync(path)) look(`${path}/${name}`);
    } else if (stat.isSymlink) found[shown] = `-> ${Deno.readLinkSync(path)}`;
    else if (!stat.isFile) found[shown] = "special";
    else {
      const hash = createHash("sha1").update(Deno.readFileSync(path)).digest("hex");
      found[shown] = `${mode} ${hash}`;
    }
  }
}
