import assert from "node:assert/strict";
import { StoreError } from "../../src/errors.ts";
import { parseTree, serializeTree, type TreeEntry } from "../../src/git/tree.ts";
import { decodeName, encodeName } from "../../src/git/name_bytes.ts";
import { hashObject } from "../../src/git/object.ts";
import { git, tryGit } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory } from "../temporary.ts";

const OID = "ce013625030ba8dba906f756967f9e9ca394464a";
const ODD_NAMES = [
  "a",
  "a.b",
  "a-b",
  "a0",
  "A",
  "-dash",
  " space ",
  "new\nline",
  "tab\t",
  '"quoted"',
  "é",
  "e\u0301",
  "\u{1f600}",
  "\uffff",
  "\ue000",
  "\ufffd",
  "\ufeffmark",
  "\\",
  "x".repeat(255),
];

function entry(name: string, mode = 0o100644): TreeEntry {
  return { name, mode, oid: OID };
}

Deno.test("serializeTree() writes the tree that git mktree writes", async () => {
  await using directory = await temporaryDirectory();
  await git(directory.path, "init", "--quiet");
  const seed = 20261122;
  const random = new Random(seed);
  const modes = [0o40000, 0o100644, 0o100755, 0o120000, 0o160000];
  for (let round = 0; round < 20; round++) {
    const names = new Set(Array.from({ length: 30 }, () => {
      const tail = random.pick(["", ".", "-", "0", "/", "é"]).replace("/", "");
      return random.pick(ODD_NAMES.slice(0, -1)) + tail;
    }));
    const entries = [...names].map((name) => entry(name, random.pick(modes)));
    const types: Record<number, string> = { 0o40000: "tree", 0o160000: "commit" };
    const stdin = entries.map(({ name, mode, oid }) =>
      `${mode.toString(8).padStart(6, "0")} ${types[mode] ?? "blob"} ${oid}\t${name}\0`
    ).join("");
    const { stdout, stderr } = await tryGit(directory.path, ["mktree", "-z", "--missing"], {
      stdin,
    });
    const data = serializeTree(entries);
    assert.equal(hashObject("tree", data), stdout.trim(), `seed ${seed}, ${round}: ${stderr}`);
    const parsed = parseTree(data);
    assert.deepEqual(new Set(parsed.map(({ name }) => name)), names);
    assert.deepEqual(serializeTree(parsed.toReversed()), data);
  }
});

Deno.test("serializeTree() sorts a directory as though its name ended in a slash", () => {
  const entries = [entry("a0"), entry("a", 0o40000), entry("a.b"), entry("a-b")];
  const names = parseTree(serializeTree(entries)).map(({ name }) => name);
  assert.deepEqual(names, ["a-b", "a.b", "a", "a0"]);
});

Deno.test("serializeTree() refuses names that a tree cannot hold", () => {
  for (const names of [[""], ["a/b"], ["a\0"], ["twice", "twice"]]) {
    assert.throws(() => serializeTree(names.map((name) => entry(name))), StoreError);
  }
  const both = [entry("a"), entry("a.b"), entry("a", 0o40000)];
  assert.throws(() => serializeTree(both), /"a" is there twice/);
});

Deno.test("parseTree() gives nothing for the empty tree", () => {
  assert.deepEqual(parseTree(new Uint8Array()), []);
  assert.equal(serializeTree([]).length, 0);
});

Deno.test("parseTree() keeps odd modes as they are", () => {
  const data = serializeTree([entry("old", 0o100664)]);
  assert.equal(parseTree(data)[0]?.mode, 0o100664);
});

Deno.test("parseTree() throws a StoreError on bytes that are no tree", () => {
  const data = serializeTree([entry("a"), entry("b")]);
  for (let length = 1; length < data.length; length++) {
    const isFirstEntryAlone = length === data.length / 2;
    if (isFirstEntryAlone) continue;
    assert.throws(() => parseTree(data.subarray(0, length)), StoreError, `${length} bytes`);
  }
  for (const text of ["100644 a", "99 a\0" + "x".repeat(20), " a\0" + "x".repeat(20)]) {
    assert.throws(() => parseTree(new TextEncoder().encode(text)), StoreError, text);
  }
});

Deno.test("decodeName() and encodeName() carry any bytes without loss", () => {
  for (const name of ODD_NAMES) assert.equal(decodeName(encodeName(name)), name);
  const seed = 7;
  const random = new Random(seed);
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from(
      { length: 1 + random.below(12) },
      () => random.pick([0x61, 0x80, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0xed, 0xff]),
    );
    const name = decodeName(bytes);
    assert.deepEqual([...encodeName(name)], [...bytes], `seed ${seed}, round ${round}`);
    const isUtf8 = new TextDecoder().decode(bytes) === name;
    assert.equal(name.isWellFormed(), isUtf8, `seed ${seed}, round ${round}`);
  }
});
