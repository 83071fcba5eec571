import assert from "node:assert/strict";
import { StoreError } from "../../src/errors.ts";
import { EMPTY_TREE, hashObject } from "../../src/git/object.ts";
import { Slices } from "../../src/platform/slices.ts";
import type { ObjectStore } from "../../src/git/store.ts";
import { git, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";
import { allObjects, makeHistory, openStore, packFiles, unpackAll } from "./corpus.ts";

const MISSING = "0123456789012345678901234567890123456789";

/** Ways in which git lays the same objects out on disk. */
const LAYOUTS: Record<string, (path: string) => Promise<unknown>> = {
  "one pack of offset deltas": (path) => git(path, "repack", "-adfq", "--depth=50"),
  "one pack of reference deltas": (path) =>
    git(path, "-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=50"),
  "chains of hundreds of deltas": (path) =>
    git(path, "repack", "-adfq", "--depth=4000", "--window=300"),
  "an index with 64-bit offsets": async (path) => {
    await git(path, "repack", "-adfq");
    await git(path, "index-pack", "--index-version=2,0x100", ...packFiles(path, ".pack"));
  },
  "loose files": unpackAll,
  "many packs and a multi-pack-index": async (path) => {
    await git(path, "repack", "-adfq", "--max-pack-size=1m");
    await git(path, "multi-pack-index", "write");
  },
  "packs beside loose files": async (path) => {
    await unpackAll(path);
    await git(path, "pack-refs", "--all");
    await git(path, "repack", "-q", "main~5");
  },
};

for (const [layout, lay] of Object.entries(LAYOUTS)) {
  Deno.test(`ObjectStore.read() gives every object as git does from ${layout}`, async () => {
    await using directory = await temporaryDirectory();
    const seed = 42;
    await makeHistory(directory.path, new Random(seed), { commits: 40, files: 12 });
    await lay(directory.path);
    const expected = await allObjects(directory.path);
    assert.ok(expected.size > 250);
    for (const cacheBytes of [0, 1 << 22]) {
      using store = openStore(directory.path, cacheBytes);
      for (const [oid, { type, data }] of expected) {
        assert.deepEqual(store.header(oid), { type, size: data.length }, `seed ${seed}, ${oid}`);
        const read = store.read(oid);
        assert.equal(read.type, type);
        assert.equal(hashObject(read.type, read.data), oid);
        assert.ok(store.has(oid));
      }
    }
  });
}

Deno.test("ObjectStore.readTree() lists what git ls-tree lists", async () => {
  await using directory = await temporaryDirectory();
  await makeHistory(directory.path, new Random(3), { commits: 2, files: 20 });
  using store = openStore(directory.path);
  const tree = (await git(directory.path, "rev-parse", "main^{tree}")).trim();
  const expected = await git(directory.path, "ls-tree", "-z", tree);
  const listed = store.readTree(tree).map(({ name, mode, oid }) =>
    `${mode.toString(8).padStart(6, "0")} ${mode === 0o40000 ? "tree" : "blob"} ${oid}\t${name}\0`
  );
  assert.equal(listed.join(""), expected);
  assert.deepEqual(store.readTree(tree), store.readTree(tree));
  const commit = (await git(directory.path, "rev-parse", "main")).trim();
  assert.throws(() => store.readTree(commit), {
    name: "StoreError",
    message: `Cannot read object ${commit}: it is a commit, not a tree`,
  });
});

Deno.test("ObjectStore says what is missing and what is no id", async () => {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  using store = openStore(directory.path);
  assert.equal(store.has(MISSING), false);
  assert.equal(store.header(MISSING), null);
  assert.equal(store.freshen(MISSING), false);
  assert.throws(() => store.read(MISSING), (error: Error) => {
    return error instanceof StoreError && error.message.includes(MISSING);
  });
  for (const text of ["", "main", MISSING.slice(1), `${MISSING}0`, "../".padEnd(40, "x")]) {
    assert.throws(() => store.read(text), /40 hexadecimal digits/);
  }
});

Deno.test("ObjectStore can read the empty tree when nobody has written it", async () => {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  using store = openStore(directory.path);
  assert.deepEqual(store.readTree(EMPTY_TREE), []);
  assert.deepEqual(store.header(EMPTY_TREE), { type: "tree", size: 0 });
  assert.equal(store.has(EMPTY_TREE), false);
});

Deno.test("ObjectStore.resolvePrefix() finds the ids that git finds", async () => {
  await using directory = await temporaryDirectory();
  await makeHistory(directory.path, new Random(5), { commits: 30, files: 9 });
  await git(directory.path, "repack", "-adq");
  await tryGit(directory.path, ["hash-object", "-w", "--stdin"], { stdin: "loose" });
  using store = openStore(directory.path);
  const all = [...(await allObjects(directory.path)).keys()].sort();
  for (const oid of all) {
    assert.deepEqual(store.resolvePrefix(oid), [oid]);
    const prefix = oid.slice(0, 4);
    assert.deepEqual(store.resolvePrefix(prefix), all.filter((o) => o.startsWith(prefix)));
  }
  for (const prefix of ["", "123", "main", "zzzz", `${MISSING}0`, MISSING]) {
    assert.deepEqual(store.resolvePrefix(prefix), []);
  }
  assert.deepEqual(store.resolvePrefix(all[0]!.toUpperCase()), [all[0]]);
});

Deno.test("ObjectStore reads on while others repack, prune and add packs", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeHistory(path, new Random(6), { commits: 40, files: 9 });
  const expected = [...await allObjects(path)];
  using store = openStore(path, 0);
  let repacking = true;
  const others = (async () => {
    for (let round = 0; round < 4; round++) {
      await git(path, "repack", "-adfq", `--depth=${10 + round}`, "--threads=1");
      await git(path, "gc", "--prune=now", "--quiet");
    }
    repacking = false;
  })();
  const slices = new Slices();
  let rounds = 0;
  while (repacking) {
    for (const [oid, { data }] of expected) {
      assert.equal(store.read(oid).data.length, data.length);
      if (slices.due) await slices.rest();
    }
    rounds++;
  }
  await others;
  assert.ok(rounds > 1);
});

