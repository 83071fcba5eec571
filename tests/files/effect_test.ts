import assert from "node:assert/strict";
import type { FileEffect } from "../../src/changes.ts";
import { copy } from "../../src/files/copy.ts";
import { mkdir } from "../../src/files/directory.ts";
import { symlink } from "../../src/files/links.ts";
import { chmod } from "../../src/files/mode.ts";
import { move } from "../../src/files/move.ts";
import { remove } from "../../src/files/remove.ts";
import { openStream } from "../../src/files/stream.ts";
import { writeFile } from "../../src/files/write.ts";
import { tryGit } from "../git.ts";
import { type Workshop, workshop } from "./workshop.ts";

const MEBIBYTE = 1024 * 1024;

/** The id that git gives to a content. */
async function idOf(shop: Workshop, content: string | Uint8Array): Promise<string> {
  const options = { stdin: content };
  return (await tryGit(shop.outside, ["hash-object", "--stdin"], options)).stdout.trim();
}

function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

Deno.test("changes tell the ids that git gives, whatever the size and the way", async () => {
  await using shop = await workshop();
  const sizes = [0, 1, 4096, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE + 3];
  let before: { size: number | null; oid: string | null } = { size: null, oid: null };
  for (const size of sizes) {
    const bytes = noise(size);
    const text = "é".repeat(size / 2);
    const ways: [Uint8Array | string, () => Promise<FileEffect>][] = [
      [bytes, () => writeFile(shop, "/file", bytes)],
      [text, () => writeFile(shop, "/file", text)],
      [bytes, () => writeFile(shop, "/file", new Blob([bytes]).stream())],
    ];
    for (const [content, write] of ways) {
      const length = content instanceof Uint8Array ? content.length : 2 * content.length;
      const after = { size: length, oid: await idOf(shop, content) };
      const effect = await write();
      assert.deepEqual(effect, {
        path: "/file",
        sizeBefore: before.size,
        sizeAfter: after.size,
        oidBefore: before.oid,
        oidAfter: after.oid,
      });
      before = after;
    }
    const appended = await writeFile(shop, "/file", bytes, { append: true });
    const both = new Uint8Array(await new Blob([bytes, bytes]).arrayBuffer());
    assert.equal(appended.oidBefore, before.oid);
    assert.deepEqual([appended.sizeAfter, appended.oidAfter], [2 * size, await idOf(shop, both)]);
    const copied = await copy(shop, "/file", `/copy-${size}`);
    assert.deepEqual(copied, {
      path: `/copy-${size}`,
      from: "/file",
      sizeBefore: null,
      sizeAfter: 2 * size,
      oidBefore: null,
      oidAfter: appended.oidAfter,
    });
    before = { size: appended.sizeAfter, oid: appended.oidAfter };
  }
});

Deno.test("changes tell the path as it was resolved, and what a link is", async () => {
  await using shop = await workshop();
  await mkdir(shop, "/dir");
  const made = await symlink(shop, "dir", "/link");
  const oid = await idOf(shop, "dir");
  const none = { sizeBefore: null, oidBefore: null };
  assert.deepEqual(made, { path: "/link", ...none, sizeAfter: 3, oidAfter: oid });
  const written = await writeFile(shop, "link/../link/./file", "x");
  assert.equal(written.path, "/dir/file");
  const moved = await move(shop, "/link/file", "/link/other");
  assert.deepEqual([moved.from, moved.path], ["/dir/file", "/dir/other"]);
  const copied = await copy(shop, "/link", "/dir/other");
  assert.equal(copied.oidBefore, written.oidAfter);
  assert.deepEqual([copied.sizeAfter, copied.oidAfter], [3, oid]);
  const changed = await chmod(shop, "/dir", 0o700);
  assert.deepEqual(changed, { path: "/dir", ...none, sizeAfter: null, oidAfter: null });
  const removed = await remove(shop, "/link");
  assert.deepEqual([removed.oidBefore, removed.oidAfter], [oid, null]);
});

Deno.test("copies and deletions of directories tell how many files and links went along", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/top/a/file", "x");
  await writeFile(shop, "/top/b/c/file", "y");
  await mkdir(shop, "/top/empty");
  await symlink(shop, "a", "/top/link");
  const none = { sizeBefore: null, sizeAfter: null, oidBefore: null, oidAfter: null };
  assert.deepEqual(await copy(shop, "/top", "/to"), {
    path: "/to",
    from: "/top",
    ...none,
    entries: 3,
  });
  assert.deepEqual(await move(shop, "/to", "/there"), { path: "/there", from: "/to", ...none });
  assert.deepEqual(await remove(shop, "/there", { recursive: true }), {
    path: "/there",
    ...none,
    entries: 3,
  });
  assert.equal((await remove(shop, "/top/empty")).entries, 0);
});

