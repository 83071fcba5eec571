import assert from "node:assert/strict";
import { writeFile } from "../../src/files/write.ts";
import { readFile, type Workshop, workshop } from "./workshop.ts";

const MEBIBYTE = 1024 * 1024;

function modeOf(path: string): string {
  return (Deno.lstatSync(path).mode! & 0o7777).toString(8);
}

function streamOf(...chunks: unknown[]): ReadableStream<Uint8Array> {
  const stream: unknown = ReadableStream.from(chunks);
  return stream as ReadableStream<Uint8Array>;
}

/** Everything in the workspace, and what is left of unfinished work. */
function traces(shop: Workshop): string[] {
  return [...[...Deno.readDirSync(shop.root)].map(({ name }) => name).sort(), ...shop.leftovers()];
}

Deno.test("writeFile() writes text, bytes and streams, and makes the directories above", async () => {
  await using shop = await workshop();
  await writeFile(shop, "/new/deep/file", "héllo 🦕");
  assert.equal(await readFile(shop, "/new/deep/file"), "héllo 🦕");
  await writeFile(shop, "new/deep/file", Uint8Array.of(104, 105));
  assert.equal(await readFile(shop, "/new/deep/file"), "hi");
  await writeFile(
    shop,
    "/stream",
    streamOf(Uint8Array.of(104), Uint8Array.of(), Uint8Array.of(105)),
  );
  assert.equal(await readFile(shop, "/stream"), "hi");
  await writeFile(shop, "/empty", "");
  assert.equal(await readFile(shop, "/empty"), "");
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("writeFile() writes big data whole when characters lie across slices", async () => {
  await using shop = await workshop();
  for (const shift of ["", "x"]) {
    const text = shift + "🦕".repeat(MEBIBYTE);
    await writeFile(shop, "/text", text);
    assert(await Deno.readTextFile(shop.at("/text")) === text);
    const bytes = new TextEncoder().encode(text);
    await writeFile(shop, "/bytes", bytes);
    assert(await Deno.readTextFile(shop.at("/bytes")) === text);
    await writeFile(shop, "/stream", streamOf(bytes));
    assert(await Deno.readTextFile(shop.at("/stream")) === text);
  }
});

Deno.test("writeFile() leaves the event loop free when the data is big", async () => {
  await using shop = await workshop();
  for (const data of ["x".repeat(192 * MEBIBYTE), new Uint8Array(192 * MEBIBYTE)]) {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await writeFile(shop, "/file", data);
    clearInterval(timer);
    assert(turns > 0, `${turns} turns`);
  }
});

Deno.test("writeFile() keeps the mode of what it replaces, and sets the mode it is given", async () => {
  await using shop = await workshop();
  const file = shop.at("/file");
  await Deno.writeTextFile(file, "old");
  for (const mode of [0o755, 0o600, 0o4755, 0o444]) {
    await Deno.chmod(file, mode);
    await writeFile(shop, "/file", "new");
    assert.equal(modeOf(file), mode.toString(8));
    await writeFile(shop, "/file", " more", { append: true });
    assert.equal(modeOf(file), mode.toString(8));
  }
  assert.equal(await Deno.readTextFile(file), "new more");
  for (const mode of [0, 0o640, 0o7777]) {
    await writeFile(shop, "/file", "", { mode });
    assert.equal(modeOf(file), mode.toString(8));
    await writeFile(shop, `/new-${mode}`, "", { mode, createNew: true });
    assert.equal(modeOf(shop.at(`/new-${mode}`)), mode.toString(8));
  }
  await writeFile(shop, "/plain", "");
  await Deno.writeTextFile(shop.at("/as-umask-says"), "");
  assert.equal(modeOf(shop.at("/plain")), modeOf(shop.at("/as-umask-says")));
  for (const mode of [-1, 0o10000, 1.5, NaN]) {
    await assert.rejects(writeFile(shop, "/file", "x", { mode }), RangeError);
  }
});

Deno.test("writeFile() keeps the owner when root writes somebody's file", async () => {
  if (Deno.uid() !== 0) return;
  await using shop = await workshop();
  await Deno.writeTextFile(shop.at("/file"), "old");
  await Deno.chown(shop.at("/file"), 65534, 65534);
  await Deno.chmod(shop.at("/file"), 0o4711);
  await writeFile(shop, "/file", "new");
  const { uid, gid } = await Deno.lstat(shop.at("/file"));
  assert.deepEqual([uid, gid, modeOf(shop.at("/file"))], [65534, 65534, "4711"]);
});

Deno.test("writeFile() appends to what is there, and starts a file where nothing is", async () => {
  await using shop = await workshop();
  const append = true;
  await writeFile(shop, "/dir/log", "one\n", { append });
  await writeFile(shop, "/dir/log", new TextEncoder().encode("two\n"), { append });
  await writeFile(shop, "/dir/log", streamOf(new TextEncoder().encode("three\n")), { append });
  assert.equal(await readFile(shop, "/dir/log"), "one\ntwo\nthree\n");
  const big = "x".repeat(3 * MEBIBYTE + 1);
  await writeFile(shop, "/big", big);
  await writeFile(shop, "/big", big, { append });
  assert(await readFile(shop, "/big") === big + big);
  assert.deepEqual(shop.leftovers(), []);
});

Deno.test("writeFile() loses no append when many run at once", async () => {
  await using shop = await workshop();
  const lines = Array.from({ length: 50 }, (_, i) => `${i}\n`);
  await Promise.all(lines.map((line) => writeFile(shop, "/log", line, { append: true })));
  const read = (await readFile(shop, "/log")).match(/.*\n/g)!;
  assert.deepEqual(read.sort(), lines.sort());
});

Deno.test("writeFile() with createNew throws a FileExistsError when anything is there", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await Deno.writeTextFile(shop.at("/file"), "old");
  await Deno.symlink("gone", shop.at("/dangling"));
  await Deno.symlink(`${shop.outside}/new`, shop.at("/out"));
  for (const path of ["/dir", "/file", "/dangling", "/out"]) {
    for (const data of ["new", streamOf(Uint8Array.of(1))]) {
      const writing = writeFile(shop, path, data, { createNew: true });
      await assert.rejects(writing, { code: "FileExistsError", path });
    }
  }
  assert.equal(await readFile(shop, "/file"), "old");
  assert.deepEqual(traces(shop), [".git", "dangling", "dir", "file", "out"]);
});

Deno.test("writeFile() with createNew lets one of many win", async () => {
  await using shop = await workshop();
  const tries = Array.from({ length: 20 }, (_, i) => {
    return writeFile(shop, "/file", `${i}`, { createNew: true });
  });
  const results = await Promise.allSettled(tries);
  const winners = results.flatMap(({ status }, i) => status === "fulfilled" ? [`${i}`] : []);
  assert.deepEqual(winners, [await readFile(shop, "/file")]);
});

Deno.test("writeFile() follows links that stay inside, and keeps them", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await Deno.writeTextFile(shop.at("/dir/file"), "old");
  await Deno.symlink("dir/file", shop.at("/link"));
  await Deno.symlink("dir", shop.at("/to-dir"));
  await Deno.symlink("dir/made", shop.at("/dangling"));
  await writeFile(shop, "/link", "through the link");
  assert.equal(await Deno.readTextFile(shop.at("/dir/file")), "through the link");
  await writeFile(shop, "/to-dir/new/file", "new");
  assert.equal(await Deno.readTextFile(shop.at("/dir/new/file")), "new");
  await writeFile(shop, "/dangling", "made");
  assert.equal(await Deno.readTextFile(shop.at("/dir/made")), "made");
  for (const link of ["/link", "/to-dir", "/dangling"]) {
    assert((await Deno.lstat(shop.at(link))).isSymlink);
  }
});

