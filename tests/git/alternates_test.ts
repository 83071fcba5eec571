import assert from "node:assert/strict";
import { alternateDirectories } from "../../src/git/alternates.ts";
import { git } from "../git.ts";
import { Random } from "../random.ts";
import { temporaryDirectory, writeFiles } from "../temporary.ts";
import { allObjects, makeHistory, openStore } from "./corpus.ts";

Deno.test("ObjectStore reads a shared clone of a shared clone as git does", async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  await makeHistory(at("a"), new Random(1), { commits: 5, files: 5 });
  await git(directory.path, "clone", "--quiet", "--shared", "a", "b");
  await git(at("b"), "commit", "--quiet", "--allow-empty", "--message", "in b");
  await git(directory.path, "clone", "--quiet", "--shared", "b", "c");
  await git(at("c"), "commit", "--quiet", "--allow-empty", "--message", "in c");
  using store = openStore(at("c"));
  const expected = await allObjects(at("c"));
  assert.ok(expected.size > 10);
  for (const [oid, { type }] of expected) {
    assert.equal(store.read(oid).type, type);
    assert.deepEqual(store.resolvePrefix(oid), [oid]);
  }
});

Deno.test("ObjectStore finds what a repack has moved into an alternate", async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  await makeHistory(at("a"), new Random(2), { commits: 5, files: 5 });
  await git(directory.path, "clone", "--quiet", "--no-local", "a", "b");
  using store = openStore(at("b"), 0);
  const head = (await git(at("b"), "rev-parse", "HEAD")).trim();
  assert.equal(store.read(head).type, "commit");
  await writeFiles(at("b"), { ".git/objects/info/alternates": "../../../a/.git/objects\n" });
  await git(at("b"), "repack", "-adlq");
  assert.equal(store.read(head).type, "commit");
  for (const oid of (await allObjects(at("a"))).keys()) assert.ok(store.has(oid), oid);
});

Deno.test("alternateDirectories() follows git's rules", async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  await writeFiles(directory.path, {
    "own/info/alternates": `# a comment\n\n../first\n${
      at("second")
    }\n../missing\n../own\n../first\n`,
    "first/info/alternates": "../third\n../own\n",
    "second/readme": "no list here",
    "third/info/alternates": `../first\n${at("fourth")}`,
    "fourth/readme": "named without a line end",
  });
  const names = ["first", "second", "third", "fourth"];
  assert.deepEqual(alternateDirectories(at("own")), names.map(at));
});

Deno.test("alternateDirectories() is empty where there is no list, and no directory", async () => {
  await using directory = await temporaryDirectory();
  assert.deepEqual(alternateDirectories(directory.path), []);
  assert.deepEqual(alternateDirectories(`${directory.path}/missing`), []);
});