Deno.test("writes at the same time each tell what they really replaced", async () => {
  await using shop = await workshop();
  const effects = await Promise.all(
    Array.from({ length: 50 }, (_, i) => writeFile(shop, "/file", `${i}`, { append: i % 2 > 0 })),
  );
  const next = new Map(effects.map((effect) => [effect.oidBefore, effect.oidAfter]));
  assert.equal(next.size, 50);
  let oid: string | null | undefined = null;
  for (let i = 0; i < 50; i++) oid = next.get(oid as string | null);
  assert.equal(oid, await idOf(shop, await Deno.readFile(shop.at("/file"))));
});

Deno.test("changes tell sizes and no ids where they are not to identify anything", async () => {
  await using shop = await workshop();
  shop.identify = false;
  const [oidBefore, oidAfter] = [null, null];
  const written = await writeFile(shop, "/file", "one");
  assert.deepEqual(written, { path: "/file", sizeBefore: null, sizeAfter: 3, oidBefore, oidAfter });
  const appended = await writeFile(shop, "/file", "two", { append: true });
  assert.deepEqual(appended, { path: "/file", sizeBefore: 3, sizeAfter: 6, oidBefore, oidAfter });
  const linked = await symlink(shop, "file", "/link");
  assert.deepEqual(linked, { path: "/link", sizeBefore: null, sizeAfter: 4, oidBefore, oidAfter });
  const moved = await move(shop, "/file", "/link");
  const from = "/file";
  assert.deepEqual(moved, {
    path: "/link",
    from,
    sizeBefore: 4,
    sizeAfter: 6,
    oidBefore,
    oidAfter,
  });
});

Deno.test("changes need not be able to read what they replace", async () => {
  await using shop = await workshop();
  const script = 'ln -s "$(printf "\\377")" "$0"';
  await new Deno.Command("sh", { args: ["-c", script, shop.at("/link")] }).output();
  assert.deepEqual(await copy(shop, "/link", "/copy"), {
    path: "/copy",
    from: "/link",
    sizeBefore: null,
    sizeAfter: 1,
    oidBefore: null,
    oidAfter: null,
  });
  assert.equal((await remove(shop, "/copy")).sizeBefore, 1);
  assert.equal((await move(shop, "/link", "/moved")).sizeAfter, 1);
  await new Deno.Command("mkfifo", { args: [shop.at("/fifo")] }).output();
  assert.equal((await move(shop, "/fifo", "/other")).oidAfter, null);
  assert.equal((await remove(shop, "/other")).sizeBefore, null);
});

/** What a stream told at its end, once. */
function listener() {
  const told: { effect: FileEffect | null; error: unknown }[] = [];
  const ended = async (effect: FileEffect | null, error?: unknown) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    told.push({ effect, error });
  };
  return { told, ended };
}

Deno.test("a stream tells what it did before close() is done, and no more than once", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/file", "old");
  const { told, ended } = listener();
  for (const [mode, content] of [["w", "new"], ["a", "newnew"]] as const) {
    told.length = 0;
    const stream = await openStream(shop, "/file", mode, ended);
    await stream.write("new");
    assert.equal(told.length, 0);
    await Promise.all([stream.close(), stream.close()]);
    assert.equal(told.length, 1);
    assert.equal(told[0]?.effect?.oidAfter, await idOf(shop, content));
    assert.equal(told[0]?.effect?.oidBefore, await idOf(shop, mode === "w" ? "old" : "new"));
    assert.equal(told[0]?.error, undefined);
  }
  told.length = 0;
  await (await openStream(shop, "/file", "r", ended)).close();
  assert.equal(told.length, 0);
});

Deno.test("a stream tells why nothing came of it", async () => {
  await using shop = await workshop();
  const { told, ended } = listener();
  const reason = new Error("no more");

  const aborted = await openStream(shop, "/file", "w", ended);
  await aborted.write("x");
  await aborted.writable.abort(reason);
  await aborted.close();
  assert.deepEqual(told.splice(0), [{ effect: null, error: reason }]);

  const failed = await openStream(shop, "/file", "w", ended);
  await assert.rejects(failed.write("\ud800"), { code: "EncodingError" });
  await assert.rejects(failed.close(), { code: "EncodingError" });
  assert.equal((told[0]?.error as { code?: string }).code, "EncodingError");
  assert.equal(told.splice(0).length, 1);

  const blocked = await openStream(shop, "/file", "w", ended);
  await mkdir(shop, "/file");
  await assert.rejects(blocked.close(), { code: "IsADirectoryError" });
  assert.equal((told[0]?.error as { code?: string }).code, "IsADirectoryError");
  assert.equal(told.splice(0).length, 1);

  const piped = await openStream(shop, "/piped", "w", ended);
  const wrong = ReadableStream.from([1 as unknown as Uint8Array]);
  await assert.rejects(wrong.pipeTo(piped.writable), TypeError);
  assert.equal(told.splice(0).length, 1);
  assert.deepEqual(shop.leftovers(), []);
});