Deno.test("writeFile() leaves the old file, and cancels the stream, when the stream fails", async () => {
  await using shop = await workshop();
  await Deno.writeTextFile(shop.at("/file"), "old");
  const failure = new Error("the source failed");
  for (const append of [false, true]) {
    const failing = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (controller.desiredSize === 0) return;
        controller.enqueue(Uint8Array.of(1));
        controller.error(failure);
      },
    });
    await assert.rejects(writeFile(shop, "/file", failing, { append }), failure);
    await assert.rejects(
      writeFile(shop, "/new/file", streamOf(Uint8Array.of(1), 2)),
      TypeError,
    );
  }
  assert.equal(await readFile(shop, "/file"), "old");
  assert.deepEqual(traces(shop), [".git", "file"]);
});

Deno.test("writeFile() cancels the stream when it refuses the path", async () => {
  await using shop = await workshop();
  let reason: unknown;
  let pulled = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: () => void pulled++,
    cancel: (given) => void (reason = given),
  }, { highWaterMark: 0 });
  const writing = writeFile(shop, "/../out", stream);
  await assert.rejects(writing, { code: "PathError" });
  assert.deepEqual([pulled, (reason as Error).name], [0, "PathError"]);
});

Deno.test("writeFile() refuses what is no data", async () => {
  await using shop = await workshop();
  for (const data of [1, null, undefined, {}, new ArrayBuffer(1)]) {
    const given: unknown = data;
    await assert.rejects(writeFile(shop, "/file", given as string), TypeError);
  }
  const halves = ["\ud83e", "x".repeat(MEBIBYTE) + "\udd95"];
  for (const half of halves) {
    await assert.rejects(writeFile(shop, "/file", half), { code: "EncodingError", path: "/file" });
  }
  assert.deepEqual(traces(shop), [".git"]);
});

