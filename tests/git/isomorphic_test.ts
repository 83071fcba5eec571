import assert from "node:assert/strict";
import {
  log,
  makeBareRepository,
  peelToCommit,
  readCommit,
  writeCommit,
} from "../../src/git/isomorphic.ts";
import { openRepository } from "../../src/git/repository.ts";
import { ObjectStore } from "../../src/git/store.ts";
import { git, makeRepository, tryGit } from "../git.ts";
import { temporaryDirectory } from "../temporary.ts";

const WHO = { name: "A U Thor", email: "a@b", timestamp: 1700000000, timezoneOffset: -330 };

/** The objects of the repository at `path`. */
async function openStore(path: string): Promise<ObjectStore> {
  const temporary = `${path}/.git/agentfs/tmp`;
  await Deno.mkdir(temporary, { recursive: true });
  return new ObjectStore(`${path}/.git/objects`, {
    temporaryDirectory: temporary,
    session: "test",
    cacheBytes: 1 << 20,
  });
}

async function logOfGit(path: string, ...args: string[]): Promise<string[]> {
  return (await git(path, "log", "--format=%H", ...args)).split("\n").filter((line) => line !== "");
}

async function hashCommit(path: string, commit: string | Uint8Array): Promise<string> {
  const args = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"];
  const { stdout } = await tryGit(path, args, { stdin: commit });
  return stdout.trim();
}

Deno.test("writeCommit() writes what `git commit-tree` writes", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = await openStore(path);
  const [parent, tree] = (await git(path, "rev-parse", "HEAD", "HEAD^{tree}")).split("\n");
  const committer = { ...WHO, name: " <C>, ", timezoneOffset: 60 };
  const message = "\n\n Ünï  \n\n\n\nbody\t\n- 😀\n\n";
  using writer = store.writer();
  const oid = await writeCommit(writer, {
    tree: tree!,
    parents: [parent!],
    message,
    author: WHO,
    committer,
  });
  writer.finish();
  writer.release();

  const stripped = await tryGit(path, ["stripspace"], { stdin: message });
  const args = ["commit-tree", "-p", parent!, tree!];
  const env = {
    GIT_AUTHOR_NAME: WHO.name,
    GIT_AUTHOR_EMAIL: WHO.email,
    GIT_AUTHOR_DATE: "1700000000 +0530",
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: "1700000000 -0100",
  };
  assert.equal((await tryGit(path, args, { env, stdin: stripped.bytes })).stdout.trim(), oid);
  await git(path, "update-ref", "refs/heads/ours", oid);
  assert.equal(await git(path, "fsck", "--strict"), "");
  assert.equal(
    await git(path, "log", "-1", "--format=%an|%B", "ours"),
    `A U Thor|${stripped.stdout}\n`,
  );

  store.refresh();
  assert.deepEqual(await readCommit(store, oid), {
    oid,
    tree,
    parents: [parent],
    message: stripped.stdout,
    author: WHO,
    committer: { ...committer, name: "C" },
  });
});

Deno.test("writeCommit() cleans a message as `git stripspace` does", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = await openStore(path);
  const tree = (await git(path, "rev-parse", "HEAD^{tree}")).trim();
  const messages = [
    "a",
    "a\n",
    "a\r\nb\r\n",
    "\n \n a\n\n\nb \n \n\n",
    "# no comment\n",
    "a\tb \t\n",
  ];
  for (const message of messages) {
    using writer = store.writer();
    const commit = { tree, parents: [], message, author: WHO, committer: WHO };
    const oid = await writeCommit(writer, commit);
    writer.finish();
    writer.release();
    const { stdout } = await tryGit(path, ["stripspace"], { stdin: message });
    const stored = await git(path, "cat-file", "commit", oid);
    assert.equal(stored.slice(stored.indexOf("\n\n") + 2), stdout, JSON.stringify(message));
  }
});

Deno.test("readCommit() reads what git takes and isomorphic-git would not", async (t) => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = await openStore(path);
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
  };
  for (const [line, [name, email, timestamp, timezoneOffset]] of Object.entries(people)) {
    await t.step(line, async () => {
      const oid = await hashCommit(path, `${tree}author ${line}\ncommitter ${good}\n\nm\n`);
      const { author, message } = await readCommit(store, oid);
      assert.deepEqual({ ...author, timezoneOffset: author.timezoneOffset + 0 }, {
        name,
        email,
        timestamp,
        timezoneOffset,
      });
      assert.equal(message, "m\n");
    });
  }
  await t.step("no author, no message, no end", async () => {
    const { author, message } = await readCommit(
      store,
      await hashCommit(path, `${tree}committer ${good}\n`),
    );
    assert.deepEqual([author.name, author.timestamp, message.trim()], ["", 0, ""]);
  });
  await t.step("an encoding", async () => {
    const text =
      `${tree}author \xe9 <a@b> 5 +0100\ncommitter ${good}\nencoding ISO-8859-1\n\n\xfc\n`;
    const oid = await hashCommit(path, Uint8Array.from(text, (char) => char.charCodeAt(0)));
    const { author, message } = await readCommit(store, oid);
    assert.deepEqual([author.name, message], ["é", "ü\n"]);
    assert.equal(await git(path, "log", "-1", "--format=%an %s", oid), "é ü\n");
  });
  await t.step("a signature and other headers", async () => {
    const headers =
      `author ${good}\ncommitter ${good}\ngpgsig -----BEGIN\n \n author x\n -----END\n`;
    const oid = await hashCommit(path, `${tree}${headers}\nm\n\nauthor y\n`);
    const { author, message } = await readCommit(store, oid);
    assert.deepEqual([author.name, message], ["A", "m\n\nauthor y\n"]);
  });
});

