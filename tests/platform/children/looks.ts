/**
 * Says what it finds at a directory and at the file in it, and again when it has given its permission to
 * read back.
 *
 * @module
 */

import { lstat, readDirectory } from "../../../src/platform/fs.ts";
import { nativeStat } from "../../../src/platform/libc.ts";

const [path] = Deno.args as [string];

function outcome(look: () => unknown): string {
  try {
    return look() === null ? "missing" : "found";
  } catch (error) {
    return (error as Error).name;
  }
}

const file = () => lstat(`${path}/file`);
const found = [outcome(file), outcome(() => readDirectory(path))].join(", ");
const isNative = nativeStat(`${path}/file`, false) !== undefined;
Deno.permissions.revokeSync({ name: "read" });
Deno.permissions.revokeSync({ name: "read", path: `${path}/file` });
const said = `native: ${isNative}, ${found}; given back: ${outcome(file)}`;
Deno.stdout.writeSync(new TextEncoder().encode(said));
