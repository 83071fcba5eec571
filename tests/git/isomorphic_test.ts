import assert from "node:assert/strict";
import { readCommit } from "../../src/git/commit.ts";
import { makeBareRepository, peelToCommit, writeCommit } from "../../src/git/isomorphic.ts";
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
  await writer.finish();
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
  assert.deepEqual(readCommit(store, oid), {
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
    await writer.finish();
    writer.release();
    const { stdout } = await tryGit(path, ["stripspace"], { stdin: message });
    const stored = await git(path, "cat-file", "commit", oid);
    assert.equal(stored.slice(stored.indexOf("\n\n") + 2), stdout, JSON.stringify(message));
  }
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