Deno.test("readCommit() refuses what is no commit, and what is not there", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = await openStore(path);
  const tree = (await git(path, "rev-parse", "HEAD^{tree}")).trim();
  await assert.rejects(readCommit(store, tree), { code: "StoreError", message: /is a tree/ });
  const gone = "1".repeat(40);
  await assert.rejects(readCommit(store, gone), { code: "StoreError", message: RegExp(gone) });
  const damaged = await hashCommit(path, "parent x\n\nm\n");
  await assert.rejects(readCommit(store, damaged), {
    code: "StoreError",
    message: RegExp(damaged),
  });
});

Deno.test("peelToCommit() follows tags of tags", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, { "f": "f" });
  using store = await openStore(path);
  await git(path, "tag", "--annotate", "--message", "m", "one");
  await git(path, "tag", "--annotate", "--message", "m", "two", "one");
  await git(path, "tag", "--annotate", "--message", "m", "of-tree", "HEAD^{tree}");
  const [head, two, ofTree] = (await git(path, "rev-parse", "HEAD", "two", "of-tree")).split("\n");
  assert.equal(await peelToCommit(store, head!), head);
  assert.equal(await peelToCommit(store, two!), head);
  assert.equal(await peelToCommit(store, ofTree!), null);
});

Deno.test("log() orders commits as `git log` does", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await makeRepository(path, {});
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (limit: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor(state / 2 ** 16) % limit;
  };
  // Few different times, so that many are equal and some children are older than their parents.
  let stream = "";
  for (let mark = 1; mark <= 150; mark++) {
    stream += `commit refs/heads/random\nmark :${mark}\ncommitter A <a@b> ${
      1000 + random(40)
    } +0000\n`;
    stream += "data 0\n";
    const parents = new Set(
      Array.from({ length: 1 + random(3) }, () => mark - 1 - random(Math.min(mark, 12))),
    );
    parents.delete(0);
    for (const [at, parent] of [...parents].entries()) {
      stream += `${at === 0 ? "from" : "merge"} :${parent}\n`;
    }
    stream += "\n";
  }
  await tryGit(path, ["fast-import", "--quiet", "--force"], { stdin: stream });
  using store = await openStore(path);
  const commonDirectory = `${path}/.git`;
  const from = (await git(path, "rev-parse", "random")).trim();
  const expected = await logOfGit(path, "random");
  const commits = await log(store, from, { commonDirectory });
  assert.deepEqual(commits.map(({ oid }) => oid), expected, `seed ${seed}`);
  const few = await log(store, from, { commonDirectory, limit: 7 });
  assert.deepEqual(few.map(({ oid }) => oid), expected.slice(0, 7), `seed ${seed}`);
});

Deno.test("log() ends where a shallow clone ends, and names a commit that is missing", async () => {
  await using directory = await temporaryDirectory();
  const origin = `${directory.path}/origin`;
  await makeRepository(origin, { "f": "f" });
  for (const n of [2, 3, 4]) await git(origin, "commit", "--quiet", "--allow-empty", "-m", `${n}`);
  const path = `${directory.path}/clone`;
  await git(directory.path, "clone", "--quiet", "--depth", "2", `file://${origin}`, "clone");
  using store = await openStore(path);
  const expected = await logOfGit(path);
  assert.equal(expected.length, 2);
  const commits = await log(store, expected[0]!, { commonDirectory: `${path}/.git` });
  assert.deepEqual(commits.map(({ oid }) => oid), expected);
  assert.deepEqual(commits.map(({ message }) => message), ["4\n", "3\n"]);

  await Deno.remove(`${path}/.git/shallow`);
  const missing = commits[1]!.parents[0]!;
  await assert.rejects(log(store, expected[0]!, { commonDirectory: `${path}/.git` }), {
    code: "StoreError",
    message: RegExp(missing),
  });
});

Deno.test("makeBareRepository() makes what git takes for a bare repository", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/store.git`;
  makeBareRepository(path);
  assert.equal(await git(path, "rev-parse", "--is-bare-repository"), "true\n");
  assert.equal(await git(path, "fsck", "--strict"), "");
  assert.throws(() => openRepository(path), { code: "StoreError", message: /bare/ });
  const tree = (await git(path, "mktree", "--missing")).trim();
  const commit = (await git(path, "commit-tree", "-m", "m", tree)).trim();
  await git(path, "worktree", "add", "--quiet", `${directory.path}/w`, commit);
  await Deno.writeTextFile(`${directory.path}/w/run`, "", { mode: 0o755 });
  await git(`${directory.path}/w`, "add", "run");
  assert.match(await git(`${directory.path}/w`, "ls-files", "--stage"), /^100755 /);
  assert.equal(openRepository(`${directory.path}/w`).kind, "repository");
});
