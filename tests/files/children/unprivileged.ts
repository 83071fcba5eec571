/**
 * Meets what the operating system refuses to an ordinary user, and says how each refusal came out.
 *
 * @module
 */

import { AgentFSError } from "../../../src/errors.ts";
import { copy } from "../../../src/files/copy.ts";
import { mkdir } from "../../../src/files/directory.ts";
import { listDir } from "../../../src/files/list.ts";
import { chmod } from "../../../src/files/mode.ts";
import { move } from "../../../src/files/move.ts";
import { remove } from "../../../src/files/remove.ts";
import { openStream } from "../../../src/files/stream.ts";
import { writeFile } from "../../../src/files/write.ts";
import { readFile, Workshop } from "../workshop.ts";

const shop = new Workshop(Deno.args[0]!);

await writeFile(shop, "/secret", "", { mode: 0 });
await writeFile(shop, "/locked/file", "");
await writeFile(shop, "/locked/sub/file", "");
await writeFile(shop, "/closed/file", "");
await writeFile(shop, "/tree/locked/file", "");
for (const path of ["/locked/sub", "/locked", "/tree/locked"]) await chmod(shop, path, 0o555);
await chmod(shop, "/closed", 0);

const calls: Record<string, () => Promise<unknown>> = {
  "read a file without permission": () => readFile(shop, "/secret"),
  "stream a file without permission": () => openStream(shop, "/secret"),
  "append to a file without permission": () => writeFile(shop, "/secret", "x", { append: true }),
  "copy a file without permission": () => copy(shop, "/secret", "/copied"),
  "list a closed directory": () => listDir(shop, "/closed"),
  "list all with a closed directory": () => listDir(shop, "/", { recursive: true }),
  "read in a closed directory": () => readFile(shop, "/closed/file"),
  "copy a tree with a closed directory": () => copy(shop, "/closed", "/copied"),
  "write in a locked directory": () => writeFile(shop, "/locked/new", "x"),
  "make parents in a locked directory": () => writeFile(shop, "/locked/a/b", "x"),
  "create in a locked directory": () => writeFile(shop, "/locked/new", "x", { createNew: true }),
  "make a directory in a locked directory": () => mkdir(shop, "/locked/new"),
  "delete in a locked directory": () => remove(shop, "/locked/file"),
  "delete a directory in a locked directory": () =>
    remove(shop, "/locked/sub", { recursive: true }),
  "move out of a locked directory": () => move(shop, "/locked/file", "/new/file"),
  "move a locked directory": () => move(shop, "/locked", "/new/locked"),
  "change the mode of somebody's file": () => chmod(shop, "/somebody", 0o777),
  "copy a locked directory": () => copy(shop, "/locked", "/copied"),
  "replace somebody's file": () => writeFile(shop, "/somebody", "mine"),
  "delete a tree with a locked directory": () => remove(shop, "/tree", { recursive: true }),
};

const report: Record<string, string> = {};
for (const [name, call] of Object.entries(calls)) {
  try {
    await call();
    report[name] = "done";
  } catch (error) {
    report[name] = error instanceof AgentFSError
      ? `${error.code}: ${error.message}`
      : `RAW: ${error}`;
  }
}
report.names = [...Deno.readDirSync(shop.root)].map(({ name }) => name).sort().join(" ");
report.leftovers = shop.leftovers().join(" ");
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
