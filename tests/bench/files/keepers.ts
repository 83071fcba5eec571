/**
 * Who keeps files in this process: AgentFS, and the floor, Deno's own synchronous calls.
 *
 * @module
 */

import type { Workspace } from "@agentfs/sdk";
import type { Keeper } from "./file_rounds.ts";

/** A workspace. */
export function agentfsKeeper(workspace: Workspace): Keeper {
  return {
    mkdir: (path) => workspace.mkdir(path),
    write: (path, content) => workspace.writeFile(path, content),
    read: (path) => workspace.readFile(path),
    stat: (path) => workspace.stat(path),
    move: (from, to) => workspace.move(from, to),
    delete: (path) => workspace.delete(path),
    writeLarge: async (path, piece, count) => {
      await using stream = await workspace.openStream(path, "w");
      for (let i = 0; i < count; i++) await stream.write(piece);
    },
    readLarge: async (path, pieceBytes) => {
      await using stream = await workspace.openStream(path);
      while (await stream.read(pieceBytes) !== null);
    },
  };
}

/** A directory. */
export function denoKeeper(root: string): Keeper {
  return {
    mkdir: (path) => Deno.mkdirSync(root + path),
    write: (path, content) => Deno.writeFileSync(root + path, content),
    read: (path) => Deno.readTextFileSync(root + path),
    stat: (path) => Deno.statSync(root + path),
    move: (from, to) => Deno.renameSync(root + from, root + to),
    delete: (path) => Deno.removeSync(root + path),
    writeLarge: (path, piece, count) => {
      using file = Deno.openSync(root + path, { write: true, create: true });
      for (let i = 0; i < count; i++) {
        for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
      }
    },
    readLarge: (path, pieceBytes) => {
      using file = Deno.openSync(root + path);
      const piece = new Uint8Array(pieceBytes);
      while (file.readSync(piece) !== null);
    },
  };
}