Deno.test("ObjectStore finds what others add and does not find what they prune", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeHistory(path, new Random(7), { commits: 2, files: 2 });
  await git(path, "repack", "-adq");
  using store = openStore(path, 0);
  const add = async (content: string) =>
    (await tryGit(path, ["hash-object", "-w", "--stdin"], { stdin: content })).stdout.trim();
  for (let round = 0; round < 5; round++) {
    const oid = hashObject("blob", new TextEncoder().encode(`${round}`));
    assert.equal(store.has(oid), false);
    await add(`${round}`);
    assert.ok(store.has(oid));
    assert.equal(store.read(oid).data.length, 1);
    await tryGit(path, ["pack-objects", "-q", ".git/objects/pack/pack"], { stdin: `${oid}\n` });
    await git(path, "prune-packed");
    assert.equal(store.read(oid).data.length, 1);
    assert.ok(store.freshen(oid));
    await git(path, "repack", "-adq");
    await git(path, "prune", "--expire=now");
    assert.equal(store.has(oid), false);
    assert.equal(store.freshen(oid), false);
  }
});

Deno.test("ObjectStore.freshen() makes files look new, but no cruft pack", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeHistory(path, new Random(8), { commits: 3, files: 2 });
  const { stdout } = await tryGit(path, ["hash-object", "-w", "--stdin"], {
    stdin: "unreferenced",
  });
  const loose = stdout.trim();
  const packed = (await git(path, "rev-parse", "main")).trim();
  using store = openStore(path);
  const looseFile = `${path}/.git/objects/${loose.slice(0, 2)}/${loose.slice(2)}`;
  for (const [oid, file] of [[loose, looseFile], [packed, packFiles(path, ".pack")[0]!]] as const) {
    await Deno.utime(file, 1e9, 1e9);
    assert.ok(store.freshen(oid));
    const age = Date.now() - (await Deno.stat(file)).mtime!.getTime();
    assert.ok(age < 10_000, `${age}`);
  }
  await git(path, "repack", "--cruft", "-d", "-q");
  assert.equal(store.read(loose).type, "blob");
  assert.equal(store.freshen(loose), false);
});

Deno.test("ObjectStore gives up its files when disposed of, and can go on after", async () => {
  await using directory = await temporaryDirectory();
  await makeHistory(directory.path, new Random(9), { commits: 2, files: 2 });
  const head = (await git(directory.path, "rev-parse", "main")).trim();
  const store: ObjectStore = openStore(directory.path, 0);
  for (let round = 0; round < 3; round++) {
    assert.equal(store.read(head).type, "commit");
    store[Symbol.dispose]();
  }
});

Deno.test("ObjectStore holds few files open when there are many packs", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await git(path, "init", "--quiet");
  const oids: string[] = [];
  using store = openStore(path, 0);
  for (let pack = 0; pack < 40; pack++) {
    using writer = store.writer();
    oids.push(writer.write("blob", Uint8Array.of(pack)));
    await writer.finish();
  }
  for (const [pack, oid] of oids.entries()) assert.equal(store.read(oid).data[0], pack);
  // Of the packs only: tests of other files run in this process, too.
  const isOurs = (fd: string): boolean => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${fd}`).startsWith(`${directory.path}/`);
    } catch {
      return false;
    }
  };
  const open = [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => isOurs(name)).length;
  assert.ok(open > 0 && open <= 16, `${open} open`);
});
