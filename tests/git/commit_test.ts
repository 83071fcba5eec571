import assert from "node:assert/strict";
import { readCommit, treeOf } from "../../src/git/commit.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";
import { openStore } from "./corpus.ts";

async function hashCommit(path: string, commit: string | Uint8Array): Promise<string> {
  const args = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"];
  const { stdout } = await tryGit(path, args, { stdin: commit });
  return stdout.trim();
}

Deno.test("readCommit() reads what git takes", async (t) => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = openStore(path);
  const tree = `tree ${(await git(path, "rev-parse", "HEAD^{tree}")).trim()}\n`;
  const good = "A <a@b> 5 +0100";
  const people: Record<string, [name: string, email: string, timestamp: number, zone: number]> = {
    "A <a@b> 5 +0100": ["A", "a@b", 5, -60],
    " <a@b> 5 +0100": ["", "a@b", 5, -60],
    "<a@b> 5 +0100": ["", "a@b", 5, -60],
    "A <a@b>5 +0100": ["A", "a@b", 5, -60],
    "A <a@b> 5": ["A", "a@b", 5, 0],
    "A <a@b>": ["A", "a@b", 0, 0],
    "A": ["A", "", 0, 0],
    "A <a@b> <c@d> 5 +0100": ["A", "a@b", 5, -60],
    "A <a@b> at 5 +0100": ["A", "a@b", 0, 0],
    "A\u2028B\r <a@b> 5 -0030": ["A\u2028B", "a@b", 5, 30],
    "A <a@b": ["A", "a@b", 0, 0],
  };
  for (const [line, [name, email, timestamp, timezoneOffset]] of Object.entries(people)) {
    await t.step(line, async () => {
      const oid = await hashCommit(path, `${tree}author ${line}\ncommitter ${good}\n\nm\n`);
      const { author, message } = readCommit(store, oid);
      assert.deepEqual(author, { name, email, timestamp, timezoneOffset });
      assert.equal(message, "m\n");
    });
  }
  await t.step("no author, no message, no end", async () => {
    const { author, message } = readCommit(
      store,
      await hashCommit(path, `${tree}committer ${good}\n`),
    );
    assert.deepEqual([author.name, author.timestamp, message.trim()], ["", 0, ""]);
  });
  await t.step("an encoding", async () => {
    const text =
      `${tree}author \xe9 <a@b> 5 +0100\ncommitter ${good}\nencoding ISO-8859-1\n\n\xfc\n`;
    const oid = await hashCommit(path, Uint8Array.from(text, (char) => char.charCodeAt(0)));
    const { author, message } = readCommit(store, oid);
    assert.deepEqual([author.name, message], ["é", "ü\n"]);
    assert.equal(await git(path, "log", "-1", "--format=%an %s", oid), "é ü\n");
  });
  await t.step("a signature and other headers", async () => {
    const tag = "mergetag object x\n type commit\n \n committer T <t> 1 +0000\n";
    const headers =
      `author ${good}\ncommitter ${good}\n${tag}gpgsig -----BEGIN\n \n author x\n -----END\n`;
    const oid = await hashCommit(path, `${tree}${headers}\nm\n\nauthor y\n`);
    const { author, committer, message } = readCommit(store, oid);
    assert.deepEqual([author.name, committer.name, message], ["A", "A", "m\n\nauthor y\n"]);
  });
});

Deno.test("readCommit() refuses what is no commit, and what is not there", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = openStore(path);
  const tree = (await git(path, "rev-parse", "HEAD^{tree}")).trim();
  assert.throws(() => readCommit(store, tree), { code: "StoreError", message: /is a tree/ });
  const gone = "1".repeat(40);
  assert.throws(() => readCommit(store, gone), { code: "StoreError", message: RegExp(gone) });
  const damaged = await hashCommit(path, "parent x\n\nm\n");
  assert.throws(() => readCommit(store, damaged), {
    code: "StoreError",
    message: RegExp(damaged),
  });
});

Deno.test("readCommit() keeps a message as it is", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = openStore(path);
  const tree = (await git(path, "rev-parse", "HEAD^{tree}")).trim();
  const people = "author A <a@b> 5 +0000\ncommitter A <a@b> 5 +0000\n";
  for (const message of ["", "\n", "m", "m\n", "\n\nm\r\n\n\n", "\ufeffm\n"]) {
    const oid = await hashCommit(path, `tree ${tree}\n${people}\n${message}`);
    assert.equal(readCommit(store, oid).message, message);
    assert.equal(treeOf(store, oid), tree);
  }
});

Deno.test("readCommit() reads every commit of this project as git does", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/clone`;
  const project = decodeURIComponent(new URL("../..", import.meta.url).pathname);
  await git(directory.path, "clone", "--quiet", "--no-checkout", project, "clone");
  using store = openStore(path);
  const format = "%H %T %P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00";
  const expected = (await git(path, "log", `--format=${format}`)).split("\0\n").slice(0, -1);
  assert.ok(expected.length > 0);
  const found = expected.map((line) => {
    const { oid, tree, parents, author, committer, message } = readCommit(store, line.slice(0, 40));
    const people = [author, committer].map(({ name, email, timestamp }) =>
      `${name}\0${email}\0${timestamp}`
    );
    return [`${oid} ${tree} ${parents.join(" ")}`, ...people, message].join("\0");
  });
  assert.deepEqual(found, expected);
});
