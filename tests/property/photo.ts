/**
 * The plain model of a workspace: everything on disk, looked at with no cache and no cleverness.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What is at one path. `oid` is the id that git has for the content, or for a link's target. */
export type Item =
  | { readonly kind: "file"; readonly permissions: number; readonly mode: number; oid: string }
  | { readonly kind: "link"; readonly mode: number; readonly oid: string }
  | { readonly kind: "directory"; readonly permissions: number };

/** Everything in a directory, by paths that start with `/`; a directory comes before what it holds. */
export type Photo = ReadonlyMap<string, Item>;

/** Looks at everything below `directory` but its `.git`. */
export function photograph(directory: string): Photo {
  const photo = new Map<string, Item>();
  const look = (path: string): void => {
    for (const { name } of Deno.readDirSync(directory + path)) {
      const below = `${path}/${name}`;
      if (below === "/.git") continue;
      const item = itemAt(directory + below);
      photo.set(below, item);
      if (item.kind === "directory") look(below);
    }
  };
  look("");
  return photo;
}

function itemAt(path: string): Item {
  const stat = Deno.lstatSync(path);
  const permissions = stat.mode! & 0o7777;
  if (stat.isDirectory) return { kind: "directory", permissions };
  if (stat.isSymlink) {
    const target = new TextEncoder().encode(Deno.readLinkSync(path));
    return { kind: "link", mode: 0o120000, oid: blobId(target) };
  }
  const mode = permissions & 0o100 ? 0o100755 : 0o100644;
  return { kind: "file", permissions, mode, oid: blobId(Deno.readFileSync(path)) };
}

/** The id of a blob, as gitformat says. */
export function blobId(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

/** What differs between two photos, as `status` and `restore` tell it: `M 100644 <oid> 100755 <oid>`. */
export function differences(before: Photo, after: Photo): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [side(before.get(path)), side(after.get(path))];
    if (old === now) continue;
    if (old === null) found.set(path, `added ${now}`);
    else if (now === null) found.set(path, `deleted ${old}`);
    else found.set(path, `modified ${old} ${now}`);
  }
  return found;
}

/** What git knows of an item: nothing of a directory, nor of other permission bits than one. */
function side(item: Item | undefined): string | null {
  if (item === undefined || item.kind === "directory") return null;
  return `${item.mode.toString(8)} ${item.oid}`;
}