Deno.test("writeFile() says what is wrong when no file can be there, and changes nothing", async () => {
  await using shop = await workshop();
  await Deno.mkdir(shop.at("/dir"));
  await Deno.writeTextFile(shop.at("/file"), "old");
  await Deno.symlink("dir", shop.at("/to-dir"));
  await new Deno.Command("mkfifo", { args: [shop.at("/fifo")] }).output();
  const before = traces(shop);
  const table: [path: string, code: string][] = [
    ["/", "IsADirectoryError"],
    ["/dir", "IsADirectoryError"],
    ["/to-dir", "IsADirectoryError"],
    ["/new/", "IsADirectoryError"],
    ["/new/.", "IsADirectoryError"],
    ["/file/", "NotADirectoryError"],
    ["/file/x", "NotADirectoryError"],
    ["/gone/../x", "FileNotFoundError"],
    ["/fifo", "PathError"],
    ["/.git", "PathError"],
    ["/dir/.GIT/hooks/x", "PathError"],
    ["/x/" + "y/".repeat(1900) + "z".repeat(255), "PathError"],
  ];
  for (const [path, code] of table) {
    for (const options of [{}, { append: true }]) {
      await assert.rejects(writeFile(shop, path, "new", options), { code }, JSON.stringify(path));
      assert.deepEqual(traces(shop), before);
    }
  }
  assert.equal(await readFile(shop, "/file"), "old");
  await Deno.remove(shop.root, { recursive: true });
  await assert.rejects(writeFile(shop, "/file", "new"), { code: "StoreError" });
  await assert.rejects(writeFile(shop, "/new/file", "new"), { code: "StoreError" });
  await assert.rejects(Deno.lstat(shop.root), Deno.errors.NotFound);
});

Deno.test("writeFile() takes any name that is valid", async () => {
  await using shop = await workshop();
  const names = [
    "line\nbreak",
    "-rf",
    "--",
    "a".repeat(255),
    "🦕".repeat(63),
    " ",
    "~",
    "*",
    "a\tb",
  ];
  for (
    const name of [...names, "\\", "\u001b[31m", ":colon", "é", "e\u0301", ".gitignore", "..."]
  ) {
    await writeFile(shop, `/${name}`, name);
    await writeFile(shop, `/dir-${name.slice(0, 100)}/${name}`, name);
    assert.equal(await readFile(shop, `/${name}`), name);
    assert.equal(await Deno.readTextFile(shop.at(`/${name}`)), name);
  }
});

Deno.test("writeFile() never writes through a hard link", async () => {
  await using shop = await workshop();
  const before = shop.outsideNow();
  await Deno.link(`${shop.outside}/secret`, shop.at("/linked"));
  await writeFile(shop, "/linked", " appended", { append: true });
  assert.equal(await readFile(shop, "/linked"), "secret appended");
  await Deno.remove(shop.at("/linked"));
  await Deno.link(`${shop.outside}/secret`, shop.at("/linked"));
  await writeFile(shop, "/linked", "replaced", { mode: 0o600 });
  assert.deepEqual(shop.outsideNow(), before);
});

Deno.test("writeFile() shows a reader in another process the old content or the new", async () => {
  await using shop = await workshop();
  const size = 100_000;
  const letters = "abcdefgh";
  await writeFile(shop, "/file", "a".repeat(size));
  const reader = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-config",
      `--allow-read=${shop.root}`,
      new URL("children/reader.ts", import.meta.url).pathname,
      shop.at("/file"),
      shop.at("/stop"),
      `${size}`,
    ],
    stdout: "piped",
  }).spawn();
  const output = reader.stdout.getReader();
  await output.read();
  for (let i = 0; i < 2000; i++) {
    await writeFile(shop, "/file", letters[i % letters.length]!.repeat(size));
  }
  await writeFile(shop, "/stop", "");
  const report = JSON.parse(new TextDecoder().decode((await output.read()).value));
  await output.cancel();
  assert.equal((await reader.status).code, 0);
  assert.deepEqual(report.torn, []);
  assert(report.reads > 100, `${report.reads} reads`);
  assert(report.seen > 1, `${report.seen} contents seen`);
  assert.deepEqual(shop.leftovers(), []);
});
