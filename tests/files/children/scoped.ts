/**
 * Calls every file method under the permissions that it is run with, and says what went otherwise
 * than it should.
 *
 * @module
 */

import { AgentFSError } from "../../../src/errors.ts";
import { copy } from "../../../src/files/copy.ts";
import { mkdir } from "../../../src/files/directory.ts";
import { readLink, symlink } from "../../../src/files/links.ts";
import { listDir } from "../../../src/files/list.ts";
import { chmod } from "../../../src/files/mode.ts";
import { move } from "../../../src/files/move.ts";
import { remove } from "../../../src/files/remove.ts";
import { exists, stat } from "../../../src/files/stat.ts";
import { openStream } from "../../../src/files/stream.ts";
import { writeFile } from "../../../src/files/write.ts";
import { readFile, Workshop } from "../workshop.ts";

const shop = new Workshop(Deno.args[0]!);
const failed: string[] = [];
const expect = (what: string, holds: boolean) => holds || failed.push(what);

async function errorOf(call: Promise<unknown>): Promise<AgentFSError | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof AgentFSError) return error;
    throw error;
  }
}

await writeFile(shop, "/dir/file", "one", { mode: 0o640, createNew: true });
await writeFile(shop, "/link", " two", { append: true });
expect("write and read", await readFile(shop, "/link") === "one two");
await mkdir(shop, "/dir/sub");
await copy(shop, "/link", "/dir/sub/link");
await copy(shop, "/dir", "/copied");
expect("copied link", await readLink(shop, "/copied/sub/link") === "dir/file");
await copy(shop, "/dir/file", "/copied/other");
await move(shop, "/copied/other", "/moved");
await move(shop, "/link", "/dir/link");
await chmod(shop, "/moved", 0o600);
Deno.linkSync(shop.at("/moved"), shop.at("/second"));
await chmod(shop, "/second", 0o644);
expect("chmod", (await stat(shop, "/moved")).mode === 0o600);
expect("exists", await exists(shop, "/second") && await exists(shop));
{
  await using stream = await openStream(shop, "/streamed", "w");
  await stream.write("streamed");
}
await using stream = await openStream(shop, "/streamed");
expect("stream", new TextDecoder().decode(await stream.read(100) ?? undefined) === "streamed");
await remove(shop, "/copied", { recursive: true });
await remove(shop, "/second");
const paths = (await listDir(shop, "/", { recursive: true })).map(({ path }) => path).join(" ");
const expected =
  "/dir /dir/file /dir/link /dir/sub /dir/sub/link /moved /out /out-directory /streamed";
expect(`list ${paths}`, paths === expected);
expect("leftovers", shop.leftovers().length === 0);

const refused: Record<string, string | undefined> = {};
for (const path of ["/out", "/out-directory/secret"]) {
  refused[path] = (await errorOf(readFile(shop, path)))?.code;
  expect(`write ${path}`, (await errorOf(writeFile(shop, path, "x")))?.code === "PathError");
}
const link = await errorOf(symlink(shop, "dir", "/new"));
const report = { refused, code: link?.code, message: link?.message, failed };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(report)));
